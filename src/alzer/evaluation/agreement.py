"""How alike the answers are that one person gets at several visits."""

from collections.abc import Sequence
from itertools import combinations

import numpy as np

from alzer.evaluation.metrics import Floats


def intraclass_correlation(groups: Sequence[Floats]) -> float:
    """Return the ICC(1,1): of the variance, the share that lies between people.

    One-way random effects, single measurement: visits of different people have
    nothing in common, and people may have different numbers of them.

    Source: Shrout & Fleiss 1979, doi:10.1037/0033-2909.86.2.420, ICC(1,1); unequal
    groups: Donner 1986, doi:10.2307/1403259, section 2.

    Args:
        groups: Values of each person, at least two of each, shape (visit,).

    Returns:
        At most 1 (visits of a person are alike); NaN with fewer than two people or
        if all values are equal.

    Examples:
        >>> import numpy as np
        >>> pairs = [np.array([1.0, 1.0]), np.array([2.0, 2.0])]
        >>> intraclass_correlation(pairs)
        1.0
    """
    sizes = np.array([len(group) for group in groups], np.float64)
    people, values = len(groups), sizes.sum()
    if people < 2:
        return float("nan")
    means = np.array([group.mean() for group in groups])
    overall = (sizes * means).sum() / values
    between = (sizes * (means - overall) ** 2).sum() / (people - 1)
    within = sum(((group - group.mean()) ** 2).sum() for group in groups)
    within /= values - people
    # Of groups of one size, that size.
    size = (values - (sizes**2).sum() / values) / (people - 1)
    total = between + (size - 1.0) * within
    return float((between - within) / total) if total > 0.0 else float("nan")


def count_changes(labels: Sequence[int]) -> tuple[int, int]:
    """Return how many pairs of a person's visits differ in class, of how many.

    Args:
        labels: Class index at each visit.

    Returns:
        Pairs that differ, and all pairs.

    Examples:
        >>> count_changes([0, 0, 1])
        (2, 3)
    """
    pairs = list(combinations(labels, 2))
    return sum(one != other for one, other in pairs), len(pairs)
