"""Answers for other slices than those of a study: from outside, altered, no slices."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from alzer.evaluation.networks import calibrations
from alzer.evaluation.ood import KindResult
from alzer.evaluation.ood_figures import ood_figures
from alzer.evaluation.outside import SessionResult
from alzer.evaluation.outside_figures import outside_figures
from alzer.evaluation.predictions import HeldOut
from alzer.evaluation.robustness import AlteredResult
from alzer.evaluation.robustness_figures import robustness_figures


@dataclass(frozen=True)
class FurtherAnswers:
    """What the networks of a study said of other slices.

    Attributes:
        outside: Results for slices from outside; None if they were not asked.
        altered: Results for altered slices, likewise.
        kinds: Results for images of other kinds, likewise.
    """

    outside: Sequence[SessionResult] | None = None
    altered: Sequence[AlteredResult] | None = None
    kinds: Sequence[KindResult] | None = None


def further_figures(
    answers: FurtherAnswers,
    held_out: HeldOut,
    card: Mapping[str, Any],
    repeats: int = 2000,
) -> dict[str, Any]:
    """Compute the figures of answers for other slices.

    Args:
        answers: What the networks said.
        held_out: Predictions of the study; they calibrate the folds' networks.
        card: Of the model for everyone.
        repeats: Bootstrap draws of people.

    Returns:
        Plain values for metrics.json: `outside`, `robustness` and `ood`, None where
        the networks were not asked.
    """
    outside, altered = answers.outside, answers.altered
    figures: dict[str, Any] = {"outside": None, "robustness": None, "ood": None}
    if answers.kinds is not None:
        figures["ood"] = ood_figures(answers.kinds, card, repeats)
    if outside is None and altered is None:
        return figures
    found = calibrations(held_out, card)
    if outside is not None:
        figures["outside"] = outside_figures(outside, found, repeats)
    if altered is not None:
        figures["robustness"] = robustness_figures(altered, found, held_out, repeats)
    return figures
