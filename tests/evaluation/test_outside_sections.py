"""The card and the report say of other slices what the figures say."""

from typing import Any

import pytest

from alzer.evaluation.card_sections import with_sections
from alzer.evaluation.layout import as_html, as_markdown
from alzer.evaluation.outside import EVERYONE, SliceAnswer
from alzer.evaluation.outside_figures import outside_figures
from alzer.evaluation.outside_plots import draw_outside, draw_robustness
from alzer.evaluation.outside_sections import describe_outside
from alzer.evaluation.predictions import HeldOut
from alzer.evaluation.robustness import ORIGINAL, AlteredResult
from alzer.evaluation.robustness_figures import robustness_figures
from alzer.evaluation.robustness_sections import describe_robustness
from evaluation.sessions import PLAIN, draw_visits, results_of


@pytest.fixture(scope="module")
def outside() -> dict[str, Any]:
    return outside_figures(results_of(draw_visits()), PLAIN, repeats=50)


@pytest.fixture(scope="module")
def robustness() -> dict[str, Any]:
    def answer(logit: float) -> SliceAnswer:
        return SliceAnswer((logit, 0.0, -9.0, -9.0), 1.0, 2.0, 0.2)

    results = [
        AlteredResult(f"p{place}", 5, EVERYONE, name, answer(logit))
        for place in range(10)
        for name, logit in ((ORIGINAL, 1.0), ("shift", -1.0 if place < 3 else 1.0))
    ]
    return robustness_figures(results, PLAIN, HeldOut((), (), (), ()))


def test_the_section_of_outside_quotes_its_figures(outside: dict[str, Any]) -> None:
    text = as_markdown("card", [describe_outside(outside)])

    auc = outside["predictors"]["this model"]["auc_per_person"]
    assert f"{auc['value']:.2f} ({auc['low']:.2f} to {auc['high']:.2f})" in text
    verdict = outside["predictors"]["CSF fraction"]["model_minus_this"]["verdict"]
    assert f"Against CSF fraction, per person: {verdict}" in text
    assert "mean of their sessions" in text
    assert "impaired if they are at any visit" in text
    assert "ICC(1,1), one-way random effects" in text


def test_the_table_of_alterations_quotes_its_figures(
    robustness: dict[str, Any],
) -> None:
    text = as_markdown("card", [describe_robustness(robustness)])

    # Wilson's interval of 3 in 10; the odds change from e to 1 / e in 3 people.
    assert "| shift | 10 | 3 | 30.0 % (10.8 % to 60.3 %) | 0.000 | 0.462 |" in text


def test_both_are_drawn_where_people_look(
    outside: dict[str, Any], robustness: dict[str, Any]
) -> None:
    pictures = {**draw_outside(outside), **draw_robustness(robustness)}
    sections = [describe_outside(outside), describe_robustness(robustness)]

    page = as_html(sections, pictures)

    assert page.count("<svg") == len(pictures) == 3
    assert draw_outside(outside) == draw_outside(outside)


def test_what_was_not_measured_is_said_and_not_drawn() -> None:
    text = as_markdown("card", [describe_outside(None), describe_robustness(None)])

    assert "alzer evaluate --outside" in text
    assert "alzer evaluate --robustness" in text
    assert draw_outside(None) == draw_robustness(None) == {}


def test_a_bundles_card_gets_figures_and_keeps_the_rest(
    outside: dict[str, Any],
) -> None:
    card = {"name": "a", "outside": {"old": 1}, "robustness": {"old": 1}, "ood": {}}

    figures = {"outside": outside, "robustness": None, "ood": None}
    renewed = with_sections(card, figures)

    assert renewed["name"] == "a"
    assert renewed["outside"]["predictors"] == outside["predictors"]
    assert "curves" not in renewed["outside"]
    assert not renewed.keys() & {"robustness", "ood"}
