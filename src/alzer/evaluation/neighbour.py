"""How far slices of one person on both sides flatter: the nearest picture's class."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.neighbors import KNeighborsClassifier

from alzer.evaluation.baselines import Subject

Mask = NDArray[np.bool_]


def neighbour_accuracy(
    subjects: Sequence[Subject], held_out: Mapping[str, Mask]
) -> float:
    """Give each held-out slice the class of the most similar other slice.

    Args:
        subjects: Everyone.
        held_out: Which of each person's slices are held out.

    Returns:
        Share of them that get their own class, 0 to 1; NaN if there are none.
    """
    pictures, labels, mask = _all(subjects, held_out)
    return _accuracy(pictures, labels, mask)


def neighbour_accuracy_across(subjects: Sequence[Subject]) -> float:
    """Give each slice the class of the most similar slice of the other folds.

    Args:
        subjects: Everyone; at least two folds.

    Returns:
        Share of slices that get their own class, 0 to 1.
    """
    none = {each.name: np.zeros(len(each.slices), np.bool_) for each in subjects}
    pictures, labels, _ = _all(subjects, none)
    folds = np.concatenate([np.full(len(each.slices), each.fold) for each in subjects])
    shares = [_accuracy(pictures, labels, folds == each) for each in np.unique(folds)]
    counts = [(folds == each).sum() for each in np.unique(folds)]
    return float(np.average(shares, weights=counts))


def _all(
    subjects: Sequence[Subject], held_out: Mapping[str, Mask]
) -> tuple[NDArray[np.float32], NDArray[np.int64], Mask]:
    pictures = [seen.small.ravel() for each in subjects for seen in each.slices]
    labels = [each.label for each in subjects for _ in each.slices]
    mask = [held_out[each.name] for each in subjects]
    return np.stack(pictures), np.array(labels, np.int64), np.concatenate(mask)


def _accuracy(
    pictures: NDArray[np.float32], labels: NDArray[np.int64], held_out: Mask
) -> float:
    if held_out.all() or not held_out.any():
        return float("nan")
    model = KNeighborsClassifier(1).fit(pictures[~held_out], labels[~held_out])
    return float(model.score(pictures[held_out], labels[held_out]))
