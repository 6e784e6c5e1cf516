"""Grey contour lines: where a map passes certain levels, without covering the scan."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]

# Distances from the middle of a signed scale, and from the low end of any other.
LEVELS: Final = (0.25, 0.5, 0.75)

# Higher levels are lighter; a black line beside each sets it off from white matter.
GREYS: Final = (150, 205, 255)
_SHADOW_ALPHA: Final = 200

# Lines on the negative side of a signed scale are dashed: pixels drawn, and left out.
_DASH: Final = 3


def draw_contours(positions: Floats, *, is_signed: bool) -> NDArray[np.uint8]:
    """Draw contour lines.

    Args:
        positions: Where on the scale each pixel lies, shape (row, column), 0 to 1.
        is_signed: Whether 0.5 stands for zero; lines below it are dashed.

    Returns:
        shape (row, column, channel = red, green, blue, alpha), 0 to 255; transparent
        where there is no line.
    """
    layer = np.zeros((*positions.shape, 4), np.uint8)
    sides = ((2.0 * positions - 1.0, False),) if is_signed else ((positions, False),)
    if is_signed:
        sides = (*sides, (1.0 - 2.0 * positions, True))
    lines = [
        (heights >= level, grey, is_dashed)
        for heights, is_dashed in sides
        for level, grey in zip(LEVELS, GREYS, strict=True)
    ]
    for inside, _, _ in lines:
        layer[_beside(inside)] = (0, 0, 0, _SHADOW_ALPHA)
    for inside, grey, is_dashed in lines:
        line = _beside(~inside)
        if is_dashed:
            line &= _dashes(positions.shape)
        layer[line] = (grey, grey, grey, 255)
    return layer


def _beside(mask: Mask) -> Mask:
    """Return the pixels outside a mask that touch it by an edge."""
    near = np.zeros_like(mask)
    near[1:] |= mask[:-1]
    near[:-1] |= mask[1:]
    near[:, 1:] |= mask[:, :-1]
    near[:, :-1] |= mask[:, 1:]
    return near & ~mask


def _dashes(shape: tuple[int, ...]) -> Mask:
    rows, columns = np.indices(shape)
    return np.asarray((rows + columns) // _DASH % 2 == 0)
