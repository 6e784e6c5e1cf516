"""What any version kept is listed and opened by this one.

The documents are those that the software of that time wrote about one drawn slice,
with a model that knows no limits and with the one that ships; and about a whole head.
"""

import json
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pytest
from fastapi.testclient import TestClient

from alzer.model.engine import Model
from alzer.store.audit import LOCAL, AuditEntry
from alzer.store.records import Record
from alzer.web.documents import NEWEST, from_document, to_document
from alzer.web.head_schemas import Measurements, StandardSlice
from alzer.web.schemas import HeadPrediction, Prediction
from phantoms import as_png, draw_brain
from served import app_with

SAMPLES: Final = sorted(Path(__file__).with_name("documents").glob("*.json"))


def read(sample: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(sample.read_text("utf-8"))
    return document


def keep(client: TestClient, sample: Path) -> str:
    document = {**read(sample), "analysis_id": str(uuid.uuid4())}
    record = Record(
        id=document["analysis_id"],
        owner=None,
        prediction=document["prediction"],
        reliable=document.get("reliable"),
        has_warnings=bool(document["warnings"]),
        answer=document,
        created_at=datetime.now(UTC),
    )
    store = client.app.state.service.store  # type: ignore[attr-defined]  # of FastAPI
    store.records.add(record, AuditEntry(LOCAL, "analysed", record.id))
    return record.id


def test_there_is_a_document_of_every_version() -> None:
    versions = {int(each.name.partition("-")[0]) for each in SAMPLES}

    assert versions == set(range(1, NEWEST + 1))


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.stem)
def test_what_a_version_kept_is_listed_and_opened(
    client: TestClient, sample: Path
) -> None:
    identity, document = keep(client, sample), read(sample)
    alone = client.get(f"/analyses/{identity}")
    (listed,) = client.get("/analyses").json()["analyses"]

    assert alone.status_code == 200
    assert alone.json() == listed
    rows = zip(listed.get("slices", ()), document.get("slices", ()), strict=True)
    for row, kept in rows:
        assert row.pop("heatmap_url") is None  # no files were kept
        if "counted" not in kept:
            assert row.pop("counted") is True  # of a time when all did
    assert listed.get("scan_url") is None  # likewise
    for name in set(document) - {"version", "analysis_id"}:
        assert listed[name] == document[name], name
    assert "version" not in listed
    assert (listed["reliable"] is False) == (listed["unreliable_reason"] is not None)
    assert listed["unreliable_reason"] in {None, *listed["warnings"]}
    assert (listed["headline"] == "No reliable answer") == (listed["reliable"] is False)


def test_every_field_of_an_answer_is_in_the_sample_of_the_newest_version() -> None:
    sample = next(each for each in SAMPLES if each.name.startswith(f"{NEWEST}-"))
    fields = set(Prediction.model_fields) - {"heatmap_url", "layers"}

    assert set(read(sample)) == fields | {"version"}, "a new field: raise NEWEST"


def test_every_field_of_a_head_s_answer_is_in_the_sample_of_the_newest_version() -> (
    None
):
    sample = read(
        next(one for one in SAMPLES if one.name == f"{NEWEST}-whole-head.json")
    )
    addresses = {
        *("heatmap_url", "layers", "evidence_url", "brain_mask_url", "scan_url")
    }
    fields = set(HeadPrediction.model_fields) - addresses

    assert set(sample) == fields | {"version"}
    assert set(sample["slices"][0]) == set(StandardSlice.model_fields) - addresses
    assert set(sample["measurements"]) == set(Measurements.model_fields)


def test_an_answer_is_the_same_after_being_kept(model: Model, tmp_path: Path) -> None:
    with TestClient(app_with(model, data_dir=tmp_path)) as client:
        answer = Prediction.model_validate(
            client.post("/predict", files={"file": as_png(draw_brain())}).json()
        )
    document = to_document(answer)

    assert document["version"] == NEWEST
    assert json.loads(json.dumps(document)) == document
    again = Prediction.model_validate({**from_document(document), "heatmap_url": None})
    assert again == answer.model_copy(update={"heatmap_url": None})


def test_a_document_of_a_newer_version_is_shown_as_far_as_it_is_known(
    client: TestClient, tmp_path: Path
) -> None:
    newest = SAMPLES[-1]
    newer = tmp_path / "9-newer.json"
    document = {**read(newest), "version": 9, "hippocampus_ml": 7.5}
    newer.write_text(json.dumps(document), "utf-8")
    identity = keep(client, newer)

    shown = client.get(f"/analyses/{identity}")
    assert shown.status_code == 200
    assert shown.json()["headline"] == document["headline"]


def test_a_head_from_before_its_scan_was_kept_names_no_file_of_it(
    client: TestClient,
) -> None:
    told = {}
    for version in (3, NEWEST):
        sample = next(one for one in SAMPLES if one.name.startswith(f"{version}-whole"))
        kept = client.app.state.service.store  # type: ignore[attr-defined]  # of FastAPI
        identity = keep(client, sample)
        kept.records.change(identity, {"evidence": f"evidence_{version}.npz"})
        told[version] = client.get(f"/analyses/{identity}").json()

    assert told[3]["evidence_url"]
    assert told[3]["scan"] is told[3]["scan_url"] is None
    assert told[NEWEST]["scan_url"].endswith("/files/brain.nii.gz")
