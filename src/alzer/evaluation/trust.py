"""How true the probabilities and the prediction sets of a study are."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from alzer.classes import CLASS_NAMES
from alzer.evaluation.calibration import Slices, join_slices, log_loss
from alzer.evaluation.cross_fitting import CrossFitted
from alzer.evaluation.intervals import stratified_bootstrap
from alzer.evaluation.metrics import Floats, People, brier
from alzer.evaluation.person import FoldPeople
from alzer.evaluation.reliability import reliability
from alzer.evaluation.scores import calibration_errors
from alzer.evaluation.values import interval_values, rounded
from alzer.model.decision import COVERAGE, prediction_set
from alzer.model.person import PersonLimits

Thresholds = Sequence[float | None]


def calibration_figures(answers: CrossFitted) -> dict[str, Any]:
    """Return both calibrations, before and after their temperatures.

    Args:
        answers: For people held out.

    Returns:
        Plain values for metrics.json: of slices and of people, log loss, calibration
        error, Brier score and bins of reliability. Nothing of `after` where there
        was no other fold to fit a temperature to.
    """
    plain = [_plain_mean(fold) for fold in answers.folds]
    stages = {
        "slices": ([fold.slices for fold in answers.folds], answers.slices),
        "people": (plain, answers.people),
    }
    return {
        unit: {
            "before": _stage(join_slices(before)),
            "after": _stage(join_slices(after)) if answers.is_judged else None,
        }
        for unit, (before, after) in stages.items()
    }


def set_figures(
    folds: Sequence[Slices], thresholds: Sequence[Thresholds | None], repeats: int
) -> dict[str, Any]:
    """See how often prediction sets hold the class of people that they don't know.

    Args:
        folds: Calibrated predictions for people held out, of slices or of people.
        thresholds: Of each fold, fitted to the other folds.
        repeats: Bootstrap draws of people.

    Returns:
        Plain values for metrics.json; nothing where no thresholds were fitted.
    """
    known = [bounds for bounds in thresholds if bounds is not None]
    if len(known) < len(folds):
        return {}
    joined, sets, most = join_slices(folds), [], []
    for fold, bounds in zip(folds, known, strict=True):
        sets += [prediction_set(row, bounds) for row in fold.probabilities]
        most += [sum(bound is not None for bound in bounds)] * len(fold.labels)
    held = [label in found for label, found in zip(joined.labels, sets, strict=True)]
    labels, shares = _shares_of_people(joined, np.array(held))
    sizes = np.array([len(found) for found in sets])
    checked = [
        all(bounds[label] is not None for bounds in known)
        for label in range(len(CLASS_NAMES))
    ]
    return {
        "coverage_wanted": COVERAGE,
        "overall": _coverage(labels, shares, repeats),
        "classes": {
            name: _coverage(*_of_class(labels, shares, label), repeats)
            if checked[label] and (labels == label).any()
            else None
            for label, name in enumerate(CLASS_NAMES)
        },
        "mean_size": rounded(float(sizes.mean())),
        "share_uninformative": rounded(float((sizes == np.array(most)).mean())),
        "share_empty": rounded(float((sizes == 0).mean())),
    }


def _plain_mean(fold: FoldPeople) -> Slices:
    """Return the mean probabilities of each person's slices, with nothing fitted."""
    return fold.pool(PersonLimits())


def _stage(rows: Slices) -> dict[str, Any]:
    people = People(rows.subjects, rows.labels, rows.probabilities)
    errors = calibration_errors(people)
    return {
        "log_loss": rounded(log_loss(rows)),
        "ece": errors["ece"]["value"],
        "ece_debiased": errors["ece_debiased"]["value"],
        "ece_by_chance": errors["ece_by_chance"],
        "brier": rounded(brier(rows.labels, rows.probabilities)),
        "bins": [
            {key: rounded(value) for key, value in asdict(part).items()}
            for part in reliability(people)
        ],
    }


def _shares_of_people(
    rows: Slices, held: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], Floats]:
    """Return each person's class, and the share of the person's sets that hold it."""
    _, first, person = np.unique(rows.subjects, return_index=True, return_inverse=True)
    return rows.labels[first], np.bincount(person, held) / np.bincount(person)


def _of_class(
    labels: NDArray[np.int64], shares: Floats, label: int
) -> tuple[NDArray[np.int64], Floats]:
    own = labels == label
    return labels[own], shares[own]


def _coverage(
    labels: NDArray[np.int64], shares: Floats, repeats: int
) -> dict[str, Any]:
    interval = stratified_bootstrap(
        lambda chosen: float(shares[chosen].mean()), labels, repeats
    )
    return {"people": len(shares), **interval_values(interval)}
