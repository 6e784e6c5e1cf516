"""Calls that end early, as real processes: nothing is lost, and they go on."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

from alzer.cli.records import Format
from bundles import write_bundle
from phantoms import as_dicom, as_jpeg, draw_brain
from waiting import wait_until

Call = Callable[..., Result]

# While it waits for standard input, which is the last of these, the program has
# analysed the batch of the first eight and written it down.
SLICES_BEFORE = 24
WRITTEN = 8


@pytest.fixture
def words(tmp_path: Path) -> list[str]:
    """Name slices, one that can't be read, and standard input among them."""
    content = [as_jpeg(draw_brain(seed=seed)) for seed in range(3)]
    content += [as_dicom(draw_brain()), b"no picture"]
    names = []
    for index in range(SLICES_BEFORE + 5):
        names.append(f"{index}.img" if index % 2 else f"{index}.jpg")
        (tmp_path / names[-1]).write_bytes(content[index % len(content)])
    names.insert(SLICES_BEFORE, "-")
    return ["predict", *names, "--output", "results"]


@pytest.fixture
def start(
    bundle: Path, tmp_path: Path
) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Start the program in a folder of its own; it reads what it is fed."""
    environment = {
        **os.environ,
        "ALZER_MODEL": str(bundle),
        "ALZER_ENGINE": "onnxruntime",
    }
    started = []

    def run(words: list[str]) -> subprocess.Popen[bytes]:
        pipes: dict[str, Any] = dict.fromkeys(
            ("stdin", "stdout", "stderr"), subprocess.PIPE
        )
        command = [sys.executable, "-m", "alzer.cli", *words]
        started.append(
            subprocess.Popen(  # noqa: S603 - our own program
                command, cwd=tmp_path, env=environment, **pipes
            )
        )
        return started[-1]

    yield run
    for process in started:
        process.kill()
        process.communicate()


def wait_until_written(path: Path) -> None:
    wait_until(lambda: path.exists() and path.read_bytes().count(b".jpg") >= 4)
    wait_until(lambda: path.read_bytes().count(b".img") >= 4)


@pytest.mark.parametrize("kind", [Format.json, Format.jsonl, Format.csv])
def test_a_killed_call_goes_on_and_ends_as_if_nothing_had_been(
    start: Callable[..., subprocess.Popen[bytes]],
    call: Call,
    words: list[str],
    kind: Format,
) -> None:
    standard_input = as_jpeg(draw_brain(seed=7))
    words += ["--format", kind]
    results, resumed = Path("results"), Path("resumed")
    killed = start(words)
    wait_until_written(results / f"predictions.{kind}.part")
    killed.kill()
    killed.communicate()
    with (results / f"predictions.{kind}.part").open("ab") as file:
        file.write(b"half a li")
    second = call(*words, "--resume", input=standard_input)
    results.rename(resumed)
    whole = call(*words, input=standard_input)
    files = sorted(each.relative_to(results) for each in results.rglob("*.*"))

    assert second.exit_code == whole.exit_code == 1, second.stderr
    assert len(second.stdout) < len(whole.stdout)
    assert files == sorted(each.relative_to(resumed) for each in resumed.rglob("*.*"))
    for name in files:
        assert (resumed / name).read_bytes() == (results / name).read_bytes(), name


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)]
)
def test_a_call_that_is_asked_to_end_closes_its_files(
    start: Callable[..., subprocess.Popen[bytes]],
    words: list[str],
    tmp_path: Path,
    number: signal.Signals,
    code: int,
) -> None:
    process = start([*words, "--format", "json"])
    wait_until_written(tmp_path / "results" / "predictions.json.part")
    process.send_signal(number)
    shown, said = process.communicate()
    kept = json.loads((tmp_path / "results/predictions.json").read_text("utf-8"))
    summary = json.loads((tmp_path / "results/run.json").read_text("utf-8"))

    assert process.returncode == code
    assert b"8 records are complete. The same call with --resume" in said
    assert b"Traceback" not in said
    assert len(kept) == len(json.loads(shown)) == WRITTEN
    assert summary["complete"] is False


def test_a_second_call_is_refused_and_costs_nothing(call: Call, cohort: Path) -> None:
    call("predict", cohort, "--output", "results", "--format", "csv")
    before = Path("results/predictions.csv").read_bytes()
    second = call("predict", cohort, "--output", "results", "--format", "csv")

    assert second.exit_code == 2
    assert "--resume" in second.stderr
    assert "--overwrite" in second.stderr
    assert second.stdout == ""
    assert Path("results/predictions.csv").read_bytes() == before


def test_resuming_a_finished_call_adds_what_is_new(
    call: Call, cohort: Path, scan: Path
) -> None:
    call("predict", cohort, "--output", "results")
    before = Path("results/predictions.jsonl").read_text("utf-8")
    (cohort / "z-new.jpg").write_bytes(scan.read_bytes())
    (cohort / "a-new.jpg").write_bytes(b"no picture")
    result = call("predict", cohort, "--output", "results", "--resume")

    assert result.exit_code == 1
    assert len(result.stdout.splitlines()) == 2
    assert Path("results/predictions.jsonl").read_text("utf-8") == before + (
        result.stdout
    )


def test_resuming_where_there_is_nothing_begins(call: Call, scan: Path) -> None:
    result = call("predict", scan, "--output", "results", "--resume")

    assert result.exit_code == 0
    assert Path("results/predictions.jsonl").read_text("utf-8") == result.stdout


@pytest.mark.parametrize(
    "options", [["--resume"], ["--overwrite"], ["-o", "x", "--resume", "--overwrite"]]
)
def test_options_that_make_no_sense_are_a_wrong_call(
    call: Call, scan: Path, options: list[str]
) -> None:
    assert call("predict", scan, *options).exit_code == 2


def test_another_model_is_refused_in_one_sentence(
    call: Call, scan: Path, tmp_path: Path
) -> None:
    other = write_bundle(tmp_path / "other", weights=[1.0, 2.0, 3.0, 4.0])
    call("predict", scan, "--output", "results")
    result = call("predict", scan, "-o", "results", "--resume", "--model", other)

    assert result.exit_code == 2
    assert len(result.stderr.splitlines()) == 1
    assert "another model" in result.stderr
