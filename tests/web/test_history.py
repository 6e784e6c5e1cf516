"""Analyses that were made before, over HTTP."""

import io
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from fastapi.testclient import TestClient
from PIL import Image

from alzer.model.engine import Model
from phantoms import as_dicom, as_png, draw_brain
from served import ABSENT, app_that_doubts, app_with
from servers import free_port, postgresql

BRAIN = as_png(draw_brain())


def predict(client: TestClient, content: bytes = BRAIN) -> dict[str, Any]:
    response = client.post("/predict", files={"file": content})
    answer: dict[str, Any] = response.json()
    assert response.status_code == 200, answer
    return answer


def test_an_analysis_is_found_again_as_it_was_answered(client: TestClient) -> None:
    answer = predict(client)

    again = client.get(f"/analyses/{answer['analysis_id']}")
    found = again.json()
    assert again.status_code == 200
    assert found.pop("created_at").endswith("Z")
    assert found.pop("reference") is None
    assert found == answer
    picture = Image.open(io.BytesIO(client.get(found["heatmap_url"]).content))
    assert picture.size == (176, 208)


def test_the_list_can_leave_out_what_is_not_reliable(
    model: Model, tmp_path: Path
) -> None:
    with TestClient(app_that_doubts(model, "It is a photograph.", tmp_path)) as client:
        predict(client)
        counts = {
            wish: len(client.get("/analyses", params=wish).json()["analyses"])
            for wish in ("", "reliable=false", "reliable=true")
        }

    assert counts == {"": 1, "reliable=false": 1, "reliable=true": 0}


def test_the_list_leads_through_all_of_them(client: TestClient) -> None:
    made = [predict(client)["analysis_id"] for _ in range(5)]
    listed, cursor, pages = [], None, 0
    while pages == 0 or cursor:
        params = {"limit": "2", **({"cursor": cursor} if cursor else {})}
        page = client.get("/analyses", params=params).json()
        listed += [each["analysis_id"] for each in page["analyses"]]
        cursor, pages = page["next_cursor"], pages + 1

    assert listed == made[::-1]
    assert pages == 3


# The contract of the first version: whatever an answer says besides came later.
FIRST: Final = ("prediction", "confidence", "class_probabilities", "analysis_id")


def test_a_record_from_before_a_field_existed_is_listed(
    model: Model, tmp_path: Path
) -> None:
    app = app_with(model, data_dir=tmp_path)
    records = app.state.service.store.records
    with TestClient(app) as client:
        now, then = predict(client), predict(client)
        first = {name: then[name] for name in FIRST}
        records.change(then["analysis_id"], {"heatmap": None, "answer": first})
        old, new = client.get("/analyses").json()["analyses"]
        alone = client.get(f"/analyses/{then['analysis_id']}").json()

    assert {name: old[name] for name in FIRST} == {name: then[name] for name in FIRST}
    assert (old["reliable"], old["possible_classes"]) == (None, None)
    assert old["calibrated"] is False
    assert old["model"]["name"] == "unknown"
    assert alone == old
    assert new["model"] == now["model"]


def test_a_clock_that_has_fallen_back_does_not_date_an_analysis(
    model: Model, tmp_path: Path
) -> None:
    app = app_with(model, data_dir=tmp_path)
    later = datetime.now(UTC) + timedelta(days=365)
    app.state.service.store.clock.confirm(later)
    with TestClient(app) as client:
        identity = predict(client)["analysis_id"]
        made = client.get(f"/analyses/{identity}").json()["created_at"]

    assert datetime.fromisoformat(made) == later


def test_filters_narrow_the_list(client: TestClient) -> None:
    answer = predict(client)
    stored = client.get(f"/analyses/{answer['analysis_id']}").json()

    def count(**params: str) -> int:
        return len(client.get("/analyses", params=params).json()["analyses"])

    other = {"No Impairment", "Mild Impairment"} - {answer["prediction"]}
    assert count(prediction=answer["prediction"]) == 1
    assert count(prediction=other.pop()) == 0
    assert count(since=stored["created_at"]) == 1
    assert count(until=stored["created_at"]) == 0
    assert count(since="2999-01-01T00:00:00") == 0
    assert count(warning=str(bool(answer["warnings"])).lower()) == 1
    assert count(warning=str(not answer["warnings"]).lower()) == 0


