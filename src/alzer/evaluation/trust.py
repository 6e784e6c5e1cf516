"""How true the probabilities and the possible classes of a study are."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from alzer.classes import CLASS_NAMES
from alzer.evaluation.calibration import Slices, by_person, cover, fit_sets, join_slices
from alzer.evaluation.intervals import Interval
from alzer.evaluation.metrics import brier, calibration_error, reliability
from alzer.evaluation.predictions import HeldOut
from alzer.evaluation.values import interval_values, rounded
from alzer.model.decision import possible


def calibration_figures(held_out: HeldOut, folds: Sequence[Slices]) -> dict[str, Any]:
    """Return calibration error and reliability, before and after the temperature.

    Args:
        held_out: What the folds' networks said of people held out.
        folds: The same, each fold calibrated on the others.

    Returns:
        Plain values for metrics.json.
    """
    before, after = (by_person(join_slices(each)) for each in (held_out.slices, folds))
    return {
        stage: {
            "ece": rounded(calibration_error(each.labels, each.probabilities)),
            "brier": rounded(brier(each.labels, each.probabilities)),
            "bins": [
                {key: rounded(value) for key, value in asdict(part).items()}
                for part in reliability(each.labels, each.probabilities)
            ],
        }
        for stage, each in (("before", before), ("after", after))
    }


def set_figures(folds: Sequence[Slices], repeats: int) -> dict[str, Any]:
    """Fit sets to all folds but one, and see whether they hold in that one.

    Args:
        folds: Calibrated predictions for people held out.
        repeats: Bootstrap draws of people.

    Returns:
        Plain values for metrics.json; nothing with fewer than two folds.
    """
    if len(folds) < 2:
        return {}
    bounds = [
        fit_sets(join_slices([*folds[:place], *folds[place + 1 :]]))
        for place in range(len(folds))
    ]
    sizes = [
        len(possible(row, least))
        for each, least in zip(folds, bounds, strict=True)
        for row in each.probabilities
    ]
    most = max(sum(each is not None for each in least) for least in bounds)
    return {
        "coverage_wanted": 0.9,
        "classes": {
            name: _coverage(folds, bounds, label, repeats)
            for label, name in enumerate(CLASS_NAMES)
        },
        "mean_size": rounded(float(np.mean(sizes))),
        "share_of_slices_that_cannot_be_told": rounded(
            float(np.mean([each == most for each in sizes]))
        ),
        "share_of_slices_that_nothing_fits": rounded(
            float(np.mean([each == 0 for each in sizes]))
        ),
    }


def _coverage(
    folds: Sequence[Slices],
    bounds: Sequence[Sequence[float | None]],
    label: int,
    repeats: int,
) -> dict[str, Any] | None:
    shares = []
    for each, least in zip(folds, bounds, strict=True):
        own = each.where(each.labels == label)
        for subject in np.unique(own.subjects):
            held = cover(own.where(own.subjects == subject), least)[label]
            if held is not None:
                shares.append(held)
    if not shares:
        return None
    values = np.array(shares)
    drawn = np.random.default_rng(0).integers(0, len(values), (repeats, len(values)))
    low, high = np.quantile(values[drawn].mean(axis=1), (0.025, 0.975))
    interval = Interval(float(values.mean()), float(low), float(high))
    return {"people": len(values), **interval_values(interval)}
