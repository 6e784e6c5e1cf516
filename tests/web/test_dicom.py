"""The address of an analysis's DICOM objects."""

import io
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from pydicom import dcmread
from pydicom.dataset import Dataset

from alzer.model.engine import Model
from dicom_out.made import PATIENT, STUDY, numbers_in
from phantoms import as_dicom, draw_brain
from served import app_with

LYING: dict[str, Any] = {
    "ImageOrientationPatient": [1.0, 0.0, 0.0, 0.0, 1.0, 0.0],
    "ImagePositionPatient": [-80.0, -90.0, 12.5],
    "PixelSpacing": [1.0, 1.0],
    "SeriesInstanceUID": f"{STUDY}.3",
    "SOPInstanceUID": f"{STUDY}.3.1",
    "FrameOfReferenceUID": f"{STUDY}.9",
}
SCAN = as_dicom(draw_brain(), **{**PATIENT, **LYING})


def sent(client: TestClient) -> dict[str, Any]:
    answer = client.post("/predict", files={"file": ("scan.dcm", SCAN)})
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


def objects(client: TestClient, identity: str, query: str = "") -> dict[str, Dataset]:
    answer = client.get(f"/analyses/{identity}/dicom{query}")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        return {
            name: dcmread(io.BytesIO(archive.read(name)))
            for name in archive.namelist()
            if name.endswith(".dcm")
        }


def test_objects_are_of_nobody_as_nobody_is_kept(client: TestClient) -> None:
    identity = sent(client)["analysis_id"]
    found = objects(client, identity)
    answer = client.get(f"/analyses/{identity}/dicom?kind=map")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        left_out = archive.read("left_out.txt").decode()

    assert set(found) == {"overlay.dcm", "report.dcm", "report_pdf.dcm"}
    assert {one.PatientID for one in found.values()} == {""}
    assert left_out.startswith("map: ")


def test_probabilities_are_not_rounded(client: TestClient) -> None:
    told = sent(client)
    report = objects(client, told["analysis_id"], "?kind=report")["report.dcm"]
    numbers = numbers_in(report, "Probability")

    assert sum(numbers) == pytest.approx(1.0, abs=1e-6)
    assert [f"{share:.2%}" for share in numbers] == [
        *told["class_probabilities"].values()
    ]


@pytest.mark.parametrize("query", ["", "?de-identify=true"])
def test_files_that_are_kept_give_patient_and_study(
    model: Model, tmp_path: Path, query: str
) -> None:
    app = app_with(model, data_dir=tmp_path, keep_originals=True)
    with TestClient(app) as client:
        found = objects(client, sent(client)["analysis_id"], query)

    assert len(found) == 4
    assert {one.PatientID == "MRN-4711" for one in found.values()} == {not query}
    assert {one.StudyInstanceUID == STUDY for one in found.values()} == {not query}


def test_without_the_extra_dicom_that_is_said(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    identity = sent(client)["analysis_id"]
    for name in [one for one in sys.modules if one.startswith("alzer.dicom_out.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "highdicom", None)
    answer = client.get(f"/analyses/{identity}/dicom")

    assert answer.status_code == 501
    assert "extra 'dicom'" in answer.text


def test_an_unknown_analysis_is_not_found(client: TestClient) -> None:
    unknown = "00000000-0000-0000-0000-000000000000"

    assert client.get(f"/analyses/{unknown}/dicom").status_code == 404
