"""Records, and names that come out as they went in, or harmless."""

import csv
import io
import json
from pathlib import Path

from alzer.analysis import analyse
from alzer.classes import CLASS_NAMES
from alzer.cli.inputs import Failure
from alzer.cli.records import LAYOUTS, Format, Record, describe, describe_failure
from alzer.conclusion import OUT_OF_DISTRIBUTION
from alzer.model.bundle import load_bundle
from alzer.model.engine import load_model
from bundles import write_bundle
from phantoms import as_png, draw_brain


def test_no_layout_lets_control_characters_through() -> None:
    failure = Failure("empty_file", "It is \x1b[31m empty.")
    record = describe_failure("a\x1b[31m\nb\x9b.png", failure)
    for each in LAYOUTS:
        text = LAYOUTS[each]().row(record).rstrip("\n")

        assert text.isprintable()
        assert "[31m" in text


def test_a_cell_of_a_table_is_no_formula() -> None:
    record = describe_failure("=cmd|' /C calc'!A0", Failure("x", "@SUM(1)"))
    layout = LAYOUTS[Format.csv]()
    (cells,) = csv.DictReader([layout.head(), layout.row(record)])

    assert cells["input"] == "./=cmd|' /C calc'!A0"
    assert cells["error"] == "'@SUM(1)"


def test_no_records_still_make_a_whole_document() -> None:
    documents = {}
    for each in LAYOUTS:
        layout = LAYOUTS[each]()
        documents[each] = layout.head() + layout.tail()

    assert documents[Format.json].split() == ["[", "]"]
    assert documents[Format.jsonl] == ""
    assert documents[Format.csv].startswith(
        "input,prediction,reliable,unreliable_reason,confidence,No Imp"
    )
    assert "not a medical device" in documents[Format.table]


def test_a_failure_has_every_field_of_a_record_and_its_error() -> None:
    record = describe_failure("x.png", Failure("empty_file", "It is empty."))

    assert record["prediction"] is None
    assert record["warnings"] == []
    assert record["error"] == {"code": "empty_file", "message": "It is empty."}


def test_what_can_not_be_relied_on_is_shown_to_people_without_a_class(
    tmp_path: Path,
) -> None:
    bundle = write_bundle(
        tmp_path,
        ood_score=True,
        gate={"limit": -9.0},
        calibration={"thresholds": [0.1, 0.1, 0.1, None]},
    )
    answer = analyse(as_png(draw_brain()), load_model(load_bundle(bundle)))
    record = describe("a.png", answer, None, None)
    table = LAYOUTS[Format.table]()

    row, tail = table.row(record), table.tail()

    assert row.startswith("No reliable answer  ")
    assert row.endswith(f"a.png: {OUT_OF_DISTRIBUTION}\n")
    assert not any(name in row + tail for name in CLASS_NAMES)
    assert "1 x No reliable answer" in tail
    assert OUT_OF_DISTRIBUTION not in tail


def test_programs_get_the_numbers_of_an_unreliable_answer_marked(
    tmp_path: Path,
) -> None:
    bundle = write_bundle(tmp_path, ood_score=True, gate={"limit": -9.0})
    answer = analyse(as_png(draw_brain()), load_model(load_bundle(bundle)))
    record = describe("a.png", answer, None, None)

    (row,) = csv.DictReader(io.StringIO(write(Format.csv, record)))

    assert json.loads(LAYOUTS[Format.jsonl]().row(record)) == record
    assert record["confidence"] == record["class_probabilities"][answer.prediction]
    assert row["reliable"] == "False"
    assert row["unreliable_reason"] == OUT_OF_DISTRIBUTION
    assert float(row["confidence"]) == record["confidence"]


def write(chosen: Format, record: Record) -> str:
    layout = LAYOUTS[chosen]()
    return layout.head() + layout.row(record) + layout.tail()


