"""The map of a kept analysis is checked by the service."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from alzer.analysis import analyse
from alzer.classes import CLASS_NAMES
from alzer.explain.kept_evidence import unpack_evidence
from alzer.map_check import MapChecker, check_map
from alzer.model.engine import Model
from phantoms import as_png, draw_brain
from served import app_with

pytestmark = pytest.mark.on_every_backend

BRAIN = as_png(draw_brain())


def predict(client: TestClient) -> dict[str, Any]:
    answer: dict[str, Any] = client.post("/predict", files={"file": BRAIN}).json()
    return answer


def address_of(answer: dict[str, Any]) -> str:
    return f"/analyses/{answer['analysis_id']}/audit"


def test_the_check_is_that_of_the_library(client: TestClient, model: Model) -> None:
    answer = predict(client)
    response = client.post(address_of(answer))
    content = client.get(f"/analyses/{answer['analysis_id']}/evidence").content
    (kept,) = unpack_evidence(content).slices

    told = response.json()
    assert response.status_code == 200
    assert response.headers["cache-control"] == "no-store"
    assert told["class"] == answer["prediction"]
    assert len(told["elsewhere"]) == told["areas"] == 15
    check = MapChecker(model).check(kept, CLASS_NAMES.index(told["class"]))
    assert told["areas_beaten"] == check.beaten
    assert told["badge"] == check.passed
    assert told["text"] == check.text
    assert told["marked"]["interpolated"] == pytest.approx(check.marked[0], abs=1e-4)
    # The kept input is that of the analysis, to the rounding of float16.
    exactly = check_map(analyse(BRAIN, model), model)
    assert check.marked == pytest.approx(exactly.marked, abs=0.01)


def test_another_class_can_be_asked_about(client: TestClient) -> None:
    answer = predict(client)
    for name in CLASS_NAMES:
        response = client.post(address_of(answer), params={"class": name})
        assert response.status_code in {200, 404}
        told = response.json()
        assert told.get("class") == name or name in told["detail"]


def test_a_slice_that_there_is_not_is_refused(client: TestClient) -> None:
    response = client.post(address_of(predict(client)), params={"slice": "1"})

    assert response.status_code == 400
    assert "it has 1" in response.json()["detail"]


def test_nothing_of_a_check_is_kept(client: TestClient) -> None:
    answer = predict(client)
    before = client.get(f"/analyses/{answer['analysis_id']}").json()
    client.post(address_of(answer))

    assert client.get(f"/analyses/{answer['analysis_id']}").json() == before


def test_a_record_without_evidence_says_so(model: Model, tmp_path: Path) -> None:
    with TestClient(app_with(model, data_dir=tmp_path, keep_evidence=False)) as client:
        response = client.post(address_of(predict(client)))

    assert (response.status_code, response.json()["code"]) == (404, "no_evidence")
    assert "ALZER_KEEP_EVIDENCE" in response.json()["detail"]


def test_an_analysis_by_another_model_is_not_asked_about(
    model: Model, tmp_path: Path
) -> None:
    with TestClient(app_with(model, data_dir=tmp_path)) as client:
        answer = predict(client)
    identity = replace(model.identity, sha256="0" * 64)
    other = replace(model, identity=identity)
    with TestClient(app_with(other, data_dir=tmp_path)) as client:
        response = client.post(address_of(answer))

    assert (response.status_code, response.json()["code"]) == (404, "no_evidence")
    assert "another model" in response.json()["detail"]


def test_an_analysis_that_there_is_not_is_not_found(client: TestClient) -> None:
    response = client.post(
        "/analyses/00000000-0000-0000-0000-000000000000/audit",
    )

    assert (response.status_code, response.json()["code"]) == (404, "no_such_analysis")
