"""`alzer predict`, called as a person calls it."""

import ast
import csv
import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from typer.testing import Result

from alzer.analysis import analyse
from alzer.classes import CLASS_NAMES
from alzer.cli import predict as command
from alzer.cli.options import read_settings
from alzer.cli.records import Format
from alzer.cli.results import ResultsFolder
from alzer.errors import StorageUnavailable
from alzer.wiring import start_model
from phantoms import as_jpeg, draw_brain

Call = Callable[..., Result]


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_one_slice_gives_one_record_with_what_the_interface_promises(
    call: Call, scan: Path
) -> None:
    result = call("predict", scan)
    (record,) = lines(result.stdout)

    assert result.exit_code == 0
    assert record["input"] == str(scan)
    assert tuple(record["class_probabilities"]) == CLASS_NAMES
    assert sum(record["class_probabilities"].values()) == pytest.approx(1.0, abs=1e-5)
    shares = record["class_probabilities"]
    assert record["confidence"] == shares[record["prediction"]] == max(shares.values())
    assert record["heatmap"] is None
    assert isinstance(record["warnings"], list)
    assert "error" not in record


def test_the_command_answers_as_the_library_does(
    call: Call, scan: Path, bundle: Path
) -> None:
    (record,) = lines(call("predict", scan).stdout)
    answer = analyse(scan.read_bytes(), start_model(read_settings(model=bundle)))

    assert record["prediction"] == answer.prediction
    assert record["confidence"] == pytest.approx(answer.confidence, abs=1e-6)


def test_a_folder_is_walked_and_bad_files_stop_nothing(
    call: Call, cohort: Path
) -> None:
    result = call("predict", cohort)
    records = lines(result.stdout)
    names = [Path(each["input"]).name for each in records]
    failures = {
        Path(each["input"]).name: each["error"]["code"]
        for each in records
        if "error" in each
    }

    assert result.exit_code == 1
    assert names == ["0.jpg"] + [f"{n}.jpg" for n in range(1, 8)] + names[8:]
    assert sorted(names[8:]) == ["0.jpg", "a-broken.png", "z-empty.png"]
    assert failures == {"a-broken.png": "not_an_image", "z-empty.png": "empty_file"}
    assert all(
        each["prediction"] is None and each["error"]["message"]
        for each in records
        if "error" in each
    )


def test_a_batch_answers_as_single_calls_do(call: Call, tmp_path: Path) -> None:
    paths = []
    for seed in range(3):
        paths.append(tmp_path / f"{seed}.jpg")
        paths[-1].write_bytes(
            as_jpeg(draw_brain(seed=seed, ventricle=0.02 * seed + 0.05))
        )
    together = lines(call("predict", *paths).stdout)
    alone = [lines(call("predict", path).stdout)[0] for path in paths]

    assert together == alone


def test_what_cannot_be_read_gets_a_record(call: Call, scan: Path) -> None:
    os.mkfifo("pipe")
    result = call("predict", "absent.png", "pipe", "zero\0byte", scan)
    absent, pipe, zero, good = lines(result.stdout)

    assert result.exit_code == 1
    assert "No such file" in absent["error"]["message"]
    assert {each["error"]["code"] for each in (absent, pipe, zero)} == {
        "unreadable_file"
    }
    assert good["prediction"] in CLASS_NAMES


def test_standard_input_is_a_file_too(call: Call, scan: Path) -> None:
    result = call("predict", "-", input=scan.read_bytes())

    assert result.exit_code == 0
    assert lines(result.stdout)[0]["prediction"] in CLASS_NAMES


def test_output_holds_heatmaps_of_the_original_size_and_their_legend(
    call: Call, scan: Path, tmp_path: Path
) -> None:
    result = call("predict", scan, "--output", "results")
    (record,) = lines(result.stdout)
    heatmap = Path(record["heatmap"])
    picture = np.asarray(Image.open(heatmap))

    assert re.fullmatch(r"results/heatmaps/scan_[0-9a-f]{16}\.png", str(heatmap))
    assert picture.shape == (208, 176, 3)
    assert (tmp_path / "results" / "legend.png").exists()
    assert lines(Path("results/predictions.jsonl").read_text("utf-8")) == [record]
    assert not list(tmp_path.rglob("*.part"))


def test_equal_names_in_different_folders_keep_their_own_heatmaps(
    call: Call, cohort: Path
) -> None:
    result = call("predict", cohort / "0.jpg", cohort / "deep", "-o", "results")
    first, second = (each["heatmap"] for each in lines(result.stdout))

    assert first != second
    assert Path(first).exists()
    assert Path(second).exists()


def test_results_inside_the_folder_are_not_analysed(call: Call, cohort: Path) -> None:
    words = ("predict", cohort, "--output", cohort, "--format", "jsonl")
    first, second = call(*words), call(*words, "--overwrite")

    assert "Left out" not in second.stderr
    assert first.stdout == second.stdout
    assert (cohort / "heatmaps").is_dir()


def test_csv_has_one_column_per_class(call: Call, cohort: Path) -> None:
    result = call("predict", cohort, "--format", "csv", "-o", "results")
    rows = list(csv.DictReader(io.StringIO(result.stdout)))
    good = [row for row in rows if not row["error_code"]]

    assert len(rows) == 11
    assert len(good) == 9
    assert sum(float(good[0][name]) for name in CLASS_NAMES) == pytest.approx(
        1, abs=1e-5
    )
    assert Path("results/predictions.csv").read_text("utf-8") == result.stdout


