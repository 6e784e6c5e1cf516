"""How sure a score is: intervals from drawing people with replacement."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from alzer.evaluation.metrics import People


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


def paired_bootstrap(
    one: People,
    other: People,
    score: Callable[[People], float],
    repeats: int = 2000,
    seed: int = 0,
) -> Interval:
    """Give the difference of two predictors on the same people, with its interval.

    Source: Efron & Tibshirani 1993, An Introduction to the Bootstrap, ch. 10.

    Args:
        one: As one predictor sees them.
        other: As the other does; the same people in the same order.
        score: From people to a number; draws where it is NaN are left out.
        repeats: Number of draws; each is the same for both.
        seed: Of the draws.

    Returns:
        The score of the one minus that of the other, and its 95 % interval.

    Raises:
        ValueError: If the people are not the same.
    """
    if not np.array_equal(one.subjects, other.subjects):
        message = "A paired comparison needs the same people in the same order."
        raise ValueError(message)

    def difference(places: NDArray[np.int64]) -> float:
        return score(one.where(places)) - score(other.where(places))

    generator = np.random.default_rng(seed)
    count = len(one.labels)
    draws = np.array(
        [difference(generator.integers(0, count, count)) for _ in range(repeats)]
    )
    known = draws[np.isfinite(draws)]
    low, high = np.quantile(known, (0.025, 0.975)) if len(known) else (np.nan, np.nan)
    return Interval(difference(np.arange(count)), float(low), float(high))
