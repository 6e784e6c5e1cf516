"""One representative of a picture, its mirror images and its half turn.

What is computed on the representative is the same for all four, to the last bit:
sums and interpolations in floating point depend on the order of the values.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

# Top, left, bottom and right; pixel k lies between the edges k and k + 1.
Edges = tuple[float, float, float, float]

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
    rows, columns = (
        slice(None, None, -1 if reversed_ else 1) for reversed_ in reversal
    )
    return pixels[rows, columns]


def reverse_box(
    box: Edges, shape: tuple[int, ...], reversal: tuple[bool, bool]
) -> Edges:
    """Return where a box lies once its picture is reversed.

    Args:
        box: Top, left, bottom and right edge.
        shape: Rows and columns of the picture.
        reversal: Whether rows, and whether columns, change their order.

    Returns:
        The same edges in the reversed picture.

    Examples:
        >>> reverse_box((0.5, 1.0, 3.0, 4.0), (10, 20), (True, False))
        (7.0, 1.0, 9.5, 4.0)
    """
    top, left, bottom, right = box
    if reversal[0]:
        top, bottom = shape[0] - bottom, shape[0] - top
    if reversal[1]:
        left, right = shape[1] - right, shape[1] - left
    return top, left, bottom, right


def _comes_first(one: NDArray[Any], other: NDArray[Any]) -> bool:
    for first in range(0, len(one), _COMPARED_ROWS):
        rows = slice(first, first + _COMPARED_ROWS)
        differs = one[rows] != other[rows]
        place = np.unravel_index(differs.argmax(), differs.shape)
        if differs[place]:
            return bool(one[rows][place] < other[rows][place])
    return False
