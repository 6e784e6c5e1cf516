"""DICOM objects of an analysis, and how they belong to its scan."""

import sys
from pathlib import Path

import pytest
from pydicom.dataset import Dataset
from pydicom.uid import (
    ComprehensiveSRStorage,
    EncapsulatedPDFStorage,
    ParametricMapStorage,
    SecondaryCaptureImageStorage,
)

from alzer.analysis import Analysis
from alzer.dicom_out.objects import (
    Choice,
    ResultObjects,
    refusal_object,
    result_objects,
)
from alzer.errors import IncompleteSeries, NotTheScan
from dicom_out.made import (
    FRAME_OF_REFERENCE,
    SERIES,
    STUDY,
    codes_in,
    dumped,
    errors_of,
    texts_in,
)
from served import doubt

CLASSES = {
    "capture": SecondaryCaptureImageStorage,
    "report": ComprehensiveSRStorage,
    "map": ParametricMapStorage,
    "pdf": EncapsulatedPDFStorage,
}


@pytest.fixture(params=["head", "slice", "head-of-nobody", "slice-without-identity"])
def made(
    request: pytest.FixtureRequest,
    of_head: ResultObjects,
    of_slice: ResultObjects,
    one_slice: Analysis,
    slice_header: Dataset,
) -> ResultObjects:
    if request.param == "head-of-nobody":
        return result_objects(request.getfixturevalue("head"))
    if request.param == "slice-without-identity":
        choice = Choice(deidentify=True)
        return result_objects(one_slice, [slice_header], choice)
    return {"head": of_head, "slice": of_slice}[request.param]


def test_every_object_is_valid(made: ResultObjects, tmp_path: Path) -> None:
    found = {kind: errors_of(one, tmp_path) for kind, one in made.by_kind.items()}

    assert {kind: one.SOPClassUID for kind, one in made.by_kind.items()} == CLASSES
    assert not any(found.values()), found
    assert made.left_out == {}


def test_objects_are_of_the_patient_and_study_of_the_scan(
    of_head: ResultObjects,
) -> None:
    for one in of_head.objects:
        assert str(one.PatientName) == "Grünwald^Adelheid"
        assert one.SpecificCharacterSet == "ISO_IR 192"
        assert (one.PatientID, one.AccessionNumber) == ("MRN-4711", "ACC-99")
        assert one.StudyInstanceUID == STUDY
        assert one.Manufacturer == "alzer"

    series = {one.SeriesInstanceUID for one in of_head.objects}
    assert len(series) == 4
    assert SERIES not in series
    assert of_head.by_kind["map"].FrameOfReferenceUID == FRAME_OF_REFERENCE


def test_objects_refer_to_all_images_of_the_series(
    of_head: ResultObjects, headers: list[Dataset]
) -> None:
    all_images = {one.SOPInstanceUID for one in headers}
    capture, report = of_head.by_kind["capture"], of_head.by_kind["report"]
    pdf = of_head.by_kind["pdf"]
    evidence = report.CurrentRequestedProcedureEvidenceSequence[0]
    named = {
        file.ReferencedSOPInstanceUID
        for series in evidence.ReferencedSeriesSequence
        for file in series.ReferencedSOPSequence
    }

    assert _uids(capture.SourceImageSequence) == all_images
    assert _uids(pdf.SourceInstanceSequence) == all_images
    assert capture.ReferencedSeriesSequence[0].SeriesInstanceUID == SERIES
    own = {of_head.by_kind[kind].SOPInstanceUID for kind in ("capture", "map")}
    assert named == all_images | own


def _uids(items: list[Dataset]) -> set[str]:
    return {one.ReferencedSOPInstanceUID for one in items}


def test_without_the_scan_objects_are_of_nobody_in_one_study(head: Analysis) -> None:
    made = result_objects(head)

    assert {str(one.PatientName or "") for one in made.objects} == {""}
    assert {one.PatientID or "" for one in made.objects} == {""}
    assert len({one.StudyInstanceUID for one in made.objects}) == 1
    assert all("SourceImageSequence" not in one for one in made.objects)


def test_an_answer_that_cannot_be_relied_on_shows_no_class_and_no_map(
    one_slice: Analysis, slice_header: Dataset, tmp_path: Path
) -> None:
    doubtful = doubt(one_slice, "The skull is still on.")
    made = result_objects(doubtful, [slice_header])
    report = made.by_kind["report"]

    assert list(made.by_kind) == ["capture", "report", "pdf"]
    assert "can't be relied on" in made.left_out["map"]
    assert codes_in(report, "Most probable class") == []
    assert codes_in(report, "Answer can be relied on, as far as is checked") == ["No"]
    assert "The skull is still on." in texts_in(report)
    assert [errors_of(one, tmp_path) for one in made.objects] == [[], [], []]


def test_only_what_is_asked_for_is_written(
    head: Analysis, headers: list[Dataset]
) -> None:
    made = result_objects(head, headers, Choice(kinds=("report",)))

    assert list(made.by_kind) == ["report"]


def test_without_the_extra_report_the_pdf_is_left_out_with_the_reason(
    one_slice: Analysis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    made = result_objects(one_slice, (), Choice(kinds=("pdf",)))

    assert made.objects == ()
    assert "extra 'report'" in made.left_out["pdf"]


def test_headers_of_another_scan_are_refused(
    head: Analysis, headers: list[Dataset], one_slice: Analysis
) -> None:
    with pytest.raises(NotTheScan, match="not those of the scan"):
        result_objects(head, headers[1:])
    with pytest.raises(NotTheScan, match="not those of the scan"):
        result_objects(one_slice, headers)


def test_the_reason_of_a_refusal_becomes_a_report(
    headers: list[Dataset], tmp_path: Path
) -> None:
    failure = IncompleteSeries("Slice 4 of 40 is missing.")
    report = refusal_object(failure, headers)

    assert errors_of(report, tmp_path) == []
    assert report.StudyInstanceUID == STUDY
    assert "Slice 4 of 40 is missing." in dumped(report, tmp_path)
    assert "incomplete_series" in texts_in(report)
