"""Calibration and prediction sets."""

import math

import numpy as np
import pytest

from alzer.evaluation.calibration import (
    SliceLimits,
    Slices,
    fit_sets,
    fit_slices,
    fit_temperature,
    log_loss,
    slice_section,
)
from alzer.evaluation.metrics import People
from alzer.evaluation.reliability import calibration_error
from alzer.model.decision import prediction_set
from alzer.model.person import soften, softmax


def draw_slices(people: int, seed: int, per_person: int = 4) -> Slices:
    """Draw people whose slices differ, each with an honest probability.

    A slice knows part of what makes up the class: given what a slice shows, the
    class is as frequent as the slice says. The mean over a person's slices is less
    certain than it could be.
    """
    generator = np.random.default_rng(seed)
    shown = generator.normal(0.0, 1.5, (people, per_person, 3))
    truth = softmax(shown)
    # The class is drawn from one of the person's slices: each is honest on its own.
    chosen = truth[np.arange(people), generator.integers(per_person, size=people)]
    labels = np.array([generator.choice(3, p=row) for row in chosen])
    # Given one slice, the class comes from it in 1 of `per_person` cases, else from
    # the others, of which it says nothing.
    honest = (truth + (per_person - 1) * np.full(3, 1.0 / 3.0)) / per_person
    return Slices(
        np.repeat([f"p{index:05}" for index in range(people)], per_person),
        np.repeat(labels, per_person),
        honest.reshape(-1, 3),
    )


def covered(slices: Slices, least: tuple[float | None, ...], label: int) -> float:
    """Return the mean share, over people of a class, of their sets that hold it."""
    own = slices.where(slices.labels == label)
    held = [label in prediction_set(row, least) for row in own.probabilities]
    shares = [np.mean(np.array(held)[own.subjects == s]) for s in set(own.subjects)]
    return float(np.mean(shares))


def ece_of(slices: Slices) -> float:
    return calibration_error(
        People(slices.subjects, slices.labels, slices.probabilities)
    )


@pytest.mark.parametrize("temperature", [0.4, 1.0, 2.5])
def test_the_temperature_that_distorted_slices_is_found(temperature: float) -> None:
    honest = draw_slices(6000, 0)
    distorted = honest.at(1.0 / temperature)

    found = fit_temperature(distorted)

    assert found == pytest.approx(temperature, rel=0.1)


def test_a_temperature_fitted_to_means_makes_slices_overconfident() -> None:
    honest = draw_slices(6000, 1)

    to_slices = fit_temperature(honest)
    to_means = fit_temperature(honest, "person means")

    # The mean of a person's slices knows more than each of them, and the averaging
    # hides it: what is right for means is too sharp for slices.
    assert to_means < 0.7 * to_slices
    assert ece_of(honest.at(to_slices)) < 0.02 < ece_of(honest.at(to_means))
    assert log_loss(honest.at(to_slices)) < log_loss(honest.at(to_means))


def test_a_better_temperature_makes_the_confidence_of_slices_honest() -> None:
    boastful = draw_slices(6000, 1).at(0.3)

    found = boastful.at(fit_temperature(boastful))

    assert ece_of(found) < 0.02 < ece_of(boastful)


def test_softening_keeps_the_order_and_the_sum() -> None:
    probabilities = np.array([[0.7, 0.2, 0.1], [1.0, 0.0, 0.0]])

    softer = soften(probabilities, 2.0)

    assert softer.sum(axis=1) == pytest.approx(1.0)
    assert (np.diff(softer[0]) < 0).all()
    assert softer[0, 0] < 0.7
    assert np.isfinite(softer).all()
    assert soften(probabilities[:1], 1.0) == pytest.approx(probabilities[:1])


def test_sets_hold_the_truth_of_new_people_as_often_as_asked() -> None:
    least = fit_sets(draw_slices(1500, 2))

    new = draw_slices(1500, 3)

    for label in range(3):
        assert 0.86 <= covered(new, least, label) <= 0.95


def test_a_few_people_are_covered_rather_too_often() -> None:
    shares = []
    for seed in range(40):
        least = fit_sets(draw_slices(60, 10 + seed, per_person=1))
        new = draw_slices(400, 500 + seed, per_person=1)
        shares += [
            covered(new, least, label)
            for label, bound in enumerate(least)
            if bound is not None
        ]

    assert np.mean(shares) >= 0.89


def test_a_class_of_a_few_people_has_no_sets() -> None:
    slices = draw_slices(300, 4)
    rare = np.unique(slices.subjects[slices.labels == 2])[:5]
    kept = (slices.labels != 2) | np.isin(slices.subjects, rare)

    least = fit_sets(slices.where(kept))

    assert least[2] is None
    assert 2 not in prediction_set([0.0, 0.0, 1.0], least)


def test_a_person_counts_once_however_many_slices() -> None:
    slices = draw_slices(200, 5)
    own = slices.subjects == "p00000"
    many = np.concatenate(
        [np.arange(len(slices.labels)), np.repeat(np.flatnonzero(own), 500)]
    )
    repeated = Slices(
        slices.subjects[many], slices.labels[many], slices.probabilities[many]
    )

    assert fit_sets(repeated) == fit_sets(slices)
    assert fit_temperature(repeated) == pytest.approx(fit_temperature(slices), abs=1e-4)
    assert log_loss(repeated) == pytest.approx(log_loss(slices))


def test_the_log_loss_is_that_of_slices_and_of_means_if_asked() -> None:
    slices = Slices(
        np.array(["a", "a", "b"]),
        np.array([0, 0, 1]),
        np.array([[0.2, 0.8], [0.6, 0.4], [0.5, 0.5]]),
    )

    of_a = -(math.log(0.2) + math.log(0.6)) / 2.0
    assert log_loss(slices) == pytest.approx((of_a - math.log(0.5)) / 2.0)
    assert log_loss(slices, "person means") == pytest.approx(
        -(math.log(0.4) + math.log(0.5)) / 2.0
    )


def test_slices_are_judged_by_thresholds_at_their_temperature() -> None:
    folds = [draw_slices(300, seed).at(0.5) for seed in (6, 7)]

    limits = fit_slices(folds)

    new = draw_slices(1500, 8).at(0.5).at(limits.temperature)
    assert limits.thresholds is not None
    for label in range(3):
        assert covered(new, limits.thresholds, label) > 0.85


def test_a_section_without_thresholds_says_that_nothing_is_calibrated() -> None:
    assert slice_section(SliceLimits())["thresholds"] is None
    section = slice_section(SliceLimits(1.5, (0.12345678, None)))

    assert section["temperature"] == 1.5
    assert section["fitted_to"] == "slices"
    assert section["thresholds"] == [0.123457, None]
