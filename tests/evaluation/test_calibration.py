"""Calibration and prediction sets."""

import math

import numpy as np
import pytest

from alzer.evaluation.calibration import (
    Slices,
    cover,
    fit_sets,
    fit_temperature,
    log_loss,
)
from alzer.evaluation.metrics import by_subject, calibration_error
from alzer.model.decision import possible
from alzer.model.person import soften


def draw_slices(people: int, seed: int, per_person: int = 4) -> Slices:
    """Draw people whose slices have honest probabilities."""
    generator = np.random.default_rng(seed)
    logits = generator.normal(0.0, 1.5, (people, 3))
    truth = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    labels = np.array([generator.choice(3, p=row) for row in truth])
    return Slices(
        np.repeat([f"p{each:05}" for each in range(people)], per_person),
        np.repeat(labels, per_person),
        np.repeat(truth, per_person, axis=0),
    )


@pytest.mark.parametrize("temperature", [0.4, 1.0, 2.5])
def test_the_temperature_that_distorted_is_found(temperature: float) -> None:
    honest = draw_slices(3000, 0)
    distorted = honest.at(1.0 / temperature)

    found = fit_temperature(distorted)

    assert found == pytest.approx(temperature, rel=0.08)
    assert log_loss(distorted.at(found)) <= log_loss(distorted) + 1e-9


def test_a_better_temperature_makes_confidence_honest() -> None:
    boastful = draw_slices(3000, 1).at(0.3)

    found = boastful.at(fit_temperature(boastful))

    before, after = (
        calibration_error(people.labels, people.probabilities)
        for people in (
            by_subject(each.subjects, each.labels, each.probabilities)
            for each in (boastful, found)
        )
    )
    assert after < 0.03 < before


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

    shares = cover(draw_slices(3000, 3), least)

    for share in shares:
        assert share is not None
        assert 0.86 <= share <= 0.95


def test_a_few_people_are_covered_rather_too_often() -> None:
    shares = []
    for seed in range(40):
        least = fit_sets(draw_slices(60, 10 + seed, per_person=1))
        covered = cover(draw_slices(400, 500 + seed, per_person=1), least)
        shares.append([each for each in covered if each is not None])

    assert np.mean(np.concatenate(shares)) >= 0.89


def test_a_class_of_a_few_people_has_no_sets() -> None:
    slices = draw_slices(300, 4)
    rare = np.unique(slices.subjects[slices.labels == 2])[:5]
    kept = (slices.labels != 2) | np.isin(slices.subjects, rare)

    least = fit_sets(slices.where(kept))

    assert least[2] is None
    assert cover(slices, least)[2] is None
    assert 2 not in possible([0.0, 0.0, 1.0], least)


def test_a_person_counts_once_however_many_slices() -> None:
    slices = draw_slices(200, 5)
    many = np.concatenate([np.arange(len(slices.labels)), np.repeat(0, 500)])
    repeated = Slices(
        slices.subjects[many], slices.labels[many], slices.probabilities[many]
    )

    assert fit_sets(repeated) == fit_sets(slices)
    assert fit_temperature(repeated) == pytest.approx(fit_temperature(slices))


def test_the_log_loss_is_that_of_people() -> None:
    slices = Slices(
        np.array(["a", "a"]), np.array([0, 0]), np.array([[0.2, 0.8], [0.6, 0.4]])
    )

    assert log_loss(slices) == pytest.approx(-math.log(0.4))
