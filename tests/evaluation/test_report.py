"""The report and the card say what the figures say."""

from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pytest

from alzer.classes import CLASS_NAMES
from alzer.evaluation.limits import limitations
from alzer.evaluation.report import write_card, write_report
from alzer.evaluation.study import Material, Settings, evaluate
from evaluation.studies import draw_study, draw_subjects
from other_data import FACTS_OF_OASIS

CARD = {
    "name": "drawn<&>",
    "version": "1",
    "data": {"source": "OASIS-1", "acknowledgement": "Thanks."},
    "calibration": {"least_probabilities": [0.2, 0.2, 0.2, None]},
}
GATE = {
    "limit": 2.0,
    "false_alarms": 0.012,
    "same_class_turned_about": 0.995,
    "kinds": [
        {"kind": "x", "images": 4, "refused": 0.5, "flagged": 1.0, "auroc": 0.99}
    ],
}


@pytest.fixture(scope="module")
def figures() -> dict[str, Any]:
    subjects = draw_subjects()
    nothing = draw_study(subjects, skill=0.0)
    material = Material(draw_study(subjects), subjects, CARD)
    return evaluate(
        replace(material, permuted=nothing, leaky=nothing, gate=GATE),
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
    assert checker.seen.count("figure") == 5
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
    assert "1.2 % of them are flagged" in card
    assert "Turned by 180 degrees, 99.5 % of the slices keep their class." in card
    assert "| Moderate Impairment | too few | can't be measured |" in card


def test_a_model_that_is_beaten_says_so(figures: dict[str, Any]) -> None:
    gain = {"value": -0.1, "low": -0.2, "high": 0.1}
    better = {**figures["baselines"]["age"]}
    better["everyone"] = {**better["everyone"], "model_minus_this": gain}

    card = write_card({**figures, "baselines": {"a ruler": better}})

    assert "It does not beat a ruler." in card


def test_what_was_not_run_is_said(figures: dict[str, Any]) -> None:
    empty = {"permuted": None, "leaky": None}

    card = write_card({**figures, "controls": empty, "gate": None})

    assert "not run (alzer train --control permuted)" in card
    assert "not run (alzer train --control leaky)" in card
    assert "Not measured." in card


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
