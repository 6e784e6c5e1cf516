"""`alzer predict` on whole heads, called as a person calls it."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

from alzer.classes import CLASS_NAMES
from alzer.cli import predict as command
from alzer.cli.records import Format
from alzer.explain.volume_evidence import encode_nifti
from heads import draw_average_head
from phantoms import as_dicom, as_png, draw_brain
from slabs import read_nifti
from volume_files import T2, affine_of, as_series, as_zip

Call = Callable[..., Result]


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


@pytest.fixture
def data_set() -> Path:
    """Write a BIDS data set of a head, and of somebody whose file is no image."""
    head = draw_average_head().volume
    folder = Path("study")
    for name in ("sub-01/ses-1/anat/sub-01_ses-1", "sub-02/anat/sub-02"):
        path = folder / f"{name}_T1w.nii.gz"
        path.parent.mkdir(parents=True)
        path.write_bytes(b"no image")
    content = encode_nifti(head.voxels, head.affine, "phantom")
    (folder / "sub-01/ses-1/anat/sub-01_ses-1_T1w.nii.gz").write_bytes(content)
    (folder / "dataset_description.json").write_text("{}", encoding="utf-8")
    return folder


def test_a_data_set_has_one_record_of_each_session_and_derivatives(
    call: Call, data_set: Path
) -> None:
    before = sorted(data_set.rglob("*"))
    words = ("predict", data_set, "--bids", "-o", "results", "-f", "jsonl")
    result = call(*words)
    head, nobody = lines(result.stdout)
    folder = Path("results/derivatives/alzer")
    again = call(*words, "--resume")

    assert result.exit_code == 1
    assert (head["participant"], head["session"]) == ("sub-01", "ses-1")
    assert (nobody["participant"], nobody["session"]) == ("sub-02", None)
    assert nobody["error"]["code"] == "not_an_image"
    assert head["kind"] == "volume"
    assert head["prediction"] in CLASS_NAMES
    assert len(head["slices"]) == 32
    assert head["preparation"]["quality"] in {"good", "check"}
    evidence, _, _ = read_nifti(Path(head["evidence_nifti"]).read_bytes())
    assert evidence.shape == draw_average_head().volume.voxels.shape
    assert lines((folder / "predictions.jsonl").read_text("utf-8")) == [head, nobody]
    facts = json.loads((folder / "dataset_description.json").read_text("utf-8"))
    assert facts["GeneratedBy"][0]["Name"] == "alzer"
    assert sorted(data_set.rglob("*")) == before
    assert again.stdout == ""


def test_data_sets_with_the_same_image_are_refused_before_anything(
    call: Call, data_set: Path
) -> None:
    result = call("predict", data_set, data_set, "--bids", "-o", "results")

    assert result.exit_code == 2
    assert "sub-01" in result.stderr
    assert not list(Path("results").rglob("*.nii.gz"))


def test_a_data_set_is_noticed_without_the_option(call: Call) -> None:
    Path("study/anat").mkdir(parents=True)
    Path("study/dataset_description.json").write_text("{}", encoding="utf-8")
    result = call("predict", "study")

    assert "--bids" in result.stderr


def write(folder: str, contents: list[bytes]) -> None:
    Path(folder).mkdir()
    for number, content in enumerate(contents):
        Path(folder, f"IM{number:03}").write_bytes(content)


def test_a_folder_of_unrelated_slices_is_as_ever(call: Call) -> None:
    slices = [
        as_dicom(draw_brain(seed=number), SeriesInstanceUID=f"1.2.{number}")
        for number in range(9)
    ]
    write("people", slices)
    records = lines(call("predict", "people").stdout)

    assert [record["input"] for record in records] == [
        f"people/IM{number:03}" for number in range(9)
    ]
    assert {record["kind"] for record in records} == {"slice"}


def test_each_series_of_a_folder_has_one_record(call: Call) -> None:
    other = as_series(affine_of(), **T2, SeriesInstanceUID="1.2.9")
    write("study", [*as_series(affine_of(), **T2), *other, as_dicom(draw_brain())])
    first, second, single = lines(call("predict", "study").stdout)

    assert [first["input"], second["input"]] == ["study/IM000", "study/IM018"]
    assert first["error"]["code"] == second["error"]["code"] == "other_contrast"
    assert first["kind"] == "volume"
    assert (single["input"], single["kind"]) == ("study/IM036", "slice")


def test_a_series_over_several_folders_has_one_record_and_is_resumed(
    call: Call,
) -> None:
    files = as_series(affine_of(), **T2)
    Path("study").mkdir()
    write("study/IM0001-0009", files[:9])
    write("study/IM0010-0018", files[9:])
    words = ("predict", "study", "-o", "results", "-f", "jsonl")
    (record,) = lines(call(*words).stdout)
    again = call(*words, "--resume")

    assert (record["input"], record["kind"]) == ("study", "volume")
    assert record["error"]["code"] == "other_contrast"  # not that slices are missing
    assert again.stdout == ""


def test_what_an_archive_holds_beside_its_scan_is_told(call: Call) -> None:
    files = {"scan.png": as_png(draw_brain()), "report.pdf": b"%PDF-1.7"}
    Path("scan.zip").write_bytes(as_zip(files))
    (record,) = lines(call("predict", "scan.zip").stdout)

    assert record["kind"] == "slice"
    assert any("1 file without an image (a PDF" in one for one in record["warnings"])


def test_an_empty_choice_and_a_missing_data_set_are_understood(call: Call) -> None:
    write("study", as_series(affine_of(), **T2))
    (record,) = lines(call("predict", "study", "--series", "").stdout)
    (absent,) = lines(call("predict", "absent", "--bids").stdout)

    assert record["error"]["code"] == "other_contrast"
    assert absent["error"]["message"] == "There is no such folder. Check its path."


def test_a_series_is_chosen_by_its_number_and_the_list_is_told(call: Call) -> None:
    files = [
        *as_series(affine_of()),
        *as_series(affine_of(), SeriesInstanceUID="1.2.9"),
        *as_series(affine_of(), **T2, SeriesInstanceUID="1.2.10"),
    ]
    content = as_zip({f"IM{number}": file for number, file in enumerate(files)})
    Path("study.zip").write_bytes(content)
    (refused,) = lines(call("predict", "study.zip").stdout)
    (chosen,) = lines(call("predict", "study.zip", "--series", "3").stdout)

    assert refused["error"]["code"] == "several_series"
    assert len(refused["error"]["series"]) == 3
    assert chosen["error"]["code"] == "other_contrast"


def test_a_terminal_shows_the_stage_of_a_whole_head(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "_usual_format", lambda: Format.table)
    write("study", as_series(affine_of(), **T2))
    environment = {"TTY_COMPATIBLE": "1", "TERM": "xterm", "COLUMNS": "100"}
    result = call("predict", "study", env=environment)

    assert "1/1" in result.stderr
    assert "T2-weighted" in result.stdout


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)]
)
def test_a_stop_leaves_nothing_of_a_head_that_is_worked_on(
    bundle: Path, tmp_path: Path, number: signal.Signals, code: int
) -> None:
    head = draw_average_head().volume
    content = encode_nifti(head.voxels, head.affine, "phantom")
    (tmp_path / "head.nii.gz").write_bytes(content)
    program = [sys.executable, "-m", "alzer.cli", "predict", "head.nii.gz", "-o", "to"]
    environment = {
        **os.environ,
        "ALZER_MODEL": str(bundle),
        "ALZER_ENGINE": "onnxruntime",
        "TTY_COMPATIBLE": "1",  # so that stages are shown
        "TERM": "xterm",
        "COLUMNS": "120",
    }
    process = subprocess.Popen(  # noqa: S603 - our own program
        program,
        cwd=tmp_path,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        bufsize=0,
    )
    assert process.stderr
    shown = b""
    while b"finding the brain" not in shown and (part := process.stderr.read(4096)):
        shown += part
    process.send_signal(number)
    _, rest = process.communicate()

    assert process.returncode == code
    assert b"0 records are complete" in rest
    files = {path.name for path in (tmp_path / "to").rglob("*") if path.is_file()}
    assert files == {"legend.png", "run.json", "predictions.jsonl"}
    assert (tmp_path / "to" / "predictions.jsonl").read_bytes() == b""
