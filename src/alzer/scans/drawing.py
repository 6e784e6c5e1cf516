"""Look for what was drawn over a head: boxes and other shapes, lines, marks, text.

A program draws in one grey level and with sharp edges. Tissue and fluid have noise,
and their edges are blurred by the scanner.
"""

from dataclasses import dataclass
from typing import Any

import cc3d
import numpy as np
from numpy.typing import NDArray

from alzer.scans.foreground import Foreground
from alzer.scans.shape import ellipse_overlap

# Neighbours in a drawn shape differ by less than half of one of 256 grey levels.
# Tissue and fluid have noise, so 5 x 5 pixels never do.
_EQUAL = 0.002
_FLAT_SIDE = 5

# Smaller constant pieces, of the head, don't count: strong compression makes some.
_LEAST_PIECE = 0.002

# Where the grey levels were clipped, whole ventricles are black and white matter is
# white. Of these levels only rectangles and ellipses count.
_CLIPPED = 0.05, 0.95

# Lossy compression changes a shape's levels near its edge by less than this.
_NEARLY_EQUAL = 0.08

# Overlap with the ellipse of equal moments, and the least area, of the head, that
# tells an ellipse from ventricles: few clipped ones reach so much.
_MIN_ELLIPSE_OVERLAP = 0.95
_LEAST_ELLIPSE = 0.012

# A drawn line: at most this many pixels across, brighter or darker than what lies at
# both sides by a step this large, its own pixels equal but for lossy compression.
_MAX_LINE_PIXELS = 6
_STEP = 0.2
_ALIKE = 0.04
_LEVELS = 32

# The darkest of these levels are black. Fluid and furrows are brighter.
_BLACK_LEVELS = 2

# Noise has such places in all levels: this many times the mean of all levels don't
# count; nor, of black ones, this share of what lies at the others.
_NOISE_FACTOR = 4.0
_NOISE_SHARE = 0.05

# In smaller heads, of fewer pixels, furrows are as sharp as noise.
_MIN_PIXELS = 4000


@dataclass(frozen=True)
class DrawnLines:
    """How often the head's rows and columns cross thin lines with sharp edges.

    Attributes:
        of_one_level: At the grey level that has most of them, less noise.
        black: At levels that are as dark as the background, less noise.
        share: All of them over the head's pixels, which noise has most of; 0 in
            small heads, where nothing can be said.
    """

    of_one_level: int
    black: int
    share: float


def constant_share(foreground: Foreground) -> float:
    """Compute how much of the head is covered by shapes of one grey level.

    Returns:
        Share of the head, 0 to 1. Black and white pieces count if they are
        rectangles or ellipses, others in any shape.
    """
    flat = _flat(foreground)
    area = int(np.count_nonzero(foreground.region))
    if np.count_nonzero(flat) < _LEAST_PIECE * area:
        return 0.0
    labels = cc3d.connected_components(flat, connectivity=4)
    found = cc3d.statistics(labels)
    sizes, boxes = found["voxel_counts"], found["bounding_boxes"]
    covered = 0
    for label in np.flatnonzero(sizes >= _LEAST_PIECE * area):
        window = _grown(boxes[label])
        piece = labels[window] == label
        if label and _is_drawn(foreground.values[window], piece, area):
            covered += int(sizes[label])
    return float(covered / area)


def drawn_lines(foreground: Foreground) -> DrawnLines:
    """Count where rows and columns cross thin lines with sharp edges."""
    values, region = foreground.values, foreground.region
    levels = [
        _line_levels(np.ascontiguousarray(values), region),
        _line_levels(np.ascontiguousarray(values.T), np.ascontiguousarray(region.T)),
    ]
    counts = np.bincount(np.concatenate(levels), minlength=2 * (_LEVELS + 1))
    dark = counts[::2]
    black = int(dark[:_BLACK_LEVELS].sum())
    others, area = int(counts.sum()) - black, np.count_nonzero(region)
    return DrawnLines(
        of_one_level=max(round(float(counts.max() - _NOISE_FACTOR * counts.mean())), 0),
        black=max(round(black - _NOISE_SHARE * others), 0),
        share=(black + others) / area if area >= _MIN_PIXELS else 0.0,
    )


