"""The scores of a study, per person and per slice."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from alzer.classes import CLASSES
from alzer.evaluation.calibration import Slices
from alzer.evaluation.intervals import bootstrap
from alzer.evaluation.metrics import (
    People,
    auc,
    balanced_accuracy,
    brier,
    quadratic_kappa,
    sensitivity_at,
)
from alzer.evaluation.reliability import (
    calibration_error,
    calibration_error_by_chance,
    debiased_calibration_error,
)
from alzer.evaluation.values import interval_values, rounded


def impaired_auc(people: People) -> float:
    """Return the area under the ROC curve of impaired against not."""
    return auc(people.impaired, people.impairment_score)


def predicted(people: People) -> NDArray[np.int64]:
    """Return the most probable class of each person."""
    return np.asarray(people.probabilities.argmax(axis=1), np.int64)


SCORES: Mapping[str, Callable[[People], float]] = {
    "auc": impaired_auc,
    "sensitivity_at_90_specificity": lambda people: sensitivity_at(
        people.impaired, people.impairment_score
    ),
    "accuracy": lambda people: float((predicted(people) == people.labels).mean()),
    "balanced_accuracy": lambda people: balanced_accuracy(
        people.labels, predicted(people)
    ),
    "quadratic_kappa": lambda people: quadratic_kappa(
        people.labels, predicted(people), len(CLASSES)
    ),
    "brier": lambda people: brier(people.labels, people.probabilities),
}


# Those that can be asked of predictors without probabilities of their own.
RANKING_SCORES = ("auc", "sensitivity_at_90_specificity", "balanced_accuracy")


def score_people(people: People, repeats: int) -> dict[str, Any]:
    """Return every score of people with its interval, as plain values."""
    return {
        "people": len(people.labels),
        "impaired": int(people.impaired.sum()),
        **_score(people, repeats),
    }


def score_slices(slices: Slices, repeats: int) -> dict[str, Any]:
    """Return every score of slices; its interval comes from drawing people."""
    rows = People(slices.subjects, slices.labels, slices.probabilities)
    return {"slices": len(slices.labels), **_score(rows, repeats)}


def _score(rows: People, repeats: int) -> dict[str, Any]:
    figures: dict[str, Any] = {
        name: interval_values(bootstrap(rows, score, repeats))
        for name, score in SCORES.items()
    }
    return figures | calibration_errors(rows)


def calibration_errors(rows: People) -> dict[str, Any]:
    """Return the ECE, less its bias, and what chance makes of it.

    It has no interval: draws of people have more chance in them than the people, and
    chance raises this error, so that an interval from draws would lie above it.
    """
    by_chance = calibration_error_by_chance(rows)
    return {
        "ece": _without_interval(calibration_error(rows)),
        "ece_debiased": _without_interval(debiased_calibration_error(rows)),
        "ece_by_chance": {
            "mean": rounded(by_chance.mean),
            "high": rounded(by_chance.high),
        },
    }


def _without_interval(value: float) -> dict[str, float | None]:
    return {"value": rounded(value), "low": None, "high": None}
