"""The scan without the face: what lies beyond the brain and a margin is set to zero."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import Final

import numpy as np
from numpy.typing import NDArray

from alzer.scans.volume import Volume

# How far around the brain mask the scan is kept: enough to see whether the mask is
# right. The face lies further away (docs/decisions/0022-planes-in-the-browser.md).
MARGIN_MM: Final = 4.0

# Of the brain's voxels so many are no brighter than what is drawn in white.
_WHITE_PERCENTILE: Final = 99.9

# For that, every so many voxels are looked at.
_STRIDE: Final = 3

# What is left of the margin at a voxel, as a share of its square; 0: nothing.
_WHOLE: Final = 255

Mask = NDArray[np.bool_]
Box = tuple[slice, slice, slice]


@dataclass(frozen=True)
class StrippedScan:
    """A scan of which only the brain is left, with a margin around it.

    Attributes:
        values: On the scan's own grid, shape (i, j, k), 0 to 255; 0 beyond the margin.
        low: What 0 stands for, in the scan's units; darker voxels are drawn so, too.
        high: What 255 stands for; brighter voxels likewise.
    """

    values: NDArray[np.uint8]
    low: float
    high: float


def strip_skull(volume: Volume, mask: Mask) -> StrippedScan:
    """Set to zero what lies beyond the brain, and bring the rest to 256 greys.

    Args:
        volume: A scan.
        mask: True inside its brain, shape (i, j, k); not empty.

    Returns:
        The brain with `MARGIN_MM` around it.
    """
    spacing_mm = volume.spacing_mm
    box = _box_around(mask, [int(MARGIN_MM / step) for step in spacing_mm])
    inside, brain = volume.voxels[box], np.asfortranarray(mask[box])
    low, high = _window(inside[brain])
    greys = np.clip(inside, low, high)
    greys -= np.float32(low)
    greys *= np.float32(255.0 / (high - low))
    np.rint(greys, out=greys)
    values = np.zeros(mask.shape, np.uint8, order="F")
    kept = widen(brain, spacing_mm, MARGIN_MM)
    np.copyto(values[box], greys, casting="unsafe", where=kept)
    return StrippedScan(values, low, high)


def _window(brain: NDArray[np.float32]) -> tuple[float, float]:
    """Return what is drawn in black and in white, by the values of a brain's voxels."""
    low = min(0.0, float(brain.min()))
    high = float(np.percentile(brain[::_STRIDE], _WHITE_PERCENTILE))
    return low, high if high > low else low + 1.0


def _box_around(mask: Mask, margins: list[int]) -> Box:
    """Return the smallest box that holds what is marked and so many voxels around."""
    spans = []
    for axis, margin in enumerate(margins):
        others = tuple({0, 1, 2} - {axis})
        marked = np.flatnonzero(mask.any(axis=others))
        spans.append(slice(max(0, marked[0] - margin), marked[-1] + 1 + margin))
    return spans[0], spans[1], spans[2]


def widen(mask: Mask, spacing_mm: tuple[float, float, float], margin_mm: float) -> Mask:
    """Mark all voxels that lie nearer than a margin to one that is marked.

    Distances are from middle to middle. They are rounded up by less than a hundredth
    of the margin, so that nothing beyond it is ever marked.

    Args:
        mask: shape (i, j, k).
        spacing_mm: Of its voxels along i, j and k.
        margin_mm: How far to go.

    Returns:
        The larger mask.
    """
    # One axis after another: what a step along it takes of the squared margin.
    # Source: Felzenszwalb and Huttenlocher, Distance transforms of sampled functions,
    # 2012, section 3 (one dimension at a time).
    left = mask.astype(np.uint8, order="F") * np.uint8(_WHOLE)
    rest = np.empty_like(left)
    for axis, step_mm in enumerate(spacing_mm):
        before = left.copy(order="F")
        for steps, cost in _costs(step_mm / margin_mm):
            np.maximum(before, cost, out=rest)
            np.subtract(rest, cost, out=rest)
            _spread(left, rest, axis, steps)
    return left > 0


def _costs(step: float) -> Iterator[tuple[int, np.uint8]]:
    """Yield how many steps fit into the margin, and what they take of its square.

    Args:
        step: Length of one, as a share of the margin.
    """
    for steps in count(1):
        cost = np.ceil(_WHOLE * (steps * step) ** 2)
        if cost >= _WHOLE:
            return
        yield steps, np.uint8(cost)


def _spread(
    left: NDArray[np.uint8], rest: NDArray[np.uint8], axis: int, steps: int
) -> None:
    """Let voxels have what arrives from so many steps away along an axis, both ways."""
    left, rest = np.moveaxis(left, axis, 0), np.moveaxis(rest, axis, 0)
    np.maximum(left[steps:], rest[:-steps], out=left[steps:])
    np.maximum(left[:-steps], rest[steps:], out=left[:-steps])
