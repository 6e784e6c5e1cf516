"""What is written down of a whole head, and which files are kept."""

import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from alzer.analysis import analyse
from alzer.answer import Analysis
from alzer.cli.inputs import Failure, Input, Person
from alzer.cli.records import LAYOUTS, Format
from alzer.cli.results import Choice, Existing, ResultsFolder
from alzer.cli.scan_files import draw_failed, draw_files, draw_strip
from alzer.cli.volume_records import keep_head
from alzer.cli.volumes import Head
from alzer.errors import StorageUnavailable
from alzer.model.engine import Model
from alzer.person_evidence import brain_nifti, evidence_volume
from slabs import COLUMNS, ROWS, SLICES, read_nifti, straight_head

CHOICE = Choice(Format.jsonl, Format.jsonl, Existing.OVERWRITE)
SCAN = Input("study/head.nii.gz")
IMAGE = Input("x/sub-01_ses-2_T1w.nii.gz", person=Person("sub-01", "ses-2"))


@pytest.fixture(scope="module")
def answer(model: Model) -> Analysis:
    return analyse(straight_head(), model)


@pytest.fixture(scope="module")
def head(answer: Analysis) -> Head:
    return Head(answer, files=draw_files(answer, lambda: None))


@pytest.fixture
def folder(tmp_path: Path) -> ResultsFolder:
    return ResultsFolder.open(tmp_path / "results", CHOICE)


def size_of(path: str) -> tuple[int, int]:
    with Image.open(path) as picture:
        return picture.size


def test_the_record_of_a_head_leads_to_its_files(
    head: Head, answer: Analysis, folder: ResultsFolder
) -> None:
    lost: list[str] = []
    record = keep_head(SCAN, head, folder, lost)

    assert not lost
    assert record["kind"] == "volume"
    assert record["preparation"]["quality"] == "good"
    assert record["measurements"]["brain_ml"] == pytest.approx(1234.6)
    assert len(record["slices"]) == SLICES
    evidence, affine, _ = read_nifti(Path(record["evidence_nifti"]).read_bytes())
    mask, _, _ = read_nifti(Path(record["brain_mask_nifti"]).read_bytes())
    brain = Path(record["scan_nifti"])
    assert np.array_equal(evidence, evidence_volume(answer).values)
    assert np.allclose(affine, answer.preparation.volume.affine)  # type: ignore[union-attr]  # of a head
    assert np.array_equal(mask > 0, answer.preparation.mask)  # type: ignore[union-attr]  # of a head
    assert (brain.name, brain.read_bytes()) == ("brain.nii.gz", brain_nifti(answer))
    for row in record["slices"]:
        assert size_of(row["heatmap"]) == (COLUMNS, ROWS)
    assert size_of(record["strip"]) == (8 * COLUMNS, SLICES // 8 * ROWS)
    kept = json.loads(Path(record["strip"]).with_name("prediction.json").read_bytes())
    assert kept == record


def test_all_files_of_a_head_lie_in_a_folder_of_its_own(
    head: Head, folder: ResultsFolder
) -> None:
    record = keep_head(SCAN, head, folder, [])
    other = keep_head(Input("else/head.nii.gz"), head, folder, [])
    files = [path for path in folder.path.rglob("*") if path.is_file()]

    own = Path(record["evidence_nifti"]).parent
    assert own.parent == folder.path / "scans"
    assert own.name.startswith("head_")
    assert own != Path(other["evidence_nifti"]).parent
    assert not [path for path in files if path.suffix == ".part"]


def test_results_of_a_data_set_are_named_as_its_images(
    head: Head, folder: ResultsFolder
) -> None:
    record = keep_head(IMAGE, head, folder, [])
    session = folder.path / "sub-01" / "ses-2"
    stem = "sub-01_ses-2"

    assert (record["participant"], record["session"]) == ("sub-01", "ses-2")
    assert Path(record["evidence_nifti"]).parent == session / "anat"
    assert (session / "anat" / f"{stem}_desc-brain_mask.nii.gz").exists()
    assert (session / "anat" / f"{stem}_desc-brain_T1w.nii.gz").exists()
    brain = session / "anat" / f"{stem}_desc-brain_T1w.json"
    assert json.loads(brain.read_bytes())["SkullStripped"] is True
    assert (session / "anat" / f"{stem}_prediction.json").exists()
    assert (session / "figures" / f"{stem}_desc-strip_T1w.png").exists()
    sidecar = session / "anat" / f"{stem}_desc-evidence_statmap.json"
    facts = json.loads(sidecar.read_bytes())
    assert facts["Units"] == "logit"
    assert facts["Sources"] == ["bids:raw:sub-01/ses-2/anat/sub-01_ses-2_T1w.nii.gz"]


def test_without_a_folder_the_record_has_no_files(head: Head) -> None:
    record = keep_head(SCAN, head, None, [])

    assert record["evidence_nifti"] is record["heatmap"] is record["strip"] is None
    assert record["prediction"]
    assert "--output" in record["heatmap_missing_reason"]
    assert not any(row["heatmap"] for row in record["slices"])


def test_files_are_kept_all_or_none_and_the_answer_in_any_case(
    head: Head, folder: ResultsFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = ResultsFolder.write

    def fail_late(self: ResultsFolder, path: Path, content: bytes) -> None:
        if path.name == "evidence.nii.gz":
            message = "The disk is full."
            raise StorageUnavailable(message)
        usual(self, path, content)

    monkeypatch.setattr(ResultsFolder, "write", fail_late)
    lost: list[str] = []
    record = keep_head(SCAN, head, folder, lost)

    assert lost == ["The disk is full."]
    assert record["heatmap_missing_reason"] == "The disk is full."
    assert record["prediction"]
    assert not [one for one in (folder.path / "scans").rglob("*") if one.is_file()]


def test_what_failed_has_the_reason_its_preparation_and_no_prediction(
    answer: Analysis, folder: ResultsFolder
) -> None:
    prepared = answer.preparation
    assert prepared is not None
    failure = Failure("failed_preparation", "The scan is cropped.")
    failed = Head(failure, prepared, draw_failed(prepared))
    record = keep_head(SCAN, failed, folder, [])

    assert record["prediction"] is record["headline"] is None
    assert record["error"]["message"] == "The scan is cropped."
    assert record["kind"] == "volume"
    assert record["preparation"]["brain_ml"] == pytest.approx(1234.6)
    assert size_of(record["strip"]) == (8 * COLUMNS, SLICES // 8 * ROWS)


def test_a_strip_runs_as_text_does() -> None:
    pictures = [np.full((2, 3, 3), 10 * index, np.uint8) for index in range(9)]
    with Image.open(io.BytesIO(draw_strip(pictures))) as strip:
        pixels = np.asarray(strip)

    assert pixels.shape == (4, 24, 3)
    assert pixels[0, ::3, 0].tolist() == [10 * index for index in range(8)]
    assert pixels[2, ::3, 0].tolist() == [80, *[0] * 7]


def test_csv_has_what_is_known_of_whole_heads(
    head: Head, folder: ResultsFolder
) -> None:
    record = keep_head(IMAGE, head, folder, [])
    layout = LAYOUTS[Format.csv]()
    (row,) = csv.DictReader([layout.head(), layout.row(record)])

    first = list(row).index("kind")
    assert list(row.items())[first : first + 6] == [
        ("kind", "volume"),
        ("preparation", "good"),
        ("brain_ml", "1234.6"),
        ("evidence", record["evidence_nifti"]),
        ("participant", "sub-01"),
        ("session", "ses-2"),
    ]
