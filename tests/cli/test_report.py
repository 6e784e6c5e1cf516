"""`alzer report`, as a person calls it."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

from bundles import write_bundle
from reports.made import CARD, text_of, words_of

Call = Callable[..., Result]


def predicted(call: Call, scan: Path, *options: str) -> dict[str, Any]:
    result = call("predict", scan, "--output", "out", "--format", "jsonl", *options)
    assert result.exit_code == 0
    (line,) = Path("out/predictions.jsonl").read_text("utf-8").splitlines()
    record: dict[str, Any] = json.loads(line)
    return record


@pytest.mark.parametrize("suffix", ["pdf", "html"])
def test_a_bundle_becomes_a_report(call: Call, scan: Path, suffix: str) -> None:
    record = predicted(call, scan, "--bundle")
    result = call("report", record["bundle"], "-o", f"r.{suffix}", "--reference", "S<4")
    content = Path(f"r.{suffix}").read_bytes()
    text = text_of(content) if suffix == "pdf" else content.decode()

    assert result.exit_code == 0
    assert record["headline"] in text
    assert ("S<4" if suffix == "pdf" else "S&lt;4") in text
    assert "208 x 176 pixels" in text
    assert scan.name not in text  # a name may be a person's


@pytest.mark.parametrize("suffix", ["pdf", "html"])
def test_a_report_is_written_in_another_language(
    call: Call, scan: Path, suffix: str
) -> None:
    record = predicted(call, scan, "--bundle")
    words = ("-o", f"r.{suffix}", "--language", "de")
    result = call("report", record["bundle"], *words)
    content = Path(f"r.{suffix}").read_bytes()
    text = text_of(content) if suffix == "pdf" else content.decode()
    unknown = call("report", record["bundle"], "-o", "r.html", "--language", "fr")

    assert result.exit_code == 0
    assert "Bericht über eine MRT-Analyse" in text
    assert unknown.exit_code == 2


def test_a_record_becomes_a_report_with_its_heatmap(call: Call, scan: Path) -> None:
    record = predicted(call, scan)
    result = call("report", "out/predictions.jsonl", "-o", "r.html")
    text = Path("r.html").read_text("utf-8")

    assert result.exit_code == 0
    assert record["headline"] in text
    assert "Heatmap Overlay" in text
    assert "Original MRI" not in text  # a record does not hold it
    assert scan.name not in text


def test_of_several_records_one_is_named(call: Call, cohort: Path) -> None:
    call("predict", cohort, "--output", "out", "--format", "json")
    several = call("report", "out/predictions.json", "-o", "r.html")
    name = str(cohort / "3.jpg")
    one = call("report", "out/predictions.json", "-o", "r.html", "--input", name)
    bad = str(cohort / "a-broken.png")
    failed = call("report", "out/predictions.json", "-o", "f.html", "--input", bad)

    assert several.exit_code == 2
    assert "name one with --input" in words_of(several.stderr)
    assert one.exit_code == 0
    assert failed.exit_code == 2
    assert "no answer of an analysis" in words_of(failed.stderr)
    assert not Path("f.html").exists()


def test_the_figures_are_those_of_the_model_that_answered(
    call: Call, scan: Path, tmp_path: Path
) -> None:
    own = write_bundle(tmp_path / "own", **CARD)
    record = predicted(call, scan, "--bundle", "--model", str(own))
    call("report", record["bundle"], "-o", "own.html", "--model", own)
    call("report", record["bundle"], "-o", "other.html")

    assert "31 people" in words_of(Path("own.html").read_text("utf-8"))
    # The two models are the same file; their cards are not.
    assert "31 people" not in words_of(Path("other.html").read_text("utf-8"))


@pytest.mark.parametrize("name", ["r.txt", "r"])
def test_other_forms_are_refused(call: Call, scan: Path, name: str) -> None:
    result = call("report", scan, "-o", name)

    assert result.exit_code == 2
    assert ".pdf or .html" in result.stderr


@pytest.mark.parametrize("content", [b"\xff\xd8 no report", b"PK\x03\x04", b"[]"])
def test_what_is_no_analysis_is_refused(
    call: Call, tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "x").write_bytes(content)
    result = call("report", "x", "-o", "r.html")

    assert result.exit_code == 2
    assert re.search("bundle|record", result.stderr)
    assert not Path("r.html").exists()


def test_where_nothing_can_be_written_that_is_said(call: Call, scan: Path) -> None:
    record = predicted(call, scan, "--bundle")
    result = call("report", record["bundle"], "-o", "nowhere/r.html")

    assert result.exit_code == 1
    assert "can't be written" in result.stderr
