"""How much of the maps stays when the network's weights are dealt anew, by stages.

A map that stays as it was does not show what the network has learnt.

Source: Adebayo et al. 2018, Sanity Checks for Saliency Maps, arXiv:1810.03292,
section 3; rank correlation as in section 4.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from alzer.evaluation.audit import Candidate
from alzer.evaluation.intervals import Interval, stratified_bootstrap
from alzer.evaluation.values import interval_values
from alzer.explain.field import Floats


def likeness(slices: Sequence[Candidate], maps: Floats) -> NDArray[np.float64]:
    """Return how alike the maps of two networks are, for the first one's answers.

    Args:
        slices: With what the first network gave.
        maps: Of the second one, shape (slice, class, row, column).

    Returns:
        Spearman's rank correlation over the cells of each slice, -1 to 1, shape
        (slice,); NaN where a map is the same everywhere.
    """
    found = np.full(len(slices), np.nan)
    for index, (one, other) in enumerate(zip(slices, maps, strict=True)):
        label = int(one.evidence.logits.argmax())
        first, second = one.evidence.maps[label], other[label]
        if np.ptp(first) > 0.0 and np.ptp(second) > 0.0:
            found[index] = stats.spearmanr(first, second, axis=None).statistic
    return found


def summarise_layers(
    slices: Sequence[Candidate],
    alike: Mapping[str, NDArray[np.float64]],
    repeats: int = 2000,
) -> dict[str, Any]:
    """Return how alike maps are after each stage, on average.

    Args:
        slices: At least one.
        alike: By the stage down to which weights were dealt anew, what `likeness`
            gave for the slices.
        repeats: Draws of people for each interval.

    Returns:
        Plain values: numbers of people and slices, and of each stage the mean rank
        correlation, each person weighing the same, with its 95 % interval over people.
    """
    return {
        "people": len({one.subject for one in slices}),
        "slices": len(slices),
        "stages": {
            stage: interval_values(_mean(slices, values, repeats))
            for stage, values in alike.items()
        },
    }


def _mean(
    slices: Sequence[Candidate], values: NDArray[np.float64], repeats: int
) -> Interval:
    """Return the mean over people of the means over their slices."""
    known = [index for index, value in enumerate(values) if np.isfinite(value)]
    if not known:
        return Interval(float("nan"), float("nan"), float("nan"))
    names = np.array([slices[index].subject for index in known])
    _, first, person = np.unique(names, return_index=True, return_inverse=True)
    mean = np.bincount(person, values[known]) / np.bincount(person)
    labels = np.array([slices[index].label for index in known])[first]
    return stratified_bootstrap(
        lambda chosen: float(mean[chosen].mean()), labels, repeats
    )
