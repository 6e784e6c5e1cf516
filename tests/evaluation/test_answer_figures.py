"""What is told beside an answer is what was seen of people held out."""

from typing import Any

import numpy as np
import pytest

from alzer.evaluation.answer_figures import (
    MIN_PEOPLE_PER_RANGE,
    answer_figures,
    effective_people,
)
from alzer.evaluation.calibration import SliceLimits, Slices
from alzer.evaluation.cross_fitting import CrossFitted, as_people
from alzer.evaluation.person import FoldPeople
from alzer.model.person import PersonLimits

NO, VERY_MILD = (0.7, 0.2, 0.1, 0.0), (0.2, 0.7, 0.1, 0.0)
SCORES = {"auc": {"value": 0.8, "low": 0.7, "high": 0.9}, "ece": {"value": 0.03}}


def rows(subjects: list[str], labels: list[int], shares: list[Any]) -> Slices:
    return Slices(np.array(subjects), np.array(labels), np.array(shares))


def figures_of(slices: Slices, people: Slices, *, folds: int = 2) -> dict[str, Any]:
    limits = ((SliceLimits(),) * folds, (PersonLimits(),) * folds)
    own = (FoldPeople(slices, None),) * folds
    answers = CrossFitted((slices,), (people,), *limits, own)
    cohorts = {"everyone": as_people(people)}
    scores = {"everyone": SCORES}
    return answer_figures(answers, cohorts, scores, scores)


def test_false_alarms_and_misses_are_counted_by_the_most_probable_class() -> None:
    slices = rows(
        [*"aabbccdd"],
        [0, 0, 0, 0, 1, 1, 2, 2],
        [NO, NO, NO, VERY_MILD, VERY_MILD, VERY_MILD, VERY_MILD, NO],
    )
    people = rows([*"abcd"], [0, 0, 1, 2], [NO, VERY_MILD, VERY_MILD, NO])

    figures = figures_of(slices, people)

    alone, whole = figures["slice"]["everyone"], figures["person"]["everyone"]
    assert alone["called_impaired"]["value"] == pytest.approx(0.25)
    assert alone["missed"]["value"] == pytest.approx(0.25)
    assert whole["called_impaired"]["value"] == pytest.approx(0.5)
    assert whole["missed"]["value"] == pytest.approx(0.5)
    assert (whole["people"], whole["impaired"]) == (4, 2)
    for each in (alone, whole):
        assert each["auc"] == SCORES["auc"]
        assert each["missed"]["low"] < each["missed"]["value"] < each["missed"]["high"]


def test_a_person_with_many_slices_weighs_no_more_than_one_with_few() -> None:
    slices = rows([*"aaaab"], [0] * 5, [VERY_MILD] * 4 + [NO])
    people = rows([*"ab"], [0, 0], [VERY_MILD, NO])

    called = figures_of(slices, people)["slice"]["everyone"]["called_impaired"]

    assert called["value"] == pytest.approx(0.5)


def drawn(sharpness: float, count: int = 600) -> Slices:
    """Draw people whose class has the probability that they are given, or had."""
    generator = np.random.default_rng(0)
    true = generator.dirichlet([1.0, 1.0, 0.5, 0.0001], count)
    labels = np.array([generator.choice(4, p=each) for each in true])
    given = true**sharpness
    names = [f"p{index:03}" for index in range(count)]
    return rows(names, labels.tolist(), (given / given.sum(axis=1)[:, None]).tolist())


def held(figures: dict[str, Any]) -> list[bool]:
    """Return for each range whether its interval holds what was given in it."""
    ranges = [each for one in figures["person"]["classes"].values() for each in one]
    return [
        each["rated"]["low"] <= each["given"] <= each["rated"]["high"]
        for each in ranges
    ]


def test_where_probabilities_are_true_the_intervals_hold_them() -> None:
    people = drawn(1.0)

    found = held(figures_of(people, people))

    assert len(found) > 15
    assert np.mean(found) >= 0.9


def test_where_probabilities_are_too_sure_the_intervals_show_it() -> None:
    people = drawn(3.0)

    assert np.mean(held(figures_of(people, people))) < 0.7


def test_ranges_follow_one_another_and_cover_what_was_given_alone() -> None:
    people = drawn(0.4)  # nothing near 0 or 1
    ranges = figures_of(people, people)["person"]["classes"]["No Impairment"]
    given = people.probabilities[:, 0]

    assert ranges[0]["from"] <= given.min() < ranges[0]["from"] + 0.1
    assert ranges[-1]["to"] - 0.1 <= given.max() <= ranges[-1]["to"]
    assert [each["to"] for each in ranges[:-1]] == [each["from"] for each in ranges[1:]]
    for each in ranges:
        inside = (given >= each["from"]) & (given < each["to"])
        assert each["people"] == inside.sum() >= MIN_PEOPLE_PER_RANGE
        assert each["rated"]["value"] == pytest.approx(
            (people.labels[inside] == 0).mean(), abs=1e-4
        )


def test_nothing_is_told_of_a_class_that_too_few_people_had() -> None:
    people = drawn(1.0)
    labels = people.labels.copy()
    labels[:3] = 3

    found = figures_of(people, Slices(people.subjects, labels, people.probabilities))

    assert "Moderate Impairment" not in found["person"]["classes"]
    assert "Mild Impairment" in found["person"]["classes"]


def test_without_other_folds_to_fit_to_no_probability_is_vouched_for() -> None:
    people = drawn(1.0)

    found = figures_of(people, people, folds=1)

    assert found["slice"]["classes"] == found["person"]["classes"] == {}
    assert found["person"]["everyone"]["people"] == 600


def test_rows_of_one_person_tell_as_much_as_one_row() -> None:
    subjects = np.array([*"aabbc"])

    assert effective_people(subjects, np.array([0.5, 0.5, 0.5, 0.5, 1.0])) == 3.0
    assert effective_people(subjects, np.array([9.0, 9.0, 0.1, 0.1, 0.1])) < 1.1
    assert effective_people(subjects[:0], np.zeros(0)) == 0.0
