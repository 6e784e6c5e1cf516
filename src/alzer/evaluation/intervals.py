"""How sure a score is: intervals from drawing people of each class with replacement.

As many people of each class are drawn as there are, so that no draw loses a class. An
interval is then that of a study with as many people of each class.
"""

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from alzer.evaluation.metrics import People

Indices = NDArray[np.intp]

# What may be said of a difference between two predictors on the same people.
Verdict = Literal["better", "no clear difference", "worse"]


@dataclass(frozen=True)
class Interval:
    """A score with its 95 % interval.

    Attributes:
        value: The score on everyone; NaN if it is not defined for them.
        low: Lower end; NaN if there is no interval.
        high: Upper end, likewise.
    """

    value: float
    low: float
    high: float

    @property
    def verdict(self) -> Verdict:
        """What a difference says where more is better.

        'better' or 'worse' only if the interval leaves out 0.
        """
        if self.low > 0.0:
            return "better"
        return "worse" if self.high < 0.0 else "no clear difference"


def bootstrap(
    people: People,
    score: Callable[[People], float],
    repeats: int = 2000,
    seed: int = 0,
) -> Interval:
    """Return a score with its 95 % interval over people.

    Args:
        people: Drawn with replacement within their classes. Where a person has
            several rows, these stay together.
        score: From people to a number, whatever their names: whoever is drawn twice
            is two people.
        repeats: Number of draws.
        seed: Of the draws.

    Returns:
        The score and its interval.
    """
    labels, rows = _rows_of_people(people)
    if len(labels) == len(people.labels):
        return stratified_bootstrap(
            lambda chosen: score(people.where(chosen)), people.labels, repeats, seed
        )

    def of_drawn(chosen: Indices) -> float:
        return score(people.where(np.concatenate([rows[index] for index in chosen])))

    return stratified_bootstrap(of_drawn, labels, repeats, seed)


def paired_bootstrap(
    one: People,
    other: People,
    score: Callable[[People], float],
    repeats: int = 2000,
    seed: int = 0,
) -> Interval:
    """Return the difference of two predictors on the same people, with its interval.

    Source: Efron & Tibshirani 1993, An Introduction to the Bootstrap, ch. 10.

    Args:
        one: As one predictor sees them, one row each.
        other: As the other does; the same people in the same order.
        score: From people to a number.
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

    def difference(chosen: Indices) -> float:
        return score(one.where(chosen)) - score(other.where(chosen))

    return stratified_bootstrap(difference, one.labels, repeats, seed)


def stratified_bootstrap(
    statistic: Callable[[Indices], float],
    strata: NDArray[Any],
    repeats: int = 2000,
    seed: int = 0,
) -> Interval:
    """Return a statistic with its 95 % BCa interval over people of several strata.

    Source: Efron 1987, doi:10.1080/01621459.1987.10478410 (bias-corrected and
    accelerated); Davison & Hinkley 1997, Bootstrap Methods and their Application,
    section 3.2, for strata.

    Args:
        statistic: From indices of people to a number.
        strata: Each person's class, shape (person,). A person who is the only one
            of a class is in every draw.
        repeats: Number of draws.
        seed: Of the draws.

    Returns:
        The statistic of everyone and its interval. There is no interval where the
        statistic is not defined, nobody can be drawn, or the statistic of everyone
        lies outside all draws.
    """
    groups = [np.flatnonzero(strata == stratum) for stratum in np.unique(strata)]
    value = statistic(np.arange(len(strata)))
    drawn = [group for group in groups if len(group) > 1]
    alone = [group for group in groups if len(group) == 1]
    if not drawn or not np.isfinite(value):
        return Interval(value, float("nan"), float("nan"))

    def of_samples(*samples: Indices) -> float:
        return statistic(np.concatenate([*samples, *alone]))

    return Interval(value, *_bca_interval(of_samples, drawn, repeats, seed))


def share_interval(share: float, people: float) -> Interval:
    """Return a share of people with its exact 95 % interval.

    Unlike an interval from draws it is never empty, also where everybody or nobody is
    counted.

    Source: Clopper & Pearson 1934, doi:10.1093/biomet/26.4.404; Korn & Graubard 1998,
    Survey Methodology 24, 193-201, for people of unequal weight.

    Args:
        share: Of the people, 0 to 1.
        people: How many there are, more than 0; as many of equal weight as tell the
            same, which need not be a whole number.
    """
    hits = share * people
    low = stats.beta.ppf(0.025, hits, people - hits + 1.0) if hits > 0.0 else 0.0
    high = stats.beta.ppf(0.975, hits + 1.0, people - hits) if share < 1.0 else 1.0
    return Interval(share, float(low), float(high))


def _bca_interval(
    statistic: Callable[..., float],
    samples: Sequence[Indices],
    repeats: int,
    seed: int,
) -> tuple[float, float]:
    with warnings.catch_warnings(), np.errstate(invalid="ignore", divide="ignore"):
        # Where all draws agree there is no acceleration; that case is handled below.
        warnings.simplefilter("ignore", stats.DegenerateDataWarning)
        found = stats.bootstrap(
            samples,
            statistic,
            n_resamples=repeats,
            vectorized=False,
            rng=np.random.default_rng(seed),
        )
    draws = found.bootstrap_distribution
    if np.ptp(draws) == 0.0:
        return float(draws[0]), float(draws[0])
    return float(found.confidence_interval.low), float(found.confidence_interval.high)


def _rows_of_people(people: People) -> tuple[NDArray[np.int64], list[Indices]]:
    """Return each person's class and the indices of the person's rows."""
    names, first, person = np.unique(
        people.subjects, return_index=True, return_inverse=True
    )
    counts = np.bincount(person, minlength=len(names))
    order = np.argsort(person, kind="stable")
    return people.labels[first], np.split(order, np.cumsum(counts)[:-1])
