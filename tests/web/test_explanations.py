"""An analysis is explained again from what was kept of it."""

import base64
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient
from PIL import Image

from alzer.classes import CLASS_NAMES
from alzer.explain.kept_evidence import unpack_evidence
from alzer.model.engine import Model
from phantoms import as_jpeg, draw_brain
from served import app_with

pytestmark = pytest.mark.on_every_backend

BRAIN = as_jpeg(draw_brain((150, 240)))


def predict(client: TestClient, **params: str) -> dict[str, Any]:
    response = client.post("/predict", files={"file": BRAIN}, params=params)
    answer: dict[str, Any] = response.json()
    assert response.status_code == 200
    return answer


def picture(content: bytes) -> np.ndarray[Any, np.dtype[np.uint8]]:
    return np.asarray(Image.open(io.BytesIO(content)))


def test_the_heat_of_the_prediction_is_drawn_again(client: TestClient) -> None:
    answer = predict(client, layers="true")
    url = f"/analyses/{answer['analysis_id']}/heat"
    again = client.get(url, params={"class": answer["prediction"]})

    assert again.status_code == 200
    assert again.headers["content-type"] == "image/png"
    assert again.headers["cache-control"] == "no-store"
    shown = picture(base64.b64decode(answer["layers"]["heat"].partition(",")[2]))
    drawn = picture(again.content)
    assert drawn.shape == shown.shape == (150, 240, 3)
    assert np.abs(drawn.astype(int) - shown.astype(int)).max() <= 8


def test_every_class_has_heat_or_a_reason(client: TestClient) -> None:
    identity = predict(client)["analysis_id"]
    for name in CLASS_NAMES:
        answer = client.get(f"/analyses/{identity}/heat", params={"class": name})
        assert answer.status_code in {200, 404}
        assert answer.status_code == 200 or name in answer.json()["detail"]


@pytest.mark.parametrize("params", [{}, {"class": "Perfect"}])
def test_a_class_that_there_is_not_is_refused(
    client: TestClient, params: dict[str, str]
) -> None:
    identity = predict(client)["analysis_id"]
    answer = client.get(f"/analyses/{identity}/heat", params=params)

    assert answer.status_code == 400
    assert "class" in answer.json()["detail"]


def test_the_evidence_adds_up_to_the_answer(client: TestClient) -> None:
    answer = predict(client)
    file = client.get(f"/analyses/{answer['analysis_id']}/evidence")
    (one,) = unpack_evidence(file.content).slices

    assert file.status_code == 200
    powers = np.exp(one.logits.astype(float))
    assert float(powers.max() / powers.sum()) == pytest.approx(answer["confidence"])
    assert CLASS_NAMES[int(one.logits.argmax())] == answer["prediction"]


def test_evidence_goes_with_its_analysis(client: TestClient, tmp_path: Path) -> None:
    kept, gone = (f"/analyses/{predict(client)['analysis_id']}" for _ in range(2))
    before = [each.stat().st_mode & 0o777 for each in tmp_path.rglob("evidence_*.npz")]
    client.delete(gone)

    assert before == [0o600] * 2
    assert len(list(tmp_path.rglob("evidence_*"))) == 1
    assert client.get(f"{kept}/evidence").status_code == 200
    missing = client.get(f"{gone}/evidence")
    assert (missing.status_code, missing.json()["code"]) == (404, "no_such_analysis")


def test_where_evidence_is_not_kept_nothing_of_it_is_written(
    model: Model, tmp_path: Path
) -> None:
    with TestClient(app_with(model, data_dir=tmp_path, keep_evidence=False)) as client:
        address = f"/analyses/{predict(client)['analysis_id']}"
        answers = [
            client.get(f"{address}/evidence"),
            client.get(f"{address}/heat", params={"class": CLASS_NAMES[0]}),
        ]

    assert [each.json()["code"] for each in answers] == ["no_evidence"] * 2
    assert not list(tmp_path.rglob("evidence*"))


def test_damaged_evidence_is_no_failure_of_the_service(
    client: TestClient, tmp_path: Path
) -> None:
    identity = predict(client)["analysis_id"]
    (file,) = tmp_path.rglob("evidence_*.npz")
    file.write_bytes(file.read_bytes()[:300])
    params = {"class": CLASS_NAMES[0]}
    answer = client.get(f"/analyses/{identity}/heat", params=params)

    assert (answer.status_code, answer.json()["code"]) == (404, "no_evidence")
    assert client.get(f"/analyses/{identity}").status_code == 200


def test_a_place_that_takes_no_evidence_costs_nothing_but_it(
    client: TestClient, tmp_path: Path
) -> None:
    (tmp_path / "uploads").mkdir(exist_ok=True)
    (tmp_path / "uploads" / "evidence").write_text("in the way", "utf-8")
    answer = predict(client)

    assert answer["heatmap_url"] is not None
    assert client.get(answer["heatmap_url"]).status_code == 200
    missing = client.get(f"/analyses/{answer['analysis_id']}/evidence")
    assert missing.json()["code"] == "no_evidence"
    assert not list(tmp_path.rglob("*.part"))
