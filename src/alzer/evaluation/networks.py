"""What makes a network's logits comparable: its temperature and its thresholds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from alzer.evaluation.calibration import SliceLimits, Slices, fit_slices
from alzer.evaluation.metrics import Floats
from alzer.evaluation.outside import EVERYONE
from alzer.evaluation.predictions import HeldOut
from alzer.model.card import thresholds_of
from alzer.model.decision import Decision
from alzer.model.person import softmax


@dataclass(frozen=True)
class Calibration:
    """What is made of a network's logits.

    Attributes:
        temperature: They are divided by it.
        decision: Which classes stay possible.
    """

    temperature: float
    decision: Decision

    def probabilities(self, logits: Sequence[float]) -> Floats:
        """Return calibrated probabilities, shape (class,)."""
        return softmax(np.asarray(logits, np.float64) / self.temperature)

    def cannot_tell(self, probabilities: Floats) -> bool | None:
        """Return whether no class is ruled out; None if nobody knows."""
        found = self.decision.prediction_set(probabilities.tolist())
        return None if found is None else self.decision.is_uninformative(found)


def calibrations(held_out: HeldOut, card: Mapping[str, Any]) -> dict[str, Calibration]:
    """Return the calibration of every network of a study.

    A fold's network gets what was fitted to the people of the other folds, so that
    nothing of its own people is used. The model for everyone has its temperature in
    its last layer already, and its thresholds in its card.

    Args:
        held_out: Predictions of all folds.
        card: Of the model for everyone.

    Returns:
        By the names of the networks.
    """
    decision = Decision(thresholds=thresholds_of(card))
    found = {EVERYONE: Calibration(1.0, decision)}
    for place, fold in enumerate(held_out.folds):
        rest = [*held_out.slices[:place], *held_out.slices[place + 1 :]]
        found[f"fold-{fold}"] = _fitted(rest)
    return found


def _fitted(rest: Sequence[Slices]) -> Calibration:
    limits = fit_slices(rest) if rest else SliceLimits()
    decision = Decision(thresholds=limits.thresholds)
    return Calibration(limits.temperature, decision)
