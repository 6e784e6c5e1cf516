"""The one rule for what a person reads first, on every surface but the page itself.

`web/test_page.py` looks at the page in a browser.
"""

import csv
import doctest
import html
import io
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from alzer import headline
from alzer.analysis import Analysis, analyse
from alzer.classes import CLASS_NAMES
from alzer.cli.records import LAYOUTS, Format, describe
from alzer.conclusion import OUT_OF_DISTRIBUTION
from alzer.headline import NO_CLASS_FITS, NO_RELIABLE_ANSWER, choose_headline
from alzer.model.engine import Model
from alzer.web.documents import from_document
from phantoms import as_png, draw_brain
from served import app_that_doubts, app_with, doubt

REASON = "The skull is still on: send the whole scan."
BRAIN = as_png(draw_brain())
NO, VERY_MILD, MILD, MODERATE = CLASS_NAMES


@pytest.fixture
def answer(model: Model) -> Analysis:
    return analyse(BRAIN, model)


def test_the_examples_of_the_documentation_are_right() -> None:
    outcome = doctest.testmod(headline)

    assert outcome.attempted >= 4
    assert outcome.failed == 0


@pytest.mark.parametrize(
    ("prediction", "possible", "text"),
    [
        (NO, None, "No Impairment"),
        (NO, [NO], "No Impairment"),
        (MILD, [VERY_MILD, MILD], "Very Mild Impairment or Mild Impairment"),
        (
            NO,
            [NO, VERY_MILD, MILD],
            "No Impairment, Very Mild Impairment or Mild Impairment",
        ),
        (NO, [], NO_CLASS_FITS),
    ],
)
def test_the_headline_is_the_set_of_classes_that_remain(
    prediction: str, possible: list[str] | None, text: str
) -> None:
    assert choose_headline(prediction, possible, None).text == text


def test_a_predicted_class_that_could_not_be_checked_is_named_too() -> None:
    assert choose_headline(MODERATE, [MILD], None).classes == (MILD, MODERATE)


@pytest.mark.parametrize(
    ("possible", "reason"), [([NO], None), ([], None), ([NO], REASON)]
)
def test_a_headline_says_whether_it_is_of_a_slice_or_of_a_person(
    possible: list[str], reason: str | None
) -> None:
    of_slice = choose_headline(NO, possible, reason)
    of_person = choose_headline(NO, possible, reason, "this person")

    assert of_slice.text == of_person.text
    assert of_slice.sentence == f"For this slice: {of_slice.text}"
    assert of_person.sentence == f"For this person: {of_person.text}"


@pytest.mark.parametrize("possible", [None, [], [NO], [NO, MILD]])
def test_without_a_reliable_answer_no_class_is_named(
    possible: list[str] | None,
) -> None:
    chosen = choose_headline(NO, possible, REASON)

    assert chosen.text == NO_RELIABLE_ANSWER
    assert chosen.classes == ()


@pytest.mark.parametrize(
    ("reliable", "reason"), [(False, None), (True, REASON), (None, REASON)]
)
def test_a_reason_comes_exactly_with_an_unreliable_answer(
    answer: Analysis, *, reliable: bool | None, reason: str | None
) -> None:
    with pytest.raises(ValueError, match="exactly when"):
        replace(answer, reliable=reliable, unreliable_reason=reason)


def stated(answer: dict[str, Any]) -> tuple[object, ...]:
    """Return what stands right beside the prediction, in the document's order."""
    keys = list(answer)
    beside = keys[keys.index("prediction") + 1 :][:3]
    assert beside == ["reliable", "unreliable_reason", "headline"]
    return tuple(answer[key] for key in beside)


def test_every_address_that_names_a_class_says_that_it_is_no_answer(
    model: Model, tmp_path: Path
) -> None:
    with TestClient(app_that_doubts(model, REASON, tmp_path)) as client:
        made = client.post("/predict", files={"file": BRAIN}).json()
        (listed,) = client.get("/analyses").json()["analyses"]
        found = client.get(f"/analyses/{made['analysis_id']}").json()

    for document in (made, listed, found):
        assert stated(document) == (False, REASON, NO_RELIABLE_ANSWER)
        assert document["prediction"] in CLASS_NAMES
        assert sum(map(float, percentages(document))) == pytest.approx(100, abs=0.05)


def percentages(document: dict[str, Any]) -> list[str]:
    return [text.rstrip("%") for text in document["class_probabilities"].values()]


def test_the_documented_answers_have_it_beside_the_prediction(
    model: Model, tmp_path: Path
) -> None:
    with TestClient(app_with(model, data_dir=tmp_path)) as client:
        document = client.get("/openapi.json").json()
        read = html.unescape(client.get("/docs").text)
    naming = [
        schema["properties"]
        for schema in document["components"]["schemas"].values()
        if "prediction" in schema.get("properties", {})
    ]
    examples = re.findall(r"<code>({.+?\n})</code>", read, re.DOTALL)
    shown = [json.loads(text) for text in examples if '"prediction"' in text]

    assert len(naming) == 4  # of slices and heads, made now and before
    assert len(shown) == 3  # of an analysis, read and changed, and of one made now
    for fields in (*naming, *shown):
        stated(fields)


@pytest.mark.parametrize("chosen", LAYOUTS)  # Parquet holds the lines of jsonl
def test_every_format_of_the_command_says_that_it_is_no_answer(
    answer: Analysis, chosen: Format
) -> None:
    record = describe("a.png", doubt(answer, REASON), None, None)
    layout = LAYOUTS[chosen]()
    text = layout.head() + layout.row(record) + layout.tail()

    assert REASON in text
    if chosen is Format.table:
        assert f"{NO_RELIABLE_ANSWER} " in text
        assert answer.prediction not in text
        assert "%" not in text
    elif chosen is Format.csv:
        (row,) = csv.DictReader(io.StringIO(text))
        assert list(row)[:4] == ["input", "prediction", "reliable", "unreliable_reason"]
        assert row["reliable"] == "False"
    else:
        (document,) = json.loads(f"[{text}]" if chosen is Format.jsonl else text)
        assert stated(document) == (False, REASON, NO_RELIABLE_ANSWER)
        assert document["confidence"] == pytest.approx(answer.confidence, abs=1e-6)


def test_page_service_and_command_agree_on_a_reliable_answer(
    answer: Analysis, model: Model, tmp_path: Path
) -> None:
    with TestClient(app_with(model, data_dir=tmp_path)) as client:
        made = client.post("/predict", files={"file": BRAIN}).json()
    record = describe("a.png", answer, None, None)

    assert made["headline"] == record["headline"] == answer.headline.text
    assert made["headline"] == answer.prediction


@pytest.mark.parametrize(
    ("reliable", "warnings", "reason", "text"),
    [
        (True, [], None, MILD),
        (False, ["Unlike the others."], "Unlike the others.", NO_RELIABLE_ANSWER),
        (False, [], OUT_OF_DISTRIBUTION, NO_RELIABLE_ANSWER),
    ],
)
def test_an_answer_kept_by_an_earlier_version_gets_its_headline(
    *, reliable: bool, warnings: list[str], reason: str | None, text: str
) -> None:
    stored = {
        "prediction": MILD,
        "reliable": reliable,
        "warnings": warnings,
        "possible_classes": [MILD] if reliable else None,
    }

    told = from_document(stored)

    assert told["unreliable_reason"] == reason
    assert told["headline"] == text
