"""How slices become one answer per person, and how often a person is flagged."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from alzer.evaluation.calibration import FittedTo, join_slices, log_loss
from alzer.evaluation.cross_fitting import CrossFitted
from alzer.evaluation.person import FoldPeople, pooling_losses
from alzer.evaluation.values import rounded


def person_figures(
    answers: CrossFitted, fitted_to: FittedTo = "slices"
) -> dict[str, Any]:
    """Compare ways of pooling, and judge the choice on folds that it did not see.

    Args:
        answers: For people held out; the way of pooling of each fold was chosen on
            the other folds.
        fitted_to: What the temperature of slices is fitted to.

    Returns:
        Plain values for metrics.json; nothing where there is one fold only. The log
        losses by way are what a choice on all folds would quote; `log_loss` is that
        of the nested choice.
    """
    if not answers.is_judged:
        return {}
    return {
        "people": len(answers.everyone.labels),
        "log_loss": rounded(log_loss(join_slices(answers.people))),
        "poolings": [
            {**asdict(way), "log_loss": rounded(loss)}
            for way, loss in pooling_losses(answers.folds, fitted_to)
        ],
        "chosen_by_folds": [asdict(limits.pooling) for limits in answers.person_limits],
        "false_alarms": _false_alarms(answers),
        "people_with_a_flagged_slice": _share_flagged(answers.folds),
    }


def _false_alarms(answers: CrossFitted) -> float | None:
    """Return how often the OOD rule of the other folds flags a fold's people."""
    flags = [
        fold.shares > limits.ood_share
        for fold, limits in zip(answers.folds, answers.person_limits, strict=True)
        if fold.shares is not None and limits.ood_share is not None
    ]
    return rounded(float(np.concatenate(flags).mean())) if flags else None


def _share_flagged(folds: Sequence[FoldPeople]) -> float | None:
    shares = [fold.shares for fold in folds if fold.shares is not None]
    if not shares:
        return None
    return rounded(float((np.concatenate(shares) > 0.0).mean()))
