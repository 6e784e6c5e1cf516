"""Scores from plain arrays, with intervals over people."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class People:
    """One row per person, their slices averaged.

    Attributes:
        subjects: shape (person,).
        labels: Class index, shape (person,).
        probabilities: Mean over the person's slices, shape (person, class).
    """

    subjects: NDArray[np.str_]
    labels: NDArray[np.int64]
    probabilities: Floats

    @property
    def impaired(self) -> NDArray[np.bool_]:
        """Whether each person is impaired to any degree."""
        return np.asarray(self.labels > 0)

    @property
    def impairment_score(self) -> Floats:
        """Probability of any impairment, shape (person,)."""
        return 1.0 - self.probabilities[:, 0]

    def where(self, chosen: NDArray[np.bool_] | NDArray[np.int64]) -> "People":
        """Give the people that a mask or a list of indices chooses."""
        return People(
            self.subjects[chosen], self.labels[chosen], self.probabilities[chosen]
        )


def by_subject(
    subjects: NDArray[np.str_], labels: NDArray[np.int64], probabilities: Floats
) -> People:
    """Average slices to people.

    Args:
        subjects: shape (slice,).
        labels: Class index, shape (slice,).
        probabilities: shape (slice, class).

    Returns:
        One row per person, ordered by name.
    """
    names, first, inverse = np.unique(subjects, return_index=True, return_inverse=True)
    sums = np.zeros((len(names), probabilities.shape[1]))
    np.add.at(sums, inverse, probabilities)
    return People(names, labels[first], sums / np.bincount(inverse)[:, None])


def person_weights(subjects: NDArray[np.str_]) -> Floats:
    """Return weights by which every person counts the same.

    Args:
        subjects: Whose rows they are, shape (row,).

    Returns:
        shape (row,); they sum to 1, and those of each person to the same.
    """
    _, inverse, counts = np.unique(subjects, return_inverse=True, return_counts=True)
    return np.asarray(1.0 / counts[inverse] / len(counts))


def join_people(groups: Iterable[People]) -> People:
    """Put groups of people together.

    Args:
        groups: At least one.

    Returns:
        All of them, ordered by name: what is drawn from them does not depend on
        how they were grouped.
    """
    parts = list(groups)
    subjects = np.concatenate([each.subjects for each in parts])
    order = np.argsort(subjects, kind="stable")
    return People(
        subjects[order],
        np.concatenate([each.labels for each in parts])[order],
        np.concatenate([each.probabilities for each in parts])[order],
    )


def auc(positive: NDArray[np.bool_], score: Floats) -> float:
    """Give the area under the ROC curve; ties count half.

    Source: Hanley & McNeil 1982, doi:10.1148/radiology.143.1.7063747 (it is the
    Mann-Whitney statistic).

    Args:
        positive: shape (n,).
        score: Higher means more likely positive, shape (n,).

    Returns:
        0 to 1; NaN unless both kinds are present.
    """
    count = int(positive.sum())
    others = len(positive) - count
    if not count or not others:
        return float("nan")
    _, inverse, sizes = np.unique(score, return_inverse=True, return_counts=True)
    # The mean rank of each group of ties.
    ranks = np.cumsum(sizes) - (sizes - 1) / 2.0
    total = float(ranks[inverse][positive].sum())
    return (total - count * (count + 1) / 2.0) / (count * others)


def balanced_accuracy(labels: NDArray[np.int64], predicted: NDArray[np.int64]) -> float:
    """Give the mean, over the classes that occur, of the share recognised.

    Args:
        labels: True class index, shape (n,).
        predicted: shape (n,).

    Returns:
        0 to 1.
    """
    present = np.unique(labels)
    return float(
        np.mean([(predicted[labels == each] == each).mean() for each in present])
    )


def confusion(
    labels: NDArray[np.int64], predicted: NDArray[np.int64], classes: int
) -> NDArray[np.int64]:
    """Count how often each class was taken for each.

    Args:
        labels: True class index, shape (n,).
        predicted: shape (n,).
        classes: How many classes there are.

    Returns:
        shape (true class, predicted class).
    """
    counts = np.zeros((classes, classes), np.int64)
    np.add.at(counts, (labels, predicted), 1)
    return counts


def quadratic_kappa(
    labels: NDArray[np.int64], predicted: NDArray[np.int64], classes: int
) -> float:
    """Give the agreement beyond chance, mistakes weighted by their squared size.

    Source: Cohen 1968, doi:10.1037/h0026256.

    Args:
        labels: True class index, shape (n,).
        predicted: shape (n,).
        classes: How many ordered classes there are.

    Returns:
        At most 1, 0 for chance; NaN if only one class occurs on both sides.
    """
    observed = confusion(labels, predicted, classes).astype(np.float64)
    chance = np.outer(observed.sum(axis=1), observed.sum(axis=0)) / observed.sum()
    steps = np.subtract.outer(np.arange(classes), np.arange(classes)) ** 2
    expected = float((steps * chance).sum())
    if not expected:
        return float("nan")
    return 1.0 - float((steps * observed).sum()) / expected


def sensitivity_at(
    positive: NDArray[np.bool_], score: Floats, specificity: float = 0.9
) -> float:
    """Give the sensitivity where the specificity is at least as asked.

    Args:
        positive: shape (n,).
        score: Higher means more likely positive, shape (n,).
        specificity: The least share of negatives below the threshold.

    Returns:
        0 to 1; NaN unless both kinds are present.
    """
    negatives, positives = np.sort(score[~positive]), score[positive]
    if not len(negatives) or not len(positives):
        return float("nan")
    # The lowest threshold that leaves enough negatives at or below it.
    index = max(int(np.ceil(specificity * len(negatives) - 1e-9)) - 1, 0)
    return float((positives > negatives[index]).mean())


def brier(labels: NDArray[np.int64], probabilities: Floats) -> float:
    """Give the mean squared error of the probabilities, summed over classes.

    Source: Brier 1950, doi:10.1175/1520-0493(1950)078<0001:VOFEIT>2.0.CO;2.

    Args:
        labels: True class index, shape (n,).
        probabilities: shape (n, class).

    Returns:
        0 (certain and right) to 2 (certain and wrong).
    """
    truth = np.eye(probabilities.shape[1])[labels]
    return float(((probabilities - truth) ** 2).sum(axis=1).mean())
