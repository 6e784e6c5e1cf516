"""Names that come out as they went in, or harmless."""

from alzer.cli.inputs import Failure
from alzer.cli.records import LAYOUTS, Format, describe_failure, printable


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