@pytest.mark.parametrize(
    "params",
    [
        {"prediction": "Perfect"},
        {"limit": "0"},
        {"limit": "9999"},
        {"since": "yesterday"},
        {"since": "1767225600"},
        {"until": "-5e3"},
        {"since": "0001-01-01T00:00:00+14:00"},
        {"cursor": "nonsense"},
        {"warning": "perhaps"},
    ],
)
def test_an_unusable_wish_is_refused(
    client: TestClient, params: dict[str, str]
) -> None:
    response = client.get("/analyses", params=params)

    assert response.status_code == 400
    assert response.json()["code"] == "invalid_request"


def test_deleting_leaves_neither_record_nor_file(
    client: TestClient, tmp_path: Path
) -> None:
    kept, answer = predict(client), predict(client)
    address = f"/analyses/{answer['analysis_id']}"

    assert client.delete(address).status_code == 204
    assert client.get(address).status_code == 404
    assert client.delete(address).status_code == 404
    assert client.get(answer["heatmap_url"]).status_code == 404
    assert client.get(kept["heatmap_url"]).status_code == 200
    assert len(list((tmp_path / "uploads").rglob("*.png"))) == 1


@pytest.mark.parametrize("name", [ABSENT, "x", "%00", "a" * 300])
@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_what_is_not_there_is_not_found(
    client: TestClient, method: str, name: str
) -> None:
    assert client.request(method, f"/analyses/{name}").status_code == 404


def test_originals_are_kept_only_where_a_setting_says_so(
    model: Model, tmp_path: Path
) -> None:
    content = as_dicom(draw_brain(), PatientName="Doe^Jane")
    for keeps in (False, True):
        folder = tmp_path / str(keeps)
        app = app_with(model, data_dir=folder, keep_originals=keeps)
        with TestClient(app) as client:
            answer = predict(client, content)
            originals = list(folder.glob("uploads/originals/*"))
            assert [each.read_bytes() for each in originals] == [content] * keeps
            client.delete(f"/analyses/{answer['analysis_id']}")

        assert not list(folder.glob("uploads/originals/*"))


def test_without_its_database_nothing_is_acknowledged_until_it_is_back(
    model: Model, tmp_path: Path
) -> None:
    blocked = tmp_path / "alzer.db"
    blocked.mkdir()
    with TestClient(app_with(model, data_dir=tmp_path)) as client:
        refused = client.post("/predict", files={"file": BRAIN})
        ready = client.get("/readyz")
        alive = client.get("/healthz")
        files = list(tmp_path.rglob("*.png"))
        blocked.rmdir()
        predict(client)
        time.sleep(1.1)  # so long an answer holds
        ready_again = client.get("/readyz")

    assert refused.status_code == ready.status_code == 503
    assert refused.json()["code"] == "storage_unavailable"
    assert int(refused.headers["retry-after"]) > 0
    assert files == []
    assert alive.status_code == ready_again.status_code == 200


def test_a_server_of_the_database_may_go_and_come_back(
    model: Model, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder, port = tmp_path_factory.mktemp("outage"), free_port()
    address = f"postgresql://alzer@127.0.0.1:{port}/postgres"
    app = app_with(model, data_dir=tmp_path, database=address)
    with TestClient(app) as client:
        with postgresql(folder, port):
            kept = predict(client)["analysis_id"]
        refused = client.post("/predict", files={"file": BRAIN})
        absent = client.get("/analyses")
        alive = client.get("/healthz")
        with postgresql(folder, port):
            predict(client)
            page = client.get("/analyses").json()["analyses"]

    assert refused.status_code == absent.status_code == 503
    assert int(refused.headers["retry-after"]) > 0
    assert alive.status_code == 200
    assert len(page) == 2
    assert kept in {each["analysis_id"] for each in page}


def test_another_name_for_this_machine_leads_to_no_record(client: TestClient) -> None:
    identity = predict(client)["analysis_id"]
    for path in ("/analyses", f"/analyses/{identity}", "/metrics"):
        response = client.get(path, headers={"host": "rebound.example"})

        assert response.status_code == 400
        assert response.json()["code"] == "invalid_host"