def test_possible_classes_reach_every_record(tmp_path: Path) -> None:
    bundle = write_bundle(
        tmp_path,
        weights=[0.0] * 4,
        ood_score=True,
        gate={"limit": 9.0},
        calibration={"thresholds": [0.9, 0.1, 0.1, None]},
    )
    answer = analyse(as_png(draw_brain()), load_model(load_bundle(bundle)))

    record = describe("a.png", answer, None, None)

    assert record["possible_classes"] == ["Very Mild Impairment", "Mild Impairment"]
    assert record["reliable"] is True
    assert "Very Mild Impairment; Mild Impairment" in LAYOUTS[Format.csv]().row(record)
    assert "not calibrated" not in LAYOUTS[Format.table]().tail()


def opinion_record(folder: Path, name: str, **facts: object) -> Record:
    section = {
        "measure": "csf_fraction",
        "slice": {"intercept": 5.0, "slope": 1.0},
        "person": {"intercept": 5.0, "slope": 1.0},
    }
    bundle = write_bundle(folder / name, second_opinion=section, **facts)  # type: ignore[arg-type]  # facts of a card
    answer = analyse(as_png(draw_brain()), load_model(load_bundle(bundle)))
    return describe(f"{name}.png", answer, None, None)


def test_a_second_opinion_reaches_every_record(tmp_path: Path) -> None:
    record = opinion_record(tmp_path, "a", weights=[0.0] * 4, biases=[-3.0, 2, 1, 0])
    (row,) = csv.DictReader(io.StringIO(write(Format.csv, record)))

    assert json.loads(LAYOUTS[Format.jsonl]().row(record)) == record
    opinion = record["second_opinion"]
    assert opinion["agrees"] is True
    assert opinion["impairment_probability"] > 0.99
    assert float(row["csf_percent"]) == opinion["csf_percent"]
    probability = float(row["csf_impairment_probability"])
    assert probability == opinion["impairment_probability"]
    assert row["csf_agrees"] == "True"


def test_the_table_counts_second_opinions(tmp_path: Path) -> None:
    table = LAYOUTS[Format.table]()
    for name, first in (("agrees", -9.0), ("disagrees", 9.0), ("again", 9.0)):
        biases = [first, 0.0, 0.0, 0.0]
        table.row(opinion_record(tmp_path, name, weights=[0.0] * 4, biases=biases))

    told = table.tail()

    assert "agrees 1 x, disagrees 2 x, can't be compared 0 x" in told


def test_where_the_evidence_lies_reaches_every_record(tmp_path: Path) -> None:
    bundle = write_bundle(tmp_path)  # bright pixels speak for the first class
    answer = analyse(as_png(draw_brain()), load_model(load_bundle(bundle)))
    record = describe("a.png", answer, None, None)
    (row,) = csv.DictReader(io.StringIO(write(Format.csv, record)))

    assert answer.map_quality is not None
    assert record["map_quality"] == answer.map_quality.fields
    assert row["map_verdict"] == answer.map_quality.verdict
    assert float(row["map_outside"]) == record["map_quality"]["outside"]
    assert json.loads(LAYOUTS[Format.jsonl]().row(record)) == record
    told = write(Format.table, record)
    assert f"1 x {answer.map_quality.verdict}" in told


def test_without_a_second_opinion_nothing_is_said_of_one(tmp_path: Path) -> None:
    bundle = write_bundle(tmp_path)
    answer = analyse(as_png(draw_brain()), load_model(load_bundle(bundle)))
    record = describe("a.png", answer, None, None)

    assert record["second_opinion"] is None
    assert "Second opinion" not in write(Format.table, record)


def test_the_table_shows_the_classes_that_remain_and_whose_the_confidence_is(
    tmp_path: Path,
) -> None:
    bundle = write_bundle(
        tmp_path,
        weights=[0.0] * 4,
        biases=[0.0, 1.0, 0.0, 0.0],
        calibration={"thresholds": [0.1, 0.1, 0.1, None]},
    )
    answer = analyse(as_png(draw_brain()), load_model(load_bundle(bundle)))

    text = write(Format.table, describe("a.png", answer, None, None))

    head, row, *_ = text.splitlines()
    assert row.startswith(
        "No / Very Mild / Mild Impairment  Very Mild Impairment 47.5%"
    )
    assert head.index("input") == row.index("a.png")