def test_json_is_one_array(call: Call, cohort: Path) -> None:
    result = call("predict", cohort, "--format", "json", "-o", "results")

    assert len(json.loads(result.stdout)) == 11
    assert json.loads(Path("results/predictions.json").read_text("utf-8"))


def test_a_table_is_for_people_and_becomes_csv_in_the_folder(
    call: Call, cohort: Path
) -> None:
    result = call("predict", cohort, "--format", "table", "-o", "results")

    assert "not a medical device" in result.stdout
    assert "a-broken.png: The file is plain text" in result.stdout
    assert Path("results/predictions.csv").exists()


def test_every_machine_format_comes_with_the_note_on_standard_error(
    call: Call, scan: Path
) -> None:
    result = call("predict", scan)

    assert "not a medical device" in result.stderr
    assert "not calibrated" in result.stderr


def test_an_output_that_cannot_be_written_stops_before_anything_else(
    call: Call, scan: Path
) -> None:
    Path("results").write_text("a file", encoding="utf-8")
    result = call("predict", scan, "--output", "results")

    assert result.exit_code == 1
    assert result.stdout == ""
    assert "Results can't be written" in result.stderr
    assert Path("results").read_text("utf-8") == "a file"


def test_the_prediction_comes_though_its_heatmap_cannot_be_kept(
    call: Call, scan: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> str:
        message = "The disk is full."
        raise StorageUnavailable(message)

    monkeypatch.setattr(ResultsFolder, "save_heatmap", fail)
    result = call("predict", scan, "--output", "results")
    (record,) = lines(result.stdout)
    summary = json.loads(Path("results/run.json").read_text("utf-8"))

    assert result.exit_code == 1
    assert record["prediction"] in CLASS_NAMES
    assert record["heatmap"] is None
    assert record["heatmap_missing_reason"] == "The disk is full."
    assert "1 heatmaps are missing. The disk is full." in result.stderr
    assert summary["heatmaps_not_written"] == 1


def test_no_heat_is_told_and_not_invented(
    call: Call, scan: Path, bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = analyse(scan.read_bytes(), start_model(read_settings(model=bundle)))
    cold = replace(usual, overlay_png=None, no_heatmap_reason="No region spoke.")
    monkeypatch.setattr("alzer.cli.cohort.analyse_many", lambda *_: iter([cold]))
    (record,) = lines(call("predict", scan, "--output", "results").stdout)

    assert record["heatmap"] is None
    assert record["heatmap_missing_reason"] == "No region spoke."


def test_no_path_is_a_wrong_call(call: Call) -> None:
    assert call("predict").exit_code == 2
    assert call("predict", "x.png", "--format", "xml").exit_code == 2


def test_a_damaged_bundle_ends_the_call_with_a_sentence(call: Call, scan: Path) -> None:
    result = call("predict", scan, "--model", "nowhere")

    assert result.exit_code == 1
    assert result.stderr.startswith("alzer: ")
    assert "Traceback" not in result.output


def test_both_engines_answer_alike(call: Call, scan: Path) -> None:
    one, other = (
        lines(call("predict", scan, "--precision", "fp32", "--engine", each).stdout)[0]
        for each in ("openvino", "onnxruntime")
    )

    assert one["model"]["engine"] == "openvino"
    assert other["model"]["engine"] == "onnxruntime"
    assert one["confidence"] == pytest.approx(other["confidence"], rel=1e-4)


def test_what_a_folder_holds_besides_is_told_at_the_end(
    call: Call, cohort: Path
) -> None:
    for name in ("a.pdf", "b.PDF", "notes.docx"):
        (cohort / name).write_bytes(b"")
    result = call("predict", cohort, "--output", "results")
    summary = json.loads(Path("results/run.json").read_text("utf-8"))

    assert "Left out of the folders: 2 x .pdf, 1 x .docx." in result.stderr
    assert summary["left_out"] == {".docx": 1, ".pdf": 2}
    assert (summary["inputs"], summary["failed"]) == (11, 2)
    assert summary["complete"] is True


def test_a_terminal_shows_a_bar_and_gets_a_table(
    call: Call, cohort: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "_usual_format", lambda: Format.table)
    result = call("predict", cohort, env={"TTY_COMPATIBLE": "1", "TERM": "xterm"})

    assert "11/11" in result.stderr
    assert "Research and education" in result.stdout


def test_a_reader_that_leaves_early_is_no_disaster(bundle: Path, cohort: Path) -> None:
    program = [sys.executable, "-m", "alzer.cli", "predict", str(cohort)]
    environment = {**os.environ, "ALZER_MODEL": str(bundle)}
    process = subprocess.Popen(  # noqa: S603 - our own program
        program, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout
    assert process.stderr
    process.stdout.close()
    complaints = process.stderr.read().decode()
    process.stderr.close()

    assert process.wait(timeout=60) == 1
    assert "Traceback" not in complaints
    assert "Exception" not in complaints


def test_a_name_of_any_encoding_survives(call: Call, scan: Path) -> None:
    name = os.fsdecode(b"sc\xffan\n\\n.jpg")
    scan.rename(name)
    (record,) = lines(call("predict", name).stdout)
    table = call("predict", name, "--format", "table").stdout
    (row,) = csv.DictReader(
        io.StringIO(call("predict", name, "--format", "csv").stdout)
    )

    assert record["input"] == name
    assert r"sc\udcffan\n" in table
    assert ast.literal_eval(f"'{row['input']}'") == name
