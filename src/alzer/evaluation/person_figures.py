"""What one answer per person is worth, on folds that nothing was fitted to."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from alzer.classes import CLASS_NAMES
from alzer.evaluation.calibration import Slices, join_slices, log_loss
from alzer.evaluation.metrics import brier, by_subject, calibration_error
from alzer.evaluation.person import (
    FoldPeople,
    fit_person,
    pooling_losses,
    read_folds,
    slice_temperature,
)
from alzer.evaluation.predictions import HeldOut
from alzer.evaluation.scores import impaired_auc
from alzer.evaluation.values import rounded
from alzer.model.decision import COVERAGE, possible
from alzer.model.person import PersonLimits


def person_figures(held_out: HeldOut) -> dict[str, Any]:
    """Judge one answer per person on folds that nothing was fitted to.

    Args:
        held_out: Predictions of all folds.

    Returns:
        Plain values for metrics.json; nothing with fewer than three folds.
    """
    folds = read_folds(held_out)
    if len(folds) < 3:
        return {}
    fitted = [fit_person(_without(folds, place)) for place in range(len(folds))]
    judged = [
        _calibrate_one(folds, place).pool(limits) for place, limits in enumerate(fitted)
    ]
    people = join_slices(judged)
    flags = [
        fold.shares > limits.ood_share
        for fold, limits in zip(folds, fitted, strict=True)
        if fold.shares is not None and limits.ood_share is not None
    ]
    return {
        "poolings": [
            {**asdict(way), "log_loss": rounded(loss)}
            for way, loss in pooling_losses(folds)
        ],
        "chosen_by_folds": [asdict(limits.pooling) for limits in fitted],
        **_scores(people),
        **_set_figures(judged, fitted),
        "false_alarms": rounded(float(np.concatenate(flags).mean())) if flags else None,
        "people_with_a_flagged_slice": _share_flagged(folds),
    }


def _scores(people: Slices) -> dict[str, Any]:
    everyone = by_subject(people.subjects, people.labels, people.probabilities)
    return {
        "people": len(everyone.labels),
        "auc": rounded(impaired_auc(everyone)),
        "log_loss": rounded(log_loss(people)),
        "brier": rounded(brier(everyone.labels, everyone.probabilities)),
        "ece": rounded(calibration_error(everyone.labels, everyone.probabilities)),
    }


def _set_figures(
    judged: Sequence[Slices], fitted: Sequence[PersonLimits]
) -> dict[str, Any]:
    sets: list[tuple[int, ...]] = []
    most: list[int] = []
    for people, limits in zip(judged, fitted, strict=True):
        least = limits.least_probabilities or ()
        sets += [possible(shares, least) for shares in people.probabilities]
        most += [sum(bound is not None for bound in least)] * len(people.labels)
    labels = np.concatenate([people.labels for people in judged])
    held = np.array([label in found for label, found in zip(labels, sets, strict=True)])
    checked = [
        all((limits.least_probabilities or ())[label] is not None for limits in fitted)
        for label in range(len(CLASS_NAMES))
    ]
    sizes = np.array([len(found) for found in sets])
    return {
        "coverage_wanted": COVERAGE,
        "classes": {
            name: {
                "people": int((labels == label).sum()),
                "covered": int(held[labels == label].sum()),
            }
            if checked[label]
            else None
            for label, name in enumerate(CLASS_NAMES)
        },
        "mean_size": rounded(float(sizes.mean())),
        "share_that_cannot_be_told": rounded(float((sizes == np.array(most)).mean())),
        "share_that_nothing_fits": rounded(float((sizes == 0).mean())),
    }


def _share_flagged(folds: Sequence[FoldPeople]) -> float | None:
    shares = [fold.shares for fold in folds if fold.shares is not None]
    if not shares:
        return None
    return rounded(float((np.concatenate(shares) > 0.0).mean()))


def _without(folds: Sequence[FoldPeople], place: int) -> list[FoldPeople]:
    return [*folds[:place], *folds[place + 1 :]]


def _calibrate_one(folds: Sequence[FoldPeople], place: int) -> FoldPeople:
    return folds[place].at(slice_temperature(_without(folds, place)))
