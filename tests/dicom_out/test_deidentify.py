"""What goes out without identities."""

from copy import deepcopy
from pathlib import Path

import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from alzer.analysis import Analysis
from alzer.dicom_out.deidentify import deidentify
from alzer.dicom_out.objects import Choice, ResultObjects, as_file, result_objects
from dicom_out.made import SECRETS, SERIES, errors_of

REFERENCE = "Adelheid's second scan"


@pytest.fixture(scope="module")
def bare(head: Analysis, headers: list[Dataset]) -> ResultObjects:
    choice = Choice(deidentify=True)
    known = {"reference": REFERENCE, "analysis_id": "4711-0815"}
    return result_objects(head, headers, choice, ["ab" * 32], **known)


def test_nothing_of_the_patient_is_in_the_files(bare: ResultObjects) -> None:
    for one in bare.objects:
        content = as_file(one)
        for secret in (*SECRETS, REFERENCE, "4711-0815", "ab" * 32):
            assert secret.encode() not in content
            assert secret.encode("latin-1") not in content


def test_a_scan_with_an_identity_in_its_pixels_gives_no_pictures_of_them(
    head: Analysis, headers: list[Dataset]
) -> None:
    marked = deepcopy(headers)
    for header in marked:
        header.BurnedInAnnotation = "YES"
    bare = result_objects(head, marked, Choice(deidentify=True), ["ab" * 32])
    usual = result_objects(head, marked, Choice(), ["ab" * 32])

    assert set(bare.by_kind) == {"map", "report"}
    assert "in its pixels" in bare.left_out["capture"] == bare.left_out["pdf"]
    for kind in ("capture", "pdf"):
        assert usual.by_kind[kind].BurnedInAnnotation == "YES"


def test_they_still_are_valid(bare: ResultObjects, tmp_path: Path) -> None:
    assert len(bare.objects) == 4
    assert [errors_of(one, tmp_path) for one in bare.objects] == [[]] * 4


def test_it_is_listed_what_was_done(bare: ResultObjects) -> None:
    for one in bare.objects:
        codes = [each.CodeValue for each in one.DeidentificationMethodCodeSequence]

        assert one.PatientIdentityRemoved == "YES"
        assert "PS3.15" in one.DeidentificationMethod
        assert codes[0] == "113100"  # Basic Application Confidentiality Profile


def test_references_among_the_objects_still_hold(bare: ResultObjects) -> None:
    report = bare.by_kind["report"]
    evidence = report.CurrentRequestedProcedureEvidenceSequence[0]
    named = {
        (series.SeriesInstanceUID, file.ReferencedSOPInstanceUID)
        for series in evidence.ReferencedSeriesSequence
        for file in series.ReferencedSOPSequence
    }
    for kind in ("capture", "map"):
        one = bare.by_kind[kind]
        assert (one.SeriesInstanceUID, one.SOPInstanceUID) in named

    assert evidence.StudyInstanceUID == report.StudyInstanceUID
    assert len({one.StudyInstanceUID for one in bare.objects}) == 1


def test_identifiers_differ_from_call_to_call(
    head: Analysis, headers: list[Dataset]
) -> None:
    choice = Choice(kinds=("report",), deidentify=True)
    studies = {
        result_objects(head, headers, choice).objects[0].StudyInstanceUID
        for _ in range(2)
    }

    assert len(studies) == 2


def test_every_attribute_is_treated_as_the_table_says() -> None:
    inner = Dataset()
    inner.PersonName, inner.ReferencedSOPInstanceUID = "Adelheid", f"{SERIES}.1"
    dataset = Dataset()
    dataset.SOPInstanceUID = f"{SERIES}.1"
    dataset.PatientName = dataset.OperatorsName = "Adelheid"  # Z; X/Z/D
    dataset.PatientAge, dataset.ContentDate = "088Y", "20250611"  # X; Z/D
    dataset.StudyDate = "20250611"  # Z
    dataset.ReferencedPatientPhotoSequence = Sequence([inner])
    dataset.ContentSequence = Sequence([inner])
    dataset.Rows = 3
    dataset.add_new(0x60004000, "LT", "Adelheid")  # Overlay Comments
    dataset.private_block(0x0011, "ACME", create=True).add_new(1, "LO", "Adelheid")
    (bare,) = deidentify([dataset])
    (item,) = bare.ContentSequence

    assert not bare.PatientName
    assert bare.StudyDate in {None, ""}
    assert bare.ContentDate == "19000101"
    assert "PatientAge" not in bare
    assert not any(element.tag.is_private for element in bare)
    assert bare.Rows == 3
    assert item.ReferencedSOPInstanceUID == bare.SOPInstanceUID != f"{SERIES}.1"
    assert "Adelheid" not in str(bare)
    assert dataset.PatientName == "Adelheid"  # what was given stays as it is
