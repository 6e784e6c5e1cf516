"""The model's card says what was measured, and on whom."""

import datetime as dt
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from alzer.classes import CLASS_NAMES
from alzer.evaluation.metrics import People
from alzer.training.card import Outcome, write_card
from alzer.training.cohort import Cohort, LabelledSlice
from alzer.training.recipe import Recipe
from other_data import FACTS_OF_OASIS

# Four people per fold; by name, class, age and probability of no impairment.
FOLDS = {
    0: [("a", 0, 50, 0.9), ("b", 0, 70, 0.8), ("c", 1, 72, 0.3), ("d", 2, 75, 0.4)],
    3: [("e", 0, 55, 0.7), ("f", 0, 80, 0.2), ("g", 1, 61, 0.6), ("h", 3, 60, 0.1)],
}


def held_out(people: list[tuple[str, int, int, float]]) -> People:
    rest = [[healthy, *([(1.0 - healthy) / 3.0] * 3)] for _, _, _, healthy in people]
    return People(
        np.array([each[0] for each in people]),
        np.array([each[1] for each in people], np.int64),
        np.array(rest),
    )


def outcome(source: str | None = None, *, older_by: int = 0) -> Outcome:
    everyone = [each for people in FOLDS.values() for each in people]
    slices = tuple(
        LabelledSlice(Path(f"{name}-{position}.png"), name, label, position)
        for name, label, _, _ in everyone
        for position in range(2)
    )
    cohort = Cohort(
        slices,
        {each[0]: fold for fold, people in FOLDS.items() for each in people},
        {"age": {name: age + older_by for name, _, age, _ in everyone}},
        source=source,
    )
    groups = {fold: held_out(people) for fold, people in FOLDS.items()}
    calibration = {"temperature": 1.25, "thresholds": [0.1, 0.1, 0.1, None]}
    selection = {"inverse_regularisation": None, "on_these_folds": ["Nothing."]}
    gate = {"limit": 2.0, "false_alarms": None}
    person = {"temperature": 1.0, "thresholds": [0.1, None]}
    return Outcome(
        cohort, Recipe(seed=11), groups, calibration, gate, person, selection
    )


@pytest.fixture(scope="module")
def card() -> dict[str, Any]:
    return write_card(outcome("OASIS-1"), "mine", "3")


def test_the_card_is_plain_json_without_nan(card: dict[str, Any]) -> None:
    written = json.dumps(card, allow_nan=False)

    assert json.loads(written) == card


def test_the_card_names_the_model_and_its_making(card: dict[str, Any]) -> None:
    assert (card["name"], card["version"]) == ("mine", "3")
    assert dt.date.fromisoformat(card["created"]) <= dt.datetime.now(dt.UTC).date()
    assert card["recipe"]["seed"] == 11
    assert card["versions"]["torch"].startswith("2.")
    assert 23.4e6 < card["architecture"]["parameters"] < 23.6e6


def test_the_area_counts_pairs_of_people_in_the_right_order(
    card: dict[str, Any],
) -> None:
    # Of 4 x 4 pairs, the impaired one scores higher in all but those of f (0.2
    # healthy, though not impaired) with c, d and g.
    assert card["metrics"]["everyone"]["people"] == 8
    assert card["metrics"]["everyone"]["auc"]["value"] == pytest.approx(13 / 16)


def test_people_of_sixty_and_over_are_scored_apart(card: dict[str, Any]) -> None:
    # b and f against c, d, g and h, who is just sixty.
    older = card["metrics"]["age_60_and_over"]

    assert older["people"] == 6
    assert older["auc"]["value"] == pytest.approx(5 / 8)


def test_every_figure_has_its_interval(card: dict[str, Any]) -> None:
    for cohort in card["metrics"].values():
        for name in ("auc", "accuracy", "balanced_accuracy"):
            figure = cohort[name]
            assert 0.0 <= figure["low"] <= figure["value"] <= figure["high"] <= 1.0


def test_each_fold_has_its_own_area(card: dict[str, Any]) -> None:
    assert card["per_fold"] == {
        "0": {"people": 4, "auc": 1.0},
        "3": {"people": 4, "auc": 0.75},
    }
    assert card["folds"]["unit"] == "person"
    assert card["folds"]["numbers"] == [0, 3]


def test_the_data_are_counted_by_people(card: dict[str, Any]) -> None:
    assert card["data"]["people"] == 8
    assert card["data"]["slices"] == 16
    assert card["data"]["people_per_class"] == dict(
        zip(CLASS_NAMES, (4, 2, 1, 1), strict=True)
    )


def test_what_is_of_oasis_says_so(card: dict[str, Any]) -> None:
    assert "OASIS" in card["data"]["acknowledgement"]
    assert any("under 62" in each for each in card["limitations"])
    assert any("Not a medical device" in each for each in card["limitations"])


def test_what_is_of_another_study_borrows_nothing_of_oasis() -> None:
    card = write_card(outcome(), "mine", "1")

    assert card["baselines"] == []
    assert card["data"]["acknowledgement"] is None
    assert any("Not a medical device" in each for each in card["limitations"])
    assert not FACTS_OF_OASIS.search(" ".join(card["limitations"]))


def test_a_class_without_a_threshold_says_on_how_many_people_it_rests(
    card: dict[str, Any],
) -> None:
    (about,) = [each for each in card["limitations"] if each.startswith("'")]

    assert about.startswith("'Moderate Impairment' rests on 1 person in the training")


def test_a_cohort_without_older_people_has_no_figures_for_them() -> None:
    card = write_card(outcome(older_by=-50), "mine", "1")

    assert card["metrics"]["age_60_and_over"] == {"people": 0}


def test_a_fold_of_one_kind_only_has_no_area() -> None:
    known = outcome()
    alike = {0: held_out(FOLDS[0][:2]), 3: known.held_out[3]}

    card = write_card(replace(known, held_out=alike), "mine", "1")

    assert card["per_fold"]["0"] == {"people": 2, "auc": None}
