"""Whether confidence is what it says."""

import numpy as np
import pytest

from alzer.evaluation.metrics import People
from alzer.evaluation.reliability import (
    calibration_error,
    calibration_error_by_chance,
    debiased_calibration_error,
    reliability,
)
from alzer.model.person import softmax


def draw_people(count: int, seed: int, *, sharper: float = 1.0) -> People:
    """Draw people with honest probabilities, made sharper by a factor afterwards."""
    generator = np.random.default_rng(seed)
    logits = generator.normal(0.0, 1.5, (count, 3))
    honest = softmax(logits)
    labels = (generator.random((count, 1)) > honest.cumsum(axis=1)).sum(axis=1)
    names = np.array([f"p{index:05}" for index in range(count)])
    return People(names, np.minimum(labels, 2), softmax(sharper * logits))


def test_who_is_as_often_right_as_said_has_no_calibration_error() -> None:
    names, labels = np.array(list("abcd")), np.array([0, 0, 0, 1])
    honest = People(names, labels, np.tile([0.75, 0.25], (4, 1)))
    boastful = People(names, labels, np.tile([1.0, 0.0], (4, 1)))

    assert calibration_error(honest) == pytest.approx(0.0)
    assert calibration_error(boastful) == pytest.approx(0.25)


def test_the_bins_hold_everybody_once() -> None:
    people = draw_people(200, 0)

    bins = reliability(people)

    right = (people.probabilities.argmax(axis=1) == people.labels).sum()
    assert sum(each.rows for each in bins) == 200
    assert sum(each.share for each in bins) == pytest.approx(1.0)
    assert sum(each.rows * each.accuracy for each in bins) == pytest.approx(right)
    assert [each.confidence for each in bins] == sorted(
        each.confidence for each in bins
    )


def test_a_person_weighs_the_same_however_many_rows() -> None:
    people = draw_people(50, 1)
    many = np.concatenate([np.arange(50), np.repeat(0, 300)])

    repeated = people.where(many)

    assert calibration_error(repeated) == pytest.approx(calibration_error(people))
    assert debiased_calibration_error(repeated) == pytest.approx(
        debiased_calibration_error(people)
    )


def test_chance_explains_the_error_of_the_honest_and_not_of_the_boastful() -> None:
    honest = [draw_people(200, seed) for seed in range(40)]
    errors = np.array([calibration_error(each) for each in honest])
    chance = [calibration_error_by_chance(each) for each in honest]

    assert np.mean([each.mean for each in chance]) == pytest.approx(
        errors.mean(), rel=0.15
    )
    within = errors <= [each.high for each in chance]
    assert within.mean() >= 0.85
    boastful = draw_people(200, 99, sharper=3.0)
    assert calibration_error(boastful) > calibration_error_by_chance(boastful).high


@pytest.mark.parametrize("sharper", [1.0, 1.6, 3.0])
def test_the_estimate_without_chance_is_nearer_to_the_truth(sharper: float) -> None:
    truth = calibration_error(draw_people(200_000, 7, sharper=sharper))
    studies = [draw_people(200, seed, sharper=sharper) for seed in range(60)]

    plain = np.mean([calibration_error(each) for each in studies])
    debiased = np.mean([debiased_calibration_error(each) for each in studies])

    assert plain > truth + 0.005
    assert abs(debiased - truth) < 0.6 * abs(plain - truth)


def test_slices_that_repeat_one_another_have_the_chance_of_people() -> None:
    people = draw_people(200, 3)
    slices = people.where(np.repeat(np.arange(200), 8))

    one, other = (
        calibration_error_by_chance(people),
        calibration_error_by_chance(slices),
    )

    assert other.mean == pytest.approx(one.mean)
    assert other.high == pytest.approx(one.high)
