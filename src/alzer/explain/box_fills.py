"""What a box of a slice is filled with, so that the network is asked without it: rows.

Never zero: that is fluid, and fluid looks like more disease. Each fill errs in its own
way; an answer that moves alike under several of them rests on the box.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Wide = NDArray[np.float64]
Mask = NDArray[np.bool_]

# Rows and columns of the input, the first one and the one behind the last.
Box = tuple[int, int, int, int]

# Of the interpolation, in units of the network's input, where tissue is about 1: what
# scanners add, so that the box is not conspicuously smooth.
_NOISE: Final = 0.025

_SEED: Final = 19


@dataclass(frozen=True)
class Fill:
    """One way to fill a box.

    Attributes:
        name: For programs.
        title: For people.
        fill: From the input, shape (row, column), standardised, the head in it and the
            box to what stands in the box then.
    """

    name: str
    title: str
    fill: Callable[[Floats, Mask, Box], Floats]


def interpolate(pixels: Floats, _head: Mask, box: Box) -> Floats:
    """Blend the pixels around a box linearly into it, with a little noise.

    Source: Coons 1967, MIT Project MAC TR-41: the bilinearly blended patch, which
    passes through all four borders.

    Args:
        pixels: shape (row, column), standardised.
        box: Where. At the edge of the input its other border stands for the one that
            is missing.

    Returns:
        shape (row, column) of the box.
    """
    top, left, bottom, right = box
    above, below = _borders(top, bottom, pixels.shape[0])
    before, behind = _borders(left, right, pixels.shape[1])
    down = np.linspace(0.0, 1.0, bottom - top + 2)[1:-1, None]
    across = np.linspace(0.0, 1.0, right - left + 2)[None, 1:-1]
    values = pixels.astype(np.float64)
    from_rows = _blend(values[above, left:right], values[below, left:right], down)
    sides = values[top:bottom, before, None], values[top:bottom, behind, None]
    from_columns = _blend(sides[0], sides[1], across)
    corners = values[np.ix_([above, below], [before, behind])]
    edges = _blend(corners[:, :1], corners[:, 1:], across)
    from_corners = _blend(edges[:1], edges[1:], down)
    patch = from_rows + from_columns - from_corners
    noise = np.random.default_rng(_SEED).normal(0.0, _NOISE, patch.shape)
    return _within(patch + noise, pixels)


def _blend(first: Wide, second: Wide, share: Wide) -> Wide:
    return (1.0 - share) * first + share * second


def _within(patch: Wide, pixels: Floats) -> Floats:
    """Return values of a box, none beyond those of the whole slice."""
    low, high = float(pixels.min()), float(pixels.max())
    return np.asarray(np.clip(patch, low, high), np.float32)


def _borders(first: int, behind: int, length: int) -> tuple[int, int]:
    """Return the lines before and behind a span, one for both where one is missing."""
    before, after = first - 1, behind
    before = after if before < 0 else before
    after = before if after >= length else after
    return min(before, length - 1), min(after, length - 1)


def mirror(pixels: Floats, head: Mask, box: Box) -> Floats:
    """Put the other side of the head into a box, as bright as the box was.

    Args:
        pixels: shape (row, column), standardised.
        head: Where the head is; its middle column is the mirror.
        box: Where.

    Returns:
        shape (row, column) of the box.
    """
    top, left, bottom, right = box
    inside = np.flatnonzero(head.any(axis=0))
    last = int(inside[0] + inside[-1])  # the mirror image of column 0
    columns = np.clip(last - np.arange(left, right), 0, pixels.shape[1] - 1)
    values = pixels.astype(np.float64)
    other, own = values[top:bottom][:, columns], values[top:bottom, left:right]
    gain = float(own.std()) / max(float(other.std()), 1e-6)
    matched = (other - other.mean()) * min(gain, 2.0) + own.mean()
    return _within(matched, pixels)


def even_tissue(pixels: Floats, head: Mask, box: Box) -> Floats:
    """Fill a box with the median of the head's pixels.

    Args:
        pixels: shape (row, column), standardised.
        head: Where the head is.
        box: Where.

    Returns:
        shape (row, column) of the box; what is outside the head stays as it is.
    """
    top, left, bottom, right = box
    own, inside = pixels[top:bottom, left:right], head[top:bottom, left:right]
    return np.where(inside, np.median(pixels[head]), own).astype(np.float32)


# The first one is what a box is filled with where nobody asks.
FILLS: Final = (
    Fill("interpolation", "Blended from around the box", interpolate),
    Fill("mirror", "The other side of the head", mirror),
    Fill("tissue", "Even tissue", even_tissue),
)


def fill_named(name: str) -> Fill:
    """Return the fill of a name.

    Args:
        name: As its row has it.

    Raises:
        KeyError: There is none of that name.
    """
    return {each.name: each for each in FILLS}[name]
