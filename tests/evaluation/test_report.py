"""The report and the card say what the figures say."""

from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pytest

from alzer.classes import CLASS_NAMES
from alzer.evaluation.further_answers import FurtherAnswers
from alzer.evaluation.limits import limitations
from alzer.evaluation.ood import OWN, KindResult
from alzer.evaluation.report import write_card, write_report
from alzer.evaluation.study import Material, Settings, evaluate
from evaluation.studies import draw_study, draw_subjects
from other_data import FACTS_OF_OASIS

CARD = {
    "name": "drawn<&>",
    "version": "1",
    "data": {"source": "OASIS-1", "acknowledgement": "Thanks."},
    "calibration": {"thresholds": [0.2, 0.2, 0.2, None]},
    "gate": {"limit": 2.0, "false_alarms": 0.012},
}
KINDS = [
    KindResult(kind, "p", "fold-0", ood_score=score, ood_limit=2.0)
    for kind, score in ((OWN, 1.0), ("cats", 3.0))
]


@pytest.fixture(scope="module")
def figures() -> dict[str, Any]:
    subjects = draw_subjects()
    nothing = draw_study(subjects, skill=0.0)
    further = FurtherAnswers(kinds=KINDS)
    material = Material(draw_study(subjects), subjects, CARD)
    return evaluate(
        replace(material, permuted=nothing, leaky=nothing, further=further),
        Settings(repeats=20, slice_repeats=10),
    )


class Checker(HTMLParser):
    """Sees that elements are closed in order, and what they are."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        if tag not in {"meta", "br"}:
            self.open.append(tag)
        for name, value in attrs:
            assert name not in {"src", "onload"}
            assert name != "href" or str(value).startswith("#")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_report_is_one_whole_page(figures: dict[str, Any]) -> None:
    page = write_report(figures)

    checker = Checker()
    checker.feed(page)

    assert checker.open == []
    # Areas, ROC, groups; reliability and coverage of slices and of people.
    assert checker.seen.count("figure") == 7
    assert "drawn&lt;&amp;&gt;" in page
    assert "Not a medical device" in page
    assert write_report(figures) == page


def test_the_card_quotes_the_figures(figures: dict[str, Any]) -> None:
    card = write_card(figures)

    auc = figures["per_person"]["age_60_and_over"]["auc"]
    quoted = f"{auc['value']:.2f} ({auc['low']:.2f} to {auc['high']:.2f})"
    assert f"Age 60 and over: AUC {quoted}." in card
    few = figures["data"]["people_per_class"]["Moderate Impairment"]
    assert f"'Moderate Impairment' rests on {few} people" in card
    assert "Thanks." in card
    assert "1.2 % of them are beyond it" in card
    assert "| Moderate Impairment | too few people: can't be measured |" in card


@pytest.mark.parametrize(
    ("verdict", "words"),
    [
        ("better", "Better than a ruler."),
        ("no clear difference", "No clear difference from a ruler."),
        ("worse", "Worse than a ruler."),
    ],
)
def test_a_difference_is_told_by_its_verdict(
    figures: dict[str, Any], verdict: str, words: str
) -> None:
    gain = {"value": 0.1, "low": -0.2, "high": 0.3, "verdict": verdict}
    ruler = {
        **figures["baselines"]["age"],
        **{
            cohort: {**figures["baselines"]["age"][cohort], "model_minus_this": gain}
            for cohort in ("everyone", "age_60_and_over")
        },
    }

    card = write_card({**figures, "baselines": {"a ruler": ruler}})

    assert card.count(words) == 2
    assert f"+0.10 (-0.20 to +0.30): {verdict} |" in card


def test_the_card_holds_both_calibrations(figures: dict[str, Any]) -> None:
    card = write_card(figures)

    for unit, words in (("slices", "single slices"), ("people", "whole people")):
        after = figures["calibration"][unit]["after"]
        assert (
            f"| {words}, with temperature | {after['log_loss']:.3f} | "
            f"{after['brier']:.3f} | {after['ece']:.3f} |" in card
        )
        for part in after["bins"]:
            line = f"| {100 * part['confidence']:.1f} % | "
            line += f"{100 * part['accuracy']:.1f} % | {part['rows']} |"
            assert line in card
    assert "slice and mirror image" in card


def test_a_study_of_one_fold_says_that_nothing_is_calibrated(
    figures: dict[str, Any],
) -> None:
    before = {
        unit: {"before": figures["calibration"][unit]["before"], "after": None}
        for unit in ("slices", "people")
    }

    card = write_card(
        {
            **figures,
            "calibration": {**figures["calibration"], **before},
            "sets": {"slices": {}, "people": {}},
            "person": {},
        }
    )

    assert "Nothing is calibrated" in card
    assert "Not measured: there is no second fold." in card


def test_the_card_says_what_choosing_may_have_gained(figures: dict[str, Any]) -> None:
    nested = {
        "inverse_regularisation": {
            "candidates": [0.01, 0.1],
            "by_fold": {"0": 0.01, "1": 0.1},
            "everyone": 0.1,
        },
        "on_these_folds": ["Thirty were tried."],
    }

    silent, open_ = write_card(figures), write_card({**figures, "selection": nested})

    assert "does not say what of the recipe was chosen on these folds" in silent
    assert "- Thirty were tried." in open_
    assert "among 0.01 and 0.1" in open_
    assert "(0.01 and 0.1; for the network that ships, 0.1)" in open_
    for card in (silent, open_):
        best = min(way["log_loss"] for way in figures["person"]["poolings"])
        assert f"would read {best:.3f}" in card


def test_what_became_of_each_kind_is_in_the_card(figures: dict[str, Any]) -> None:
    row = "| cats | 1 (1) | 0.0 % | 0.0 % | 100.0 % | 0.0 % | 1.00 |"

    assert row in write_card(figures)


def test_what_was_not_run_is_said(figures: dict[str, Any]) -> None:
    empty = {"permuted": None, "leaky": None}

    card = write_card({**figures, "controls": empty, "ood": None})

    assert "not run (alzer train --control permuted)" in card
    assert "not run (alzer train --control leaky)" in card
    assert "Not measured (alzer evaluate --ood)." in card


def test_permuted_labels_that_are_learnt_are_shouted_about(
    figures: dict[str, Any],
) -> None:
    learnt = {
        "auc": {"value": 0.8, "low": 0.7, "high": 0.9}, "at_chance": False
    }  # fmt: skip

    card = write_card({**figures, "controls": {"permuted": learnt, "leaky": None}})

    assert "WHICH IT MUST NOT" in card


def test_a_report_on_other_data_says_nothing_of_oasis(figures: dict[str, Any]) -> None:
    own = {"source": "Harbour", "acknowledgement": None}
    people = dict(zip(CLASS_NAMES, (40, 30, 20, 30), strict=True))

    card = write_card(
        {
            **figures,
            "data": {**figures["data"], **own, "people_per_class": people},
            "limitations": limitations("Harbour", people, [0.2, 0.2, 0.2, 0.2]),
        }
    )

    limits = card.partition("its limits")[2].partition("## Figures")[0]
    assert "Not a medical device" in limits
    assert not FACTS_OF_OASIS.search(limits)
    assert "OASIS" not in card
