"""The scores of a study, per person and per slice."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from alzer.classes import CLASSES
from alzer.evaluation.calibration import Slices
from alzer.evaluation.intervals import Interval, bootstrap
from alzer.evaluation.metrics import (
    People,
    auc,
    balanced_accuracy,
    brier,
    calibration_error,
    quadratic_kappa,
    sensitivity_at,
)
from alzer.evaluation.values import interval_values


def impaired_auc(people: People) -> float:
    """Give the area under the ROC curve of impaired against not."""
    return auc(people.impaired, people.impairment_score)


def predicted(people: People) -> NDArray[np.int64]:
    """Give the most probable class of each person."""
    return np.asarray(people.probabilities.argmax(axis=1), np.int64)


SCORES: Mapping[str, Callable[[People], float]] = {
    "auc": impaired_auc,
    "sensitivity_at_90_specificity": lambda each: sensitivity_at(
        each.impaired, each.impairment_score
    ),
    "accuracy": lambda each: float((predicted(each) == each.labels).mean()),
    "balanced_accuracy": lambda each: balanced_accuracy(each.labels, predicted(each)),
    "quadratic_kappa": lambda each: quadratic_kappa(
        each.labels, predicted(each), len(CLASSES)
    ),
    "brier": lambda each: brier(each.labels, each.probabilities),
    "ece": lambda each: calibration_error(each.labels, each.probabilities),
}


# Those that can be asked of predictors without probabilities of their own.
RANKING_SCORES = ("auc", "sensitivity_at_90_specificity", "balanced_accuracy")


def score_people(people: People, repeats: int) -> dict[str, Any]:
    """Give every score of people with its interval, as plain values."""
    return {
        "people": len(people.labels),
        "impaired": int(people.impaired.sum()),
        **{
            name: interval_values(bootstrap(people, score, repeats))
            for name, score in SCORES.items()
        },
    }


def score_slices(slices: Slices, repeats: int) -> dict[str, Any]:
    """Give every score of slices; its interval comes from drawing people."""
    rows = People(slices.subjects, slices.labels, slices.probabilities)
    places = [
        np.flatnonzero(slices.subjects == each) for each in np.unique(slices.subjects)
    ]
    generator = np.random.default_rng(0)
    draws = [
        np.concatenate([places[each] for each in chosen])
        for chosen in generator.integers(0, len(places), (repeats, len(places)))
    ]
    figures: dict[str, Any] = {"slices": len(slices.labels)}
    for name, score in SCORES.items():
        values = np.array([score(rows.where(each)) for each in draws])
        low, high = np.quantile(values[np.isfinite(values)], (0.025, 0.975))
        figures[name] = interval_values(Interval(score(rows), float(low), float(high)))
    return figures
