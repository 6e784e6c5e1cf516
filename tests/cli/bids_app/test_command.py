"""`alzer bids`, called as a person or a cluster calls it."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from alzer import __version__
from alzer.cli.app import app
from alzer.cli.bids_app.validation import find_errors
from bids_sets import cube_nifti, head_nifti, write_data_set
from logged import logging_kept
from slabs import read_nifti

Call = Callable[..., Result]


def environment(bundle: Path) -> dict[str, str]:
    return {"ALZER_MODEL": str(bundle), "ALZER_ENGINE": "onnxruntime"}


def program(bundle: Path, *words: str | Path, **more: str) -> "subprocess.Popen[bytes]":
    """Start the program as a job of a cluster is started."""
    return subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-m", "alzer.cli", "bids", *map(str, words)],
        env={**os.environ, **environment(bundle), **more},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        bufsize=0,
    )


@dataclass(frozen=True)
class Study:
    """A data set with a head and a cube, and what became of it.

    Attributes:
        data_set: The folder.
        output: That of the results.
        before: What the data set held before anything was called.
        killed: How the first call ended, which was killed in the middle of a head.
        left: The records that it left.
        run: The call that analysed the rest.
        again: The same call once more.
        group: The call for the group level.
    """

    data_set: Path
    output: Path
    before: list[Path]
    killed: int
    left: list[Path]
    run: Result
    again: Result
    group: Result

    def record(self, place: str) -> Any:  # noqa: ANN401 - any JSON
        return json.loads((self.output / place).read_text("utf-8"))


@pytest.fixture(scope="module")
def study(bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Study:
    """Kill a job in the middle of a head, go on with it, and gather the results."""
    folder = tmp_path_factory.mktemp("study")
    images = {"sub-01_ses-1": head_nifti(), "sub-02": cube_nifti()}
    data_set, output = write_data_set(folder / "set", images), folder / "out"
    before = sorted(data_set.rglob("*"))
    words = (data_set, output, "participant", "--skip_bids_validation")
    shown = {"TTY_COMPATIBLE": "1", "TERM": "xterm", "COLUMNS": "120"}
    job = program(bundle, *words, **shown)
    assert job.stderr
    told = b""
    while b"finding the brain" not in told and (part := job.stderr.read(4096)):
        told += part
    job.kill()
    job.communicate()
    left = list(output.rglob("*_prediction.json"))

    def call(*further: str | Path) -> Result:
        texts = [str(word) for word in further]
        with logging_kept():
            return CliRunner().invoke(
                app, ["bids", *texts], env=environment(bundle), catch_exceptions=False
            )

    run, again = call(*words[:3]), call(*words)
    group = call(data_set, output, "group", "--skip-bids-validation")
    return Study(data_set, output, before, job.returncode, left, run, again, group)


def test_a_killed_run_goes_on_and_a_bad_scan_is_a_record(study: Study) -> None:
    head = study.record("sub-01/ses-1/anat/sub-01_ses-1_prediction.json")
    cube = study.record("sub-02/anat/sub-02_prediction.json")

    assert study.killed == -signal.SIGKILL
    assert study.left == []
    assert study.run.exit_code == 1
    assert head["participant"] == "sub-01"
    assert head["preparation"]["quality"] in {"good", "check"}
    assert cube["error"]["code"]
    assert cube["input"] == "bids:raw:sub-02/anat/sub-02_T1w.nii.gz"
    assert not list(study.output.rglob("*.nii.gz.part"))


def test_the_same_call_passes_over_answers_and_tries_failures_again(
    study: Study,
) -> None:
    assert "1 of 2 images have a result already" in study.again.stderr
    assert "sub-01" not in study.again.stdout
    assert "sub-02" in study.again.stdout


def test_nothing_is_written_into_the_data_set(study: Study) -> None:
    assert sorted(study.data_set.rglob("*")) == study.before


def test_the_results_of_both_levels_are_a_valid_data_set(study: Study) -> None:
    assert study.group.exit_code == 0
    assert (study.output / "group_alzer.html").is_file()
    assert [error.words for error in find_errors(study.output)] == []


def test_images_say_what_they_were_made_of_and_in_which_unit(study: Study) -> None:
    head = study.record("sub-01/ses-1/anat/sub-01_ses-1_prediction.json")
    for field in ("evidence_nifti", "brain_mask_nifti", "scan_nifti"):
        told = study.record(head[field].replace(".nii.gz", ".json"))

        assert told["Sources"] == [head["input"]]
        assert told["SpatialReference"] == "orig"
    evidence = study.record(head["evidence_nifti"].replace(".nii.gz", ".json"))
    assert evidence["Units"] == "logit"
    values, _, _ = read_nifti((study.output / head["evidence_nifti"]).read_bytes())
    mask, _, _ = read_nifti((study.output / head["brain_mask_nifti"]).read_bytes())
    assert values.shape == mask.shape
    assert (study.output / head["planes"]).is_file()


def test_logs_name_nobody(study: Study) -> None:
    logs = [path.read_text("utf-8") for path in (study.output / "logs").iterdir()]

    assert [json.loads(log)["outcome"] for log in logs].count("complete") == 3
    assert not [
        log for log in logs if "sub-" in log or "/" in log.replace("+00:00", "")
    ]
    assert any(json.loads(log)["counts"].get("failed") == 1 for log in logs)


def test_the_table_has_a_row_for_each_scan(study: Study) -> None:
    heading, *lines = (study.output / "group_alzer.tsv").read_text("utf-8").splitlines()
    rows = [
        dict(zip(heading.split("\t"), line.split("\t"), strict=True)) for line in lines
    ]
    told = study.record("group_alzer.json")

    assert [(row["participant_id"], row["session_id"]) for row in rows] == [
        ("sub-01", "ses-1"), ("sub-02", "n/a"),
    ]  # fmt: skip
    assert set(told) == set(heading.split("\t"))
    assert (
        rows[1]["error_code"]
        == study.record("sub-02/anat/sub-02_prediction.json")["error"]["code"]
    )


def test_an_answer_of_another_image_is_replaced(study: Study, call: Call) -> None:
    image = study.data_set / "sub-02" / "anat" / "sub-02_T1w.nii.gz"
    place = study.output / "sub-02" / "anat" / "sub-02_prediction.json"
    before = json.loads(place.read_text("utf-8"))
    image.write_bytes(b"no image")
    words = (study.data_set, study.output, "participant", "--skip-bids-validation")
    call("bids", *words, "--participant-label", "02")
    after = json.loads(place.read_text("utf-8"))
    image.write_bytes(cube_nifti())

    assert after["source_sha256"] != before["source_sha256"]
    assert after["error"]["code"] == "not_an_image"


def test_files_that_could_not_be_written_are_written_by_the_next_call(
    call: Call, tmp_path: Path
) -> None:
    data_set = write_data_set(tmp_path / "set", {"sub-01": head_nifti()})
    folder = tmp_path / "out" / "sub-01" / "anat"
    places = [
        folder / f"sub-01_desc-{kind}evidence_statmap.nii.gz"
        for kind in ("", "unreliable")
    ]
    for place in places:
        place.mkdir(parents=True)  # in the way
    earlier = folder / "sub-01_desc-brain_mask.nii.gz"
    earlier.write_bytes(b"of an earlier answer")
    words = ("bids", data_set, tmp_path / "out", "participant")
    first = call(*words, "--skip-bids-validation")
    stayed = earlier.exists()
    for place in places:
        place.rmdir()
    second = call(*words, "--skip-bids-validation")
    third = call(*words, "--skip-bids-validation")

    assert (first.exit_code, second.exit_code, third.exit_code) == (1, 0, 0)
    assert stayed
    assert sum(place.is_file() for place in places) == 1
    assert "have a result already" not in second.stderr
    assert "1 of 1 images have a result already" in third.stderr


def test_jobs_for_different_participants_do_not_disturb_one_another(
    bundle: Path, tmp_path: Path
) -> None:
    people = ("01", "02", "03")
    images = {f"sub-{label}": cube_nifti() for label in people}
    data_set = write_data_set(tmp_path / "set", images)
    common = (data_set, tmp_path / "out", "participant", "--skip-bids-validation")
    jobs = [program(bundle, *common, "--participant-label", label) for label in people]
    ended = [job.communicate() for job in jobs]

    assert [job.returncode for job in jobs] == [1, 1, 1], ended
    found = sorted((tmp_path / "out").glob("sub-*/anat/*_prediction.json"))
    assert [path.parts[-3] for path in found] == ["sub-01", "sub-02", "sub-03"]
    assert len(list((tmp_path / "out" / "logs").iterdir())) == 3


def test_a_data_set_that_is_not_valid_is_refused(call: Call, tmp_path: Path) -> None:
    data_set = write_data_set(tmp_path / "set", {"sub-01": b"no image"})
    words = ("bids", data_set, tmp_path / "out", "participant")
    refused = call(*words, "-w", tmp_path / "work")

    assert refused.exit_code == 2
    assert "NIFTI_HEADER_UNREADABLE: /sub-01/anat/sub-01_T1w.nii.gz" in refused.stderr
    assert not (tmp_path / "out").exists()
    assert (tmp_path / "work" / "bids-validation.json").is_file()


@pytest.mark.parametrize("output", ["set", "set/results", "set/derivatives"])
def test_results_do_not_go_among_the_data(
    call: Call, tmp_path: Path, output: str
) -> None:
    write_data_set(tmp_path / "set", {})
    refused = call("bids", "set", output, "participant", "--skip-bids-validation")

    assert refused.exit_code == 2
    assert "OUTPUT_DIR lies in the data set" in refused.stderr


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("absent", "out", "participant"), "no folder BIDS_DIR"),
        (("set", "out", "participant", "-w", "set/work"), "work folder lies in"),
        (("set", "out", "participant"), "No T1-weighted image"),
        (("set", "out", "participant", "--participant-label", "9"), "not in the data"),
        (("set", "out", "group"), "holds no results"),
        (("set", "out", "everything"), "everything"),
    ],
)
def test_a_wrong_call_is_refused_with_what_to_do(
    call: Call, tmp_path: Path, words: tuple[str, ...], told: str
) -> None:
    write_data_set(tmp_path / "set", {})
    refused = call("bids", *words, "--skip-bids-validation")

    assert refused.exit_code == 2
    assert told in refused.stderr


def test_a_result_that_is_damaged_is_told_at_the_group_level(
    call: Call, tmp_path: Path
) -> None:
    write_data_set(tmp_path / "set", {})
    place = tmp_path / "out" / "sub-01" / "anat" / "sub-01_prediction.json"
    place.parent.mkdir(parents=True)
    place.write_text('{"input": "x"}', "utf-8")
    refused = call("bids", "set", "out", "group", "--skip-bids-validation")

    assert refused.exit_code == 2
    assert "can't be read" in refused.stderr


def test_a_stop_is_told_by_the_exit_code_and_in_the_log(
    bundle: Path, tmp_path: Path
) -> None:
    data_set = write_data_set(tmp_path / "set", {"sub-01": head_nifti()})
    shown = {"TTY_COMPATIBLE": "1", "TERM": "xterm", "COLUMNS": "120"}
    words = (data_set, tmp_path / "out", "participant", "--skip-bids-validation")
    job = program(bundle, *words, **shown)
    assert job.stderr
    told = b""
    while b"finding the brain" not in told and (part := job.stderr.read(4096)):
        told += part
    job.send_signal(signal.SIGTERM)
    job.communicate()
    (log,) = (tmp_path / "out" / "logs").iterdir()

    assert job.returncode == 143
    assert json.loads(log.read_text("utf-8"))["outcome"] == "stopped"
    assert not list((tmp_path / "out").glob("sub-*"))


def test_it_tells_its_version(call: Call) -> None:
    assert call("bids", "--version").stdout == f"alzer {__version__}\n"
