"""A bundle's card quotes its evaluation."""

from typing import Any

import pytest

from alzer.errors import InvalidRequest
from alzer.evaluation.card_figures import with_figures
from alzer.evaluation.study import Material, Settings, evaluate
from evaluation.studies import draw_study, draw_subjects

CARD = {
    "name": "drawn",
    "version": "1",
    "model_sha256": "0",
    "baselines": [{"name": "of long ago", "everyone": 0.1, "age_60_and_over": 0.1}],
}


@pytest.fixture(scope="module")
def figures() -> dict[str, Any]:
    subjects = draw_subjects()
    material = Material(draw_study(subjects), subjects, CARD)
    return evaluate(material, Settings(repeats=20, slice_repeats=10))


def test_every_figure_is_that_of_the_evaluation(figures: dict[str, Any]) -> None:
    card = with_figures(CARD, figures)

    for cohort, scores in figures["per_person"].items():
        assert card["metrics"][cohort]["people"] == scores["people"]
        assert card["metrics"][cohort]["auc"] == scores["auc"]
    assert [row["name"] for row in card["baselines"]] == list(figures["baselines"])
    for row in card["baselines"]:
        measured = figures["baselines"][row["name"]]
        for cohort in ("everyone", "age_60_and_over"):
            assert row[cohort] == measured[cohort]["auc"]["value"]
    assert card["limitations"] == figures["limitations"]
    assert card["answers"] == figures["answers"]
    for unit, scores in (("slice", "per_slice"), ("person", "per_person")):
        for cohort, told in figures[scores].items():
            assert card["answers"][unit][cohort]["auc"] == told["auc"]


def test_all_else_stays_and_a_second_time_changes_nothing(
    figures: dict[str, Any],
) -> None:
    card = with_figures(CARD, figures)

    assert {name: card[name] for name in ("name", "version", "model_sha256")} == {
        name: CARD[name] for name in ("name", "version", "model_sha256")
    }
    assert with_figures(card, figures) == card


@pytest.mark.parametrize("change", [0.05, None])
def test_predictions_of_other_networks_are_refused(
    figures: dict[str, Any], change: float | None
) -> None:
    told = dict(figures["per_fold"])
    first = min(told)
    told[first] = None if change is None else told[first] - change
    folds = {fold: {"auc": area} for fold, area in told.items()}

    with pytest.raises(InvalidRequest, match=f"fold {first} are not of the networks"):
        with_figures({**CARD, "per_fold": folds}, figures)


def test_the_networks_that_the_card_describes_are_known_again(
    figures: dict[str, Any],
) -> None:
    folds = {
        fold: {"auc": None if area is None else area - 0.005}
        for fold, area in figures["per_fold"].items()
    }

    assert with_figures({**CARD, "per_fold": folds}, figures)["per_fold"] == folds
