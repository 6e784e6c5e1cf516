"""Records, and names that come out as they went in, or harmless."""

import json
from pathlib import Path

from alzer.analysis import OUT_OF_DISTRIBUTION, analyse
from alzer.cli.inputs import Failure
from alzer.cli.records import LAYOUTS, Format, describe, describe_failure, printable
from alzer.model.bundle import load_bundle
from alzer.model.engine import load_model
from bundles import write_bundle
from phantoms import as_png, draw_brain


def test_control_characters_do_not_reach_the_terminal() -> None:
    assert printable("a\x1b[31m\nb\udcff\u00e9") == "a\\x1b[31m\\nb\\udcff\u00e9"


def test_no_records_still_make_a_whole_document() -> None:
    documents = {}
    for each in Format:
        layout = LAYOUTS[each]()
        documents[each] = layout.head() + layout.tail()

    assert documents[Format.json].split() == ["[", "]"]
    assert documents[Format.jsonl] == ""
    assert documents[Format.csv].startswith("input,prediction,confidence,No Imp")
    assert "not a medical device" in documents[Format.table]


def test_a_failure_has_every_field_of_a_record_and_its_error() -> None:
    record = describe_failure("x.png", Failure("empty_file", "It is empty."))

    assert record["prediction"] is None
    assert record["warnings"] == []
    assert record["error"] == {"code": "empty_file", "message": "It is empty."}


def test_what_can_not_be_relied_on_is_said_without_a_number(tmp_path: Path) -> None:
    bundle = write_bundle(
        tmp_path,
        ood_score=True,
        gate={"limit": -9.0},
        calibration={"least_probabilities": [0.1, 0.1, 0.1, None]},
    )
    answer = analyse(as_png(draw_brain()), load_model(load_bundle(bundle)))
    record = describe("a.png", answer, None, None)

    row = LAYOUTS[Format.table]().row(record)
    csv_row = LAYOUTS[Format.csv]().row(record)

    assert record["confidence"] is None
    assert record["reliable"] is False
    assert json.loads(LAYOUTS[Format.jsonl]().row(record))["prediction"]
    assert "%" not in row
    assert row.index(OUT_OF_DISTRIBUTION) < row.index(answer.prediction)
    assert ",False," in csv_row


def test_possible_classes_reach_every_record(tmp_path: Path) -> None:
    bundle = write_bundle(
        tmp_path,
        weights=[0.0] * 4,
        ood_score=True,
        gate={"limit": 9.0},
        calibration={"least_probabilities": [0.9, 0.1, 0.1, None]},
    )
    answer = analyse(as_png(draw_brain()), load_model(load_bundle(bundle)))

    record = describe("a.png", answer, None, None)

    assert record["possible_classes"] == ["Very Mild Impairment", "Mild Impairment"]
    assert record["reliable"] is True
    assert "Very Mild Impairment; Mild Impairment" in LAYOUTS[Format.csv]().row(record)
    assert "not calibrated" not in LAYOUTS[Format.table]().tail()
