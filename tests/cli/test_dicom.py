"""`alzer dicom`, as a person calls it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydicom import dcmread
from typer.testing import Result

from dicom_out.made import PATIENT, SECRETS, STUDY
from phantoms import as_dicom, as_jpeg, draw_brain
from reports.made import words_of

Call = Callable[..., Result]

LYING = {
    "ImageOrientationPatient": [1.0, 0.0, 0.0, 0.0, 1.0, 0.0],
    "ImagePositionPatient": [-80.0, -90.0, 12.5],
    "PixelSpacing": [1.0, 1.0],
    "SeriesInstanceUID": f"{STUDY}.3",
    "SOPInstanceUID": f"{STUDY}.3.1",
    "FrameOfReferenceUID": f"{STUDY}.9",
}


@pytest.fixture
def dicom_scan(tmp_path: Path) -> Path:
    path = tmp_path / "scan.dcm"
    path.write_bytes(as_dicom(draw_brain(), **{**PATIENT, **LYING}))
    return path


def bundled(call: Call, scan: Path) -> str:
    result = call("predict", scan, "-o", "out", "-f", "jsonl", "--bundle")
    assert result.exit_code == 0, result.output
    (line,) = Path("out/predictions.jsonl").read_text("utf-8").splitlines()
    record: dict[str, Any] = json.loads(line)
    return str(record["bundle"])


def test_a_bundle_and_its_scan_become_four_objects(
    call: Call, dicom_scan: Path
) -> None:
    bundle = bundled(call, dicom_scan)
    result = call("dicom", bundle, "--source", dicom_scan, "-o", "d")
    written = {path.name: dcmread(path) for path in Path("d").iterdir()}

    assert result.exit_code == 0, result.output
    assert set(written) == {
        "overlay.dcm", "report.dcm", "evidence.dcm", "report_pdf.dcm"
    }  # fmt: skip
    assert {one.StudyInstanceUID for one in written.values()} == {STUDY}
    assert {one.PatientID for one in written.values()} == {"MRN-4711"}


def test_without_the_scan_objects_are_of_nobody_and_the_map_is_left_out(
    call: Call, dicom_scan: Path
) -> None:
    result = call("dicom", bundled(call, dicom_scan), "-o", "d", "--kind", "map",
                  "--kind", "report")  # fmt: skip
    (written,) = Path("d").iterdir()

    assert result.exit_code == 0
    assert "Left out: map." in words_of(result.stderr)
    assert dcmread(written).PatientID == ""


def test_identities_are_removed_on_request(call: Call, dicom_scan: Path) -> None:
    bundle = bundled(call, dicom_scan)
    call("dicom", bundle, "--source", dicom_scan, "-o", "d", "--de-identify")
    contents = [path.read_bytes() for path in Path("d").iterdir()]

    assert len(contents) == 4
    assert not any(
        secret.encode() in content for content in contents for secret in SECRETS
    )


def test_another_scan_is_refused(call: Call, dicom_scan: Path, tmp_path: Path) -> None:
    bundle = bundled(call, dicom_scan)
    other = tmp_path / "other.jpg"
    other.write_bytes(as_jpeg(draw_brain(seed=4)))
    result = call("dicom", bundle, "--source", other, "-o", "d")

    assert result.exit_code == 2
    assert "not the files that were analysed" in words_of(result.stderr)
    assert not Path("d").exists()


def test_neither_a_bundle_nor_an_analysis_is_refused(call: Call) -> None:
    result = call("dicom", "no-such", "-o", "d")

    assert result.exit_code == 2
    assert "neither a file of that name nor an analysis" in words_of(result.stderr)


def test_where_nothing_can_be_written_that_is_said(
    call: Call, dicom_scan: Path
) -> None:
    Path("d").write_bytes(b"no folder")
    result = call("dicom", bundled(call, dicom_scan), "-o", "d", "--kind", "report")

    assert result.exit_code == 1
    assert "Choose another -o" in words_of(result.stderr)
