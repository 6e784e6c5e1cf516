"""The axes along which features differ most."""

import numpy as np
from scipy.linalg import eigh

from alzer.evaluation.metrics import Floats


def largest_axes(matrix: Floats, count: int) -> tuple[Floats, Floats]:
    """Find the axes along which a matrix is largest, which is faster than all.

    Args:
        matrix: Symmetric, shape (feature, feature).
        count: How many axes; of a smaller matrix all.

    Returns:
        Its values along them, largest first, shape (axis,), and the axes, orthonormal,
        shape (feature, axis).
    """
    size = len(matrix)
    count = min(count, size)
    values, axes = eigh(matrix, subset_by_index=(size - count, size - 1))
    return values[::-1], np.ascontiguousarray(axes[:, ::-1])
