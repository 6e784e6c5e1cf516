"""How sure a share of independent cases is."""

from scipy.stats import binomtest

from alzer.evaluation.intervals import Interval


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
