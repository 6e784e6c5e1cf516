"""An analysis as FHIR resources by HTTP."""

import json
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from fhir.resources.R4B.bundle import Bundle

from alzer.model.engine import Model
from alzer.store.audit import LOCAL, AuditEntry, read_log
from alzer.store.records import Record
from fhir_r4.made import components, observation, of_type
from phantoms import as_png, draw_brain
from served import app_with
from web.test_access import bearer, make_token

SCAN = as_png(draw_brain())
SAMPLES = sorted(Path(__file__).with_name("documents").glob("*.json"))


def predict(client: TestClient, **form: str) -> dict[str, Any]:
    response = client.post("/predict", files={"file": SCAN}, data=form)
    answer: dict[str, Any] = response.json()
    assert response.status_code == 200, answer
    return answer


def resources(client: TestClient, identity: str) -> dict[str, Any]:
    response = client.get(f"/analyses/{identity}/fhir")
    assert response.status_code == 200
    found: dict[str, Any] = response.json()
    Bundle.model_validate(found)
    return found


def test_an_analysis_comes_as_resources(client: TestClient) -> None:
    answer = predict(client, reference="S-0042")
    identity = answer["analysis_id"]
    response = client.get(f"/analyses/{identity}/fhir")
    (report,) = of_type(resources(client, identity), "DiagnosticReport")

    assert response.headers["content-type"] == "application/fhir+json"
    assert response.headers["cache-control"] == "no-store"
    assert report["id"] == identity
    assert report["conclusion"].startswith(answer["headline"])
    assert report["subject"]["identifier"]["value"] == "S-0042"


@pytest.mark.parametrize("keep_evidence", [True, False])
def test_the_numbers_are_those_of_the_answer(
    model: Model,
    tmp_path: Path,
    keep_evidence: bool,  # noqa: FBT001 - of the table
) -> None:
    app = app_with(model, data_dir=tmp_path, keep_evidence=keep_evidence)
    with TestClient(app) as client:
        answer = predict(client)
        bundle = resources(client, answer["analysis_id"])
    found = components(observation(bundle, "class-probabilities")).values()
    told = {part["code"]["text"]: part["valueQuantity"]["value"] for part in found}

    assert {name: f"{p:.2%}" for name, p in told.items()} == (
        answer["class_probabilities"]
    )


def test_it_is_json_and_nothing_else(client: TestClient) -> None:
    address = f"/analyses/{predict(client)['analysis_id']}/fhir"
    for accept, status in {
        "application/fhir+json": 200,
        "application/json": 200,
        "text/html, */*;q=0.1": 200,
        "application/fhir+json; fhirVersion=4.0": 200,
        "application/fhir+xml": 406,
    }.items():
        response = client.get(address, headers={"Accept": accept})

        assert response.status_code == status, accept


def test_what_any_version_kept_becomes_resources(client: TestClient) -> None:
    store = client.app.state.service.store  # type: ignore[attr-defined]  # of FastAPI
    for sample in SAMPLES:
        document: dict[str, Any] = json.loads(sample.read_text("utf-8"))
        record = Record(
            id=str(uuid.uuid4()),
            owner=None,
            prediction=document["prediction"],
            reliable=document.get("reliable"),
            has_warnings=bool(document["warnings"]),
            answer=document,
            created_at=datetime.now(UTC),
        )
        store.records.add(record, AuditEntry(LOCAL, "analysed", record.id))
        bundle = resources(client, record.id)
        (report,) = of_type(bundle, "DiagnosticReport")
        shares = json.dumps(observation(bundle, "class-probabilities"))

        issued = datetime.fromisoformat(report["issued"])
        assert abs(issued - record.created_at) < timedelta(seconds=0.01)
        is_withheld = document.get("reliable") is False
        assert ("valueQuantity" not in shares) is is_withheld, sample.name


def test_only_those_who_may_see_an_analysis_get_it(
    model: Model, tmp_path: Path
) -> None:
    app = app_with(model, data_dir=tmp_path, auth="required")
    with TestClient(app) as client:
        own, other = (bearer(make_token(tmp_path, name)) for name in ("own", "other"))
        sent = client.post("/predict", files={"file": SCAN}, headers=own).json()
        address = f"/analyses/{sent['analysis_id']}/fhir"

        assert client.get(address, headers=own).status_code == 200
        assert client.get(address, headers=other).status_code == 404
        assert client.get(address).status_code == 401


def test_that_it_was_seen_is_noted(client: TestClient) -> None:
    identity = predict(client)["analysis_id"]
    client.get(f"/analyses/{identity}/fhir")
    store = client.app.state.service.store  # type: ignore[attr-defined]  # of FastAPI
    seen = read_log(store.database)[-1]

    assert (seen.action, seen.subject) == ("viewed", identity)
