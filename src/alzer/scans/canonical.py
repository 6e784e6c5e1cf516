"""One representative of a picture, its mirror images and its half turn.

What is computed on the representative is the same for all four, to the last bit:
sums and interpolations in floating point depend on the order of the values.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

# Rows that are compared at a time; pictures usually differ from their mirror image
# where the head begins.
_COMPARED_ROWS = 64


def canonical_reversal(pixels: NDArray[Any]) -> tuple[bool, bool]:
    """Choose which of a picture's four reversals represents it.

    Of the picture, its two mirror images and its half turn, the representative is the
    one whose values come first in lexicographic order.

    Args:
        pixels: shape (row, column), without NaN.

    Returns:
        Whether rows, and whether columns, have to be reversed.

    Examples:
        >>> import numpy as np
        >>> canonical_reversal(np.array([[3, 1], [2, 4]]))
        (False, True)
    """
    best = (False, False)
    for candidate in ((False, True), (True, False), (True, True)):
        if _comes_first(reverse(pixels, candidate), reverse(pixels, best)):
            best = candidate
    return best


def reverse(pixels: NDArray[Any], reversal: tuple[bool, bool]) -> NDArray[Any]:
    """Return a view of a picture with its rows, its columns or both reversed.

    Args:
        pixels: shape (row, column).
        reversal: Whether rows, and whether columns, change their order.

    Returns:
        The same shape; no copy.
    """
    rows, columns = (slice(None, None, -1 if each else 1) for each in reversal)
    return pixels[rows, columns]


def _comes_first(one: NDArray[Any], other: NDArray[Any]) -> bool:
    for first in range(0, len(one), _COMPARED_ROWS):
        rows = slice(first, first + _COMPARED_ROWS)
        differs = one[rows] != other[rows]
        place = np.unravel_index(differs.argmax(), differs.shape)
        if differs[place]:
            return bool(one[rows][place] < other[rows][place])
    return False