def _line_levels(
    values: NDArray[np.float32], region: NDArray[np.bool_]
) -> NDArray[np.intp]:
    """Return twice the level of each line that a row crosses, 1 more for bright ones.

    Both arrays are contiguous: between two sharp steps along a row lies a line.
    """
    flat = values.ravel()
    steps = np.diff(flat)
    sharp = np.flatnonzero(np.abs(steps) >= _STEP)
    begin, end = sharp[:-1], sharp[1:]
    first, last = flat[begin + 1], flat[end]
    is_line = (end - begin <= _MAX_LINE_PIXELS) & region.ravel()[begin + 1]
    is_line &= np.abs(first - last) < _ALIKE
    is_line &= (steps[begin] > 0) != (steps[end] > 0)
    is_bright = steps[begin][is_line] > 0
    levels = np.rint(first[is_line] * _LEVELS).astype(np.intp)
    return np.asarray(2 * levels + is_bright)


def _flat(foreground: Foreground) -> NDArray[np.bool_]:
    """Return which pixels of the head, without its rim, have equal surroundings."""
    values, steps = foreground.values, _FLAT_SIDE - 1
    flat = np.zeros(values.shape, bool)
    if min(values.shape) <= _FLAT_SIDE:
        return flat
    across = _all_of(np.abs(np.diff(values, axis=1)) < _EQUAL, steps, axis=1)
    down = np.abs(np.diff(values, axis=0)) < _EQUAL
    found = _all_of(across, _FLAT_SIDE, axis=0)
    found &= _all_of(_all_of(down, steps, axis=0), _FLAT_SIDE, axis=1)
    rim = _FLAT_SIDE // 2
    flat[rim:-rim, rim:-rim] = found
    return flat & foreground.region


def _grown(box: tuple[slice, ...]) -> tuple[slice, slice]:
    """Return a box with what lies beside it."""
    down, across = (
        slice(max(side.start - _FLAT_SIDE, 0), side.stop + _FLAT_SIDE)
        for side in box[:2]
    )
    return down, across


def _is_drawn(
    values: NDArray[np.float32], piece: NDArray[np.bool_], head_area: int
) -> bool:
    """Return whether a constant piece was drawn; clipping makes none of middle greys.

    Args:
        values: Of the piece and what lies beside it, shape (row, column).
        piece: Middles of constant squares, the same shape.
        head_area: Pixels of the head.
    """
    black, white = _CLIPPED
    level = float(values[piece][0])
    if black < level < white:
        return True
    if all(_is_straight(piece.sum(axis=axis)) for axis in (0, 1)):
        return True
    shape = _nearly_equal(values, level, piece)
    is_large = int(np.count_nonzero(shape)) >= _LEAST_ELLIPSE * head_area
    return is_large and ellipse_overlap(shape) >= _MIN_ELLIPSE_OVERLAP


def _nearly_equal(
    values: NDArray[np.float32], level: float, piece: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Return what belongs to a piece and is equal to it but for lossy compression."""
    alike = np.abs(values - level) < _NEARLY_EQUAL
    labels = cc3d.connected_components(alike, connectivity=4)
    return np.asarray(labels == labels[piece][0])


def _all_of(flags: NDArray[np.bool_], count: int, axis: int) -> NDArray[np.bool_]:
    """Return where a flag and the next ones, `count` in all, are set."""
    length = flags.shape[axis] - count + 1
    parts = [
        flags[first : first + length] if axis == 0 else flags[:, first : first + length]
        for first in range(count)
    ]
    return np.asarray(np.logical_and.reduce(parts))


def _is_straight(counts: NDArray[Any]) -> bool:
    """Return whether the rows (or columns) of a shape are about equally long.

    Of an ellipse's longer half of rows, 0.61 reach 0.85 of the longest.
    """
    long = np.count_nonzero(counts >= 0.85 * counts.max())
    return bool(long >= 0.7 * np.count_nonzero(counts >= 0.5 * counts.max()))
