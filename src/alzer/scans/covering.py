"""Find what was laid over a head in black, or cut out of it.

Where a black shape touches the background no piece of one grey level is left that
could be found in the head: a part of the head is missing. A box leaves edges that are
straight to the pixel, far from where the outline of a head runs along a row or a
column, and right angles. Other shapes leave a gap that is wider than furrows are.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from alzer.scans.foreground import Foreground

Mask = NDArray[np.bool_]
Indices = NDArray[np.intp]

# From one side of an edge to the other, of the believed range of values; across so
# many pixels, since pictures are resampled after something was drawn over them.
_STEP = 0.15
_SHARP, _SMOOTH = 1, 2

# Shorter edges are not looked at: as a share of the head's size, and in pixels.
_LEAST_LENGTH = 0.04
_LEAST_PIXELS = 4

# Nearer to the end of the head, as a share of its height or width, its own outline
# runs along a row or a column.
_OWN_OUTLINE = 0.08

# Between the ends of two edges that meet, in pixels.
_MEETING = 2

# Distance from the middle within which a head is whole, 1 at its box's sides.
_WHOLE = 0.8


@dataclass(frozen=True)
class _Edges:
    """Straight edges along rows between head and dark; of a turned picture, columns.

    Attributes:
        line: The border of rows where the dark begins, shape (edge,).
        first: Column where each begins, the same shape.
        last: Column before which each ends.
        depth: How far each is from the end of the head that the dark is at, as a
            share of the head's height; below 0 outside of the box around it.
        dark_after: Whether the dark lies at the greater row.
    """

    line: Indices
    first: Indices
    last: Indices
    depth: NDArray[np.floating]
    dark_after: bool

    @property
    def length(self) -> Indices:
        """In pixels, shape (edge,)."""
        return self.last - self.first


@dataclass(frozen=True)
class DarkEdges:
    """The straight edges of what is dark in or at a head; 0 if there are none.

    Attributes:
        sharp: The longest one from one pixel to the next between head and background
            that is no part of a head's own outline, over the square root of the
            head's area.
        smooth: The same across two pixels.
        corner: The shorter side of the largest right angle that dark fills, also
            within the head, likewise.
    """

    sharp: float
    smooth: float
    corner: float


def dark_edges(foreground: Foreground) -> DarkEdges:
    """Look for straight edges between the head and what is as dark as background."""
    size = _size(foreground)
    # Ventricles have straight walls, too, but no right angles.
    background, dark = ~foreground.region, ~foreground.mask
    sharp, smooth = (
        max(_longest(edges) for edges in _all_edges(foreground, background, across))
        for across in (_SHARP, _SMOOTH)
    )
    rows = [*_edges(foreground, dark, _SMOOTH, axis=0)]
    columns = [*_edges(foreground, dark, _SMOOTH, axis=1)]
    corners = (_corner(row, column) for row in rows for column in columns)
    return DarkEdges(
        sharp=sharp / size,
        smooth=smooth / size,
        corner=max(corners) / size,
    )


def gap(foreground: Foreground) -> float:
    """Compute how wide a part of the head is missing.

    Returns:
        Side of the largest square without head that lies well inside the ellipse
        around it, over the square root of the head's area; 0 if it is whole.
    """
    rows, columns = (np.arange(side) + 0.5 for side in foreground.region.shape)
    inside = foreground.distance(rows[:, None], columns) < _WHOLE
    missing = inside & ~foreground.region
    side = 0
    while missing.any():
        side += 1
        missing = missing[:, 1:] & missing[:, :-1]
        missing = missing[1:] & missing[:-1]
    return side / _size(foreground)


def _size(foreground: Foreground) -> float:
    return max(math.sqrt(np.count_nonzero(foreground.region)), 1.0)


def _all_edges(foreground: Foreground, dark: Mask, across: int) -> Iterator[_Edges]:
    for axis in (0, 1):
        yield from _edges(foreground, dark, across, axis)


def _edges(
    foreground: Foreground, dark: Mask, across: int, axis: int
) -> Iterator[_Edges]:
    """Yield edges along rows (axis 0) or columns: where dark follows, and precedes."""
    values, head = foreground.values, foreground.mask & foreground.region
    if axis:
        values = np.ascontiguousarray(values.T)
        dark, head = np.ascontiguousarray(dark.T), np.ascontiguousarray(head.T)
    middle, half = (pair[axis] for pair in foreground.middle_and_half)
    steps = values[across:] - values[:-across]
    least = max(_LEAST_LENGTH * _size(foreground), _LEAST_PIXELS)
    after = head[:-across] & dark[across:] & (steps < -_STEP)
    line, first, last = _runs(after, least)
    depth = (middle + half - line - across) / (2.0 * half)
    yield _Edges(line + across, first, last, depth, dark_after=True)
    before = dark[:-across] & head[across:] & (steps > _STEP)
    line, first, last = _runs(before, least)
    depth = (line + 1 - middle + half) / (2.0 * half)
    yield _Edges(line + 1, first, last, depth, dark_after=False)


def _runs(flags: Mask, least: float) -> tuple[Indices, Indices, Indices]:
    """Return row, begin and end of runs along rows; one pixel may be missing."""
    padded = np.zeros((flags.shape[0], flags.shape[1] + 2), np.int8)
    padded[:, 1:-1] = flags
    padded[:, 2:-2] |= padded[:, 1:-3] & padded[:, 3:-1]
    turns = np.diff(padded, axis=1)
    rows, first = np.nonzero(turns == 1)
    last = np.nonzero(turns == -1)[1]
    long = last - first >= least
    return rows[long], first[long], last[long]


def _longest(edges: _Edges) -> int:
    return int(edges.length[edges.depth >= _OWN_OUTLINE].max(initial=0))


def _corner(rows: _Edges, columns: _Edges) -> int:
    """Return the shorter side of the largest right angle that dark fills, in pixels."""
    row_end = rows.first if columns.dark_after else rows.last
    column_end = columns.first if rows.dark_after else columns.last
    meet = np.abs(row_end[:, None] - columns.line) <= _MEETING
    meet &= np.abs(rows.line[:, None] - column_end) <= _MEETING
    shorter = np.minimum(rows.length[:, None], columns.length)
    return int(shorter[meet].max(initial=0))
