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
    return _spread(
        lambda places: score(people.where(places)), len(people.labels), repeats, seed
    )


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

    return _spread(difference, len(one.labels), repeats, seed)


def _spread(
    value_of: Callable[[NDArray[np.int64]], float], count: int, repeats: int, seed: int
) -> Interval:
    """Give a value of all places, and its interval over places drawn anew."""
    generator = np.random.default_rng(seed)
    draws = np.array(
        [value_of(generator.integers(0, count, count)) for _ in range(repeats)]
    )
    known = draws[np.isfinite(draws)]
    low, high = np.quantile(known, (0.025, 0.975)) if len(known) else (np.nan, np.nan)
    return Interval(value_of(np.arange(count)), float(low), float(high))
