"""Intervals from drawing people, group by group, with scipy's bootstrap."""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import DegenerateDataWarning, binomtest, bootstrap

from alzer.evaluation.intervals import Interval

Indices = NDArray[np.intp]


def stratified_bootstrap(
    statistic: Callable[[Indices], float],
    strata: NDArray[Any],
    repeats: int = 2000,
    seed: int = 0,
) -> Interval:
    """Return a statistic of people with its 95 % BCa interval.

    People are drawn with replacement within each stratum, so that no draw loses a
    class. Where BCa has no answer, because hardly any draw differs, the quantiles of
    the draws are taken.

    Source: Efron 1987, doi:10.1080/01621459.1987.10478410, section 4.

    Args:
        statistic: From the indices of people, with repetitions, to a number.
        strata: Each person's stratum, shape (person,).
        repeats: Number of draws.
        seed: Of the draws.

    Returns:
        The statistic of everybody, and its interval; NaN bounds if a stratum has
        fewer than two people.
    """
    groups = [np.flatnonzero(strata == stratum) for stratum in np.unique(strata)]
    value = statistic(np.arange(len(strata))) if groups else float("nan")
    if not np.isfinite(value) or min(map(len, groups)) < 2:
        return Interval(value, float("nan"), float("nan"))
    with warnings.catch_warnings(), np.errstate(invalid="ignore", divide="ignore"):
        warnings.simplefilter("ignore", DegenerateDataWarning)
        found = bootstrap(
            groups,
            lambda *drawn: statistic(np.concatenate(drawn)),
            n_resamples=repeats,
            vectorized=False,
            method="BCa",
            rng=np.random.default_rng(seed),
        )
    low, high = found.confidence_interval
    if not np.isfinite([low, high]).all():
        draws = found.bootstrap_distribution
        low, high = np.quantile(draws[np.isfinite(draws)], (0.025, 0.975))
    return Interval(value, float(low), float(high))


def wilson_interval(count: int, total: int) -> Interval:
    """Return a share with its 95 % Wilson interval.

    Source: Wilson 1927, doi:10.1080/01621459.1927.10502953.

    Args:
        count: How often it happened.
        total: Of how many independent cases; at least one.

    Returns:
        The share and its interval, 0 to 1.
    """
    found = binomtest(count, total).proportion_ci(method="wilson")
    return Interval(count / total, float(found.low), float(found.high))
