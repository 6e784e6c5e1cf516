"""What is told of an analysis, from wherever it comes."""

import pytest

from alzer.analysis import Analysis
from alzer.errors import InvalidRequest
from alzer.fhir_r4.told import read_source
from alzer.model.bundle import load_bundle, shipped_bundle
from alzer.reports.sources import Source, source_of_analysis


def test_probabilities_have_all_their_digits(analysed: Analysis) -> None:
    told = read_source(source_of_analysis(analysed))

    assert told.probabilities == analysed.class_probabilities


def test_percent_will_do_where_nothing_else_is_known() -> None:
    names = ("No", "Very Mild", "Mild", "Moderate")
    percent = {f"{name} Impairment": "25.00%" for name in names}
    told = read_source(Source({"class_probabilities": percent, "headline": "x"}))

    assert set(told.probabilities.values()) == {0.25}


@pytest.mark.parametrize(
    "answer",
    [{}, {"headline": "x"}, {"headline": "x", "class_probabilities": {"No": 1.0}}],
)
def test_what_is_no_answer_is_refused(answer: dict[str, object]) -> None:
    with pytest.raises(InvalidRequest, match="no answer"):
        read_source(Source(answer))


def test_the_same_analysis_has_the_same_identity(analysed: Analysis) -> None:
    first = read_source(source_of_analysis(analysed))
    again = read_source(source_of_analysis(analysed))
    other = read_source(source_of_analysis(analysed, ["ab" * 32]))

    assert first.identity == again.identity != other.identity
    assert first.identity_of("a") != first.identity_of("b")


def test_the_card_of_the_model_says_what_was_not_checked(analysed: Analysis) -> None:
    card = load_bundle(shipped_bundle()).card
    own = read_source(source_of_analysis(analysed, card=card))
    other = read_source(source_of_analysis(analysed, card={"model_sha256": "0"}))

    assert own.unchecked == {"Moderate Impairment"}
    assert other.unchecked == set()
