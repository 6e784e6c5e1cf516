"""Verdicts in the words of a report."""

from dataclasses import replace

import pytest

from alzer.analysis import Analysis
from alzer.reports.report import Verdict
from alzer.reports.sources import source_of_analysis
from alzer.reports.verdicts import find_verdicts
from alzer.second_opinion import SecondOpinion


def verdicts(analysis: Analysis) -> dict[str, Verdict]:
    source = source_of_analysis(analysis)
    found = find_verdicts(source, analysis.label, has_heatmap=True)
    return {each.name: each for each in found}


@pytest.mark.parametrize(
    ("reliable", "level"), [(True, "good"), (None, "unknown"), (False, "bad")]
)
def test_reliability_comes_first(
    analysed: Analysis,
    reliable: bool | None,  # noqa: FBT001 - a case
    level: str,
) -> None:
    reason = "It is a photograph." if reliable is False else None
    told = verdicts(replace(analysed, reliable=reliable, unreliable_reason=reason))

    assert next(iter(told)) == "Reliability of the answer"
    assert told["Reliability of the answer"].level == level


def test_where_the_evidence_lies_is_judged_as_by_the_analysis(
    analysed: Analysis,
) -> None:
    quality = analysed.map_quality
    assert quality is not None
    told = verdicts(analysed)["Where the evidence lies"]

    assert told.verdict == quality.verdict
    assert told.sentences[0] == quality.text


@pytest.mark.parametrize(
    ("agrees", "words"),
    [(True, "agrees"), (False, "disagrees"), (None, "can't be compared")],
)
def test_the_second_opinion_is_told_with_its_caveat(
    analysed: Analysis,
    agrees: bool | None,  # noqa: FBT001 - a case
    words: str,
) -> None:
    opinion = SecondOpinion(29.3, 0.66, agrees, "A measure.", "Not a diagnosis.")
    told = verdicts(replace(analysed, second_opinion=opinion))["Second opinion"]

    assert told.verdict == words
    assert told.sentences == ("A measure.", "Not a diagnosis.")


def test_without_one_there_is_no_second_opinion(analysed: Analysis) -> None:
    assert "Second opinion" not in verdicts(replace(analysed, second_opinion=None))


def test_a_doubtful_preparation_gives_its_reasons(head: Analysis) -> None:
    prepared = head.preparation
    assert prepared is not None
    quality = replace(
        prepared.quality, verdict="check", reasons=("The brain is cut off.",)
    )
    doubted = replace(head, preparation=replace(prepared, quality=quality))
    told = verdicts(doubted)["Preparation of the head"]

    assert told.level == "doubt"
    assert told.sentences == ("The brain is cut off.",)
