"""The parts of resources."""

from alzer.fhir_r4.codes import BRAIN, own
from alzer.fhir_r4.elements import DISCLAIMER, absent, concept, notes, resource, share


def test_a_concept_reads_as_its_first_code_says() -> None:
    both = concept(own("brain-volume"), BRAIN)

    assert both["text"] == both["coding"][0]["display"]
    assert both["coding"][1]["code"] == "12738006"
    assert concept(text="cortex") == {"text": "cortex"}


def test_a_probability_has_the_unit_one() -> None:
    told = share(0.25)

    assert (told["value"], told["code"]) == (0.25, "1")
    assert told["system"] == "http://unitsofmeasure.org"


def test_what_is_missing_says_why() -> None:
    told = absent("not-performed", "Nobody did it.")

    assert told["text"] == "Nobody did it."
    assert told["coding"][0]["display"] == "Not performed"


def test_no_text_makes_no_note() -> None:
    assert notes([""]) == {}
    assert notes(["a", "", "b"]) == {"note": [{"text": "a"}, {"text": "b"}]}


def test_a_narrative_is_escaped_and_ends_with_the_disclaimer() -> None:
    div = resource("Device", "x", ["a < b & c"])["text"]["div"]

    assert "<p>a &lt; b &amp; c</p>" in div
    assert div.endswith(f"<p>{DISCLAIMER}</p></div>")
