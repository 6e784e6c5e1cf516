"""A model is described by its own card alone."""

from typing import Any

from alzer.model.bundle import read_card, shipped_bundle
from alzer.reports.model_figures import NO_CARD, NO_FIGURES, card_limits, model_facts
from reports.made import CARD

MODEL = {"name": "village", "version": "3", "sha256": "ab", "engine": "openvino"}


def told(card: dict[str, Any]) -> dict[str, str]:
    return {each.name: each.value for each in model_facts(MODEL, card)}


def test_the_figures_are_those_of_the_card() -> None:
    facts = told(CARD)

    assert facts["AUC, impaired or not"].startswith("0.60 (95 % interval 0.41 to 0.79)")
    assert "20 No Impairment, 11 Mild Impairment" in facts["Whom it learnt from"]
    assert facts["Trained on"] == CARD["data"]["source"]
    assert card_limits(CARD) == ("Made up for tests.",)


def test_the_model_that_ships_is_described_for_older_people_too() -> None:
    card = dict(read_card(shipped_bundle()))
    figures = card["metrics"]["age_60_and_over"]

    assert f"{figures['auc']['value']:.2f}" in told(card)["The same, 60 and over"]
    assert str(figures["people"]) in told(card)["The same, 60 and over"]


def test_a_card_without_figures_is_said_to_have_none() -> None:
    assert told({"name": "x"})["How good it is"] == NO_FIGURES
    assert told({})["How good it is"] == NO_CARD


def test_no_interval_is_made_up() -> None:
    card = {"metrics": {"everyone": {"people": 4, "auc": {"value": 0.7}}}}

    assert "interval" not in told(card)["AUC, impaired or not"]
