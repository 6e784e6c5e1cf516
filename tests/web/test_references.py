"""References: by what people call their analyses."""

import json
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from alzer.model.engine import Model
from alzer.store.audit import read_log
from alzer.store.database import Database
from alzer.web.reference_text import clean_reference
from logged import logged
from phantoms import as_png, draw_brain
from served import ABSENT, app_with
from web.test_access import bearer, make_token, sign_in

BRAIN = as_png(draw_brain())
CALLED = "Study 7, person 12"


def predict(
    client: TestClient,
    reference: str | None = None,
    headers: dict[str, str] | None = None,
) -> dict[str, Any]:
    fields = {} if reference is None else {"reference": reference}
    files = {"file": BRAIN}
    response = client.post("/predict", files=files, data=fields, headers=headers)
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    return answer


def reference_of(client: TestClient, identity: str) -> object:
    return client.get(f"/analyses/{identity}").json()["reference"]


def test_an_analysis_is_kept_under_the_reference_that_came_with_the_scan(
    client: TestClient,
) -> None:
    called, other = predict(client, f"  {CALLED} "), predict(client)

    assert reference_of(client, called["analysis_id"]) == CALLED
    assert reference_of(client, other["analysis_id"]) is None
    listed = client.get("/analyses").json()["analyses"]
    assert [each["reference"] for each in listed] == [None, CALLED]


def test_a_job_keeps_its_analysis_under_its_reference(client: TestClient) -> None:
    job = client.post(
        "/predict",
        files={"file": BRAIN},
        data={"reference": CALLED},
        headers={"Prefer": "respond-async"},
    ).json()
    while job["state"] in {"queued", "running"}:
        job = client.get(f"/jobs/{job['job_id']}").json()

    assert reference_of(client, job["analysis_id"]) == CALLED


def test_a_reference_is_changed_and_taken_away_later(client: TestClient) -> None:
    identity = predict(client, "before")["analysis_id"]
    address = f"/analyses/{identity}"
    before = client.get(address).json()
    changed = client.patch(address, json={"reference": CALLED})
    after_change = client.get(address).json()
    client.patch(address, json={"reference": " "})

    assert changed.status_code == 200
    assert changed.json() == after_change == {**before, "reference": CALLED}
    assert reference_of(client, identity) is None


@pytest.mark.parametrize("name", [ABSENT, "x", "%00"])
def test_what_is_not_there_gets_no_reference(client: TestClient, name: str) -> None:
    response = client.patch(f"/analyses/{name}", json={"reference": "x"})

    assert response.status_code == 404
    assert response.json()["code"] == "no_such_analysis"


UNUSABLE = ["x" * 65, "two\x00", "turned \u202e round", "half \ud800"]


@pytest.mark.parametrize("text", UNUSABLE, ids=ascii)
def test_what_is_too_long_or_can_not_be_seen_is_no_reference(
    client: TestClient, text: str
) -> None:
    identity = predict(client, CALLED)["analysis_id"]
    body = json.dumps({"reference": text})
    changed = client.patch(
        f"/analyses/{identity}",
        content=body,
        headers={"Content-Type": "application/json"},
    )
    sent = text.encode("utf-8", "surrogatepass")
    answered = client.post("/predict", files={"file": BRAIN, "reference": (None, sent)})

    assert changed.status_code == answered.status_code == 400
    assert changed.json()["code"] == answered.json()["code"] == "invalid_request"
    assert reference_of(client, identity) == CALLED
    assert len(client.get("/analyses").json()["analyses"]) == 1


def test_lines_and_spaces_become_one_line() -> None:
    assert clean_reference("a\n b\t\u00a0c ") == "a b c"
    assert clean_reference("x" * 64) == "x" * 64


@pytest.mark.parametrize("form", [("a", "b"), ("a", "a")])
def test_two_references_are_refused(client: TestClient, form: tuple[str, str]) -> None:
    response = client.post(
        "/predict", files={"file": BRAIN}, data={"reference": list(form)}
    )

    assert response.status_code == 400


def test_no_log_holds_a_reference_and_the_audit_log_says_that_it_changed(
    client: TestClient, tmp_path: Path
) -> None:
    with logged("debug") as lines:
        identity = predict(client, "Jane Doe")["analysis_id"]
        client.patch(f"/analyses/{identity}", json={"reference": "John Doe"})
        client.patch(f"/analyses/{identity}", json={"reference": "Doe" * 99})
        client.post("/analyses/search", json={"reference": "Doe"})
        written = lines.getvalue()
    database = Database(f"sqlite:///{tmp_path / 'alzer.db'}")
    log = list(read_log(database))
    database.close()

    assert "/analyses/{identity}" in written
    assert "Doe" not in written
    assert [each.action for each in log] == ["analysed", "referenced", "listed"]
    assert log[1].subject == identity
    assert "Doe" not in str(log)


def test_nothing_remains_of_a_reference_that_was_changed(
    client: TestClient, tmp_path: Path
) -> None:
    identity = predict(client, "Jane-Doe-1234")["analysis_id"]
    client.patch(f"/analyses/{identity}", json={"reference": CALLED})
    held = b"".join(each.read_bytes() for each in tmp_path.glob("alzer.db*"))

    assert CALLED.encode() in held
    assert b"Jane-Doe-1234" not in held


def test_a_reference_is_changed_by_nobody_else(model: Model, tmp_path: Path) -> None:
    app = app_with(model, data_dir=tmp_path, auth="required")
    with TestClient(app, follow_redirects=False) as client:
        mine, other = make_token(tmp_path), make_token(tmp_path, "other")
        identity = predict(client, CALLED, headers=bearer(mine))["analysis_id"]
        address, wish = f"/analyses/{identity}", {"reference": "x"}
        by_other = client.patch(address, json=wish, headers=bearer(other))
        by_nobody = client.patch(address, json=wish)
        csrf = sign_in(client, mine)
        forged = client.patch(address, json=wish)
        found = client.get(address).json()["reference"]
        by_me = client.patch(address, json=wish, headers={"X-CSRF-Token": csrf})

    assert (by_other.status_code, by_nobody.status_code) == (404, 401)
    assert forged.status_code == 403
    assert found == CALLED
    assert by_me.json()["reference"] == "x"


def test_the_same_files_under_another_reference_are_another_analysis(
    model: Model, tmp_path: Path
) -> None:
    app = app_with(model, data_dir=tmp_path, reuse_answers=True)
    with TestClient(app) as client:
        first = predict(client, "one")["analysis_id"]
        same = [predict(client, each)["analysis_id"] for each in ("one", None)]
        other = predict(client, "two")["analysis_id"]

        assert same == [first, first]
        assert other != first
        assert reference_of(client, first) == "one"
