"""Scores from plain arrays, with intervals over people."""

from collections.abc import Callable, Iterable
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


@dataclass(frozen=True)
class Interval:
    """A score with its 95 % interval.

    Attributes:
        value: The score on everyone.
        low: 2.5 % quantile of the bootstrap.
        high: 97.5 % quantile.
    """

    value: float
    low: float
    high: float


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


def join_people(groups: Iterable[People]) -> People:
    """Put groups of people one after another.

    Args:
        groups: At least one.

    Returns:
        All of them.
    """
    parts = list(groups)
    return People(
        np.concatenate([each.subjects for each in parts]),
        np.concatenate([each.labels for each in parts]),
        np.concatenate([each.probabilities for each in parts]),
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


def bootstrap(
    people: People,
    score: Callable[[People], float],
    repeats: int = 2000,
    seed: int = 0,
) -> Interval:
    """Give a score with its 95 % percentile interval over people.

    Source: Efron & Tibshirani 1993, An Introduction to the Bootstrap, ch. 13.

    Args:
        people: Drawn with replacement; slices of a person stay together.
        score: From people to a number; NaN draws (one class only) are left out.
        repeats: Number of draws.
        seed: Of the draws.

    Returns:
        The score and its interval.
    """
    generator = np.random.default_rng(seed)
    count = len(people.labels)
    draws = np.array(
        [
            score(people.where(generator.integers(0, count, count)))
            for _ in range(repeats)
        ]
    )
    known = draws[np.isfinite(draws)]
    low, high = np.quantile(known, (0.025, 0.975)) if len(known) else (np.nan, np.nan)
    return Interval(score(people), float(low), float(high))
