"""The network's field of view: where the head is in it, and maps on its pixels.

Everything here lies on the grid of the prepared input, so that the network can be
asked about it.
"""

from typing import Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from alzer.model.geometry import Geometry
from alzer.scans.outline import head_mask

Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]

# Of the field's rows: how far the rim reaches to both sides of the head's edge. That is
# about 8 mm, as far as preparations differ in where they cut, and the room that the
# field has around the head.
RIM_SHARE: Final = 0.04

# Furrows that are open to the outside and narrower than twice this, in shares of the
# field's rows, belong to the head.
_FURROW_SHARE: Final = 0.04


def on_input(cells: Floats, shape: tuple[int, int], cell_stride: int) -> Floats:
    """Carry a map onto the pixels of the network's input, bilinearly.

    Args:
        cells: shape (row, column) of the maps, any unit.
        shape: Rows and columns of the input.
        cell_stride: Pixels of the input from one cell to the next.

    Returns:
        The same unit, shape (row, column) of the input.
    """
    whole = Geometry(0.0, 0.0, (1.0, 1.0), shape, shape, cell_stride=cell_stride)
    return whole.paint(np.asarray(cells, np.float32))


def head_in(pixels: Floats) -> Mask:
    """Find the head in the network's input: the brain, as slices come without skull.

    Args:
        pixels: shape (row, column), standardised.

    Returns:
        The same shape, holes and furrows filled.

    Raises:
        ConstantImage: If all pixels are equal.
    """
    found = head_mask(np.ascontiguousarray(pixels, np.float32))
    by = round(_FURROW_SHARE * pixels.shape[0])
    room = np.pad(found, by)
    return narrow(widen(room, by), by)[_inner(by)]


def widen(mask: Mask, by: int) -> Mask:
    """Return which pixels are at most so many rows and columns away from a mask.

    Args:
        mask: shape (row, column).
        by: Pixels, 0 or more.
    """
    padded = np.pad(mask, by)
    size = 2 * by + 1
    rows = sliding_window_view(padded, size, axis=0).any(axis=-1)
    return np.asarray(sliding_window_view(rows, size, axis=1).any(axis=-1))


def narrow(mask: Mask, by: int) -> Mask:
    """Return which pixels of a mask are further away from what is not in it.

    Args:
        mask: shape (row, column); beyond the picture nothing is in it.
        by: Pixels, 0 or more.
    """
    return ~widen(np.pad(~mask, by, constant_values=True), by)[_inner(by)]


def _inner(by: int) -> tuple[slice, slice]:
    return (slice(by, -by), slice(by, -by)) if by else (slice(None), slice(None))
