"""The figures of the controls: what must fail, and what must flatter."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from alzer.evaluation.baselines import Subject
from alzer.evaluation.calibration import Slices, by_person
from alzer.evaluation.intervals import bootstrap
from alzer.evaluation.metrics import People
from alzer.evaluation.neighbour import neighbour_accuracy, neighbour_accuracy_across
from alzer.evaluation.predictions import HeldOut
from alzer.evaluation.scores import SCORES, impaired_auc
from alzer.evaluation.values import interval_values, rounded

# A run on permuted labels must end within this of chance.
CHANCE_TOLERANCE = 0.08


def permuted_figures(permuted: HeldOut, repeats: int) -> dict[str, Any]:
    """Tell whether a study of permuted labels ended at chance.

    Args:
        permuted: Its predictions.
        repeats: Bootstrap draws of people.

    Returns:
        Plain values for metrics.json.
    """
    interval = bootstrap(by_person(permuted.all_slices), impaired_auc, repeats)
    return {
        "auc": interval_values(interval),
        "at_chance": abs(interval.value - 0.5) <= CHANCE_TOLERANCE,
    }


def leaky_figures(
    leaky: HeldOut, held_out: HeldOut, subjects: Sequence[Subject]
) -> dict[str, Any]:
    """Compare slices held out, of people trained on, with people held out.

    Args:
        leaky: Predictions for the slices held out.
        held_out: The study's own, for people held out.
        subjects: Everyone.

    Returns:
        Plain values for metrics.json: the network's, and those of the most similar
        picture's class.
    """
    own = neighbour_accuracy(subjects, _places(leaky, held_out))
    return {
        "held_out_slices": _slice_figures(leaky.all_slices),
        "held_out_people": _slice_figures(held_out.all_slices),
        "nearest_neighbour": {
            "held_out_slices": rounded(own),
            "held_out_people": rounded(neighbour_accuracy_across(subjects)),
        },
    }


def _places(some: HeldOut, every: HeldOut) -> dict[str, NDArray[np.bool_]]:
    """Tell which of each person's slices, in their order, are among some."""
    wanted, known = some.positions_of_people, every.positions_of_people
    return {
        name: np.isin(np.sort(positions), wanted.get(name, []))
        for name, positions in known.items()
    }


def _slice_figures(slices: Slices) -> dict[str, float | None]:
    rows = People(slices.subjects, slices.labels, slices.probabilities)
    names = ("accuracy", "balanced_accuracy", "auc")
    return {name: rounded(SCORES[name](rows)) for name in names}
