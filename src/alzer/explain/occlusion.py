"""Ask the network again without a part of the slice.

A box over the picture is filled in on the network's own input, which is kept, so that
the scan is not needed. Slice and filled slice are run together, in exact arithmetic:
what moves, moves because of the box. It is told from the logits that the analysis has,
which may come from a quicker arithmetic: two numbers for one slice would be one too
many.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from alzer.errors import InvalidRequest
from alzer.explain.box_fills import Box, Fill
from alzer.explain.field import head_in
from alzer.explain.slice_maps import SliceMaps
from alzer.model.evidence import Evidence
from alzer.model.geometry import Geometry
from alzer.model.person import softmax
from alzer.scans.canonical import Edges

Floats = NDArray[np.float32]

# A box over more of the head than this leaves too little to ask the network about.
LARGEST_SHARE: Final = 0.5

_NOTHING: Final = (
    "The box covers nothing of the head that the network saw. Draw it over the head."
)
_TOO_LARGE: Final = "The box covers more than half of the head. Draw a smaller one."


@dataclass(frozen=True)
class Asked:
    """What the network said.

    Attributes:
        logits: One per class.
        probabilities: Likewise, 0 to 1; of the slice alone.
        margin: The logit of the class in question less the highest of the others.
    """

    logits: tuple[float, ...]
    probabilities: tuple[float, ...]
    margin: float


@dataclass(frozen=True)
class Occlusion:
    """What the network said of a slice, with and without a part of it.

    Attributes:
        label: Index of the class in question: the most probable one before.
        before: Of the slice as it is: what the analysis has.
        after: Of the slice with the box filled in: `before`, and what the box moves in
            exact arithmetic.
        head_share: How much of the head the box covers, 0 to 1.
    """

    label: int
    before: Asked
    after: Asked
    head_share: float

    @property
    def fall(self) -> float:
        """By how much the margin fell: above 0, the box spoke for the class."""
        return self.before.margin - self.after.margin


def occlude(pixels: Floats, box: Box, fill: Fill) -> Floats:
    """Fill in a box of an input.

    Args:
        pixels: shape (row, column), standardised.
        box: Where, in rows and columns of the input.
        fill: With what.

    Returns:
        The same shape; only the box differs.
    """
    top, left, bottom, right = box
    filled = pixels.copy()
    filled[top:bottom, left:right] = fill.fill(pixels, head_in(pixels), box)
    return filled


def ask_without(
    maps: SliceMaps, edges: Edges, fill: Fill, run: Callable[[Floats], Evidence]
) -> Occlusion:
    """Ask the network again without a box of the picture.

    Args:
        maps: Of the slice.
        edges: Top, left, bottom and right edge of the box, in pixels of the picture.
        fill: What stands in the box instead.
        run: The network: from inputs of shape (n, 1, row, column) to their evidence.

    Returns:
        What it says with and without the box.

    Raises:
        InvalidRequest: The box covers nothing of the head, or too much of it.
    """
    pixels = np.ascontiguousarray(maps.evidence.pixels, np.float32)
    box, head = box_on_input(maps.geometry, edges), head_in(pixels)
    top, left, bottom, right = box
    share = float(head[top:bottom, left:right].sum() / head.sum())
    if not share > 0.0:
        raise InvalidRequest(_NOTHING)
    if share > LARGEST_SHARE:
        raise InvalidRequest(_TOO_LARGE)
    exact = run(np.stack([pixels, occlude(pixels, box, fill)])[:, None]).logits
    told = maps.evidence.logits
    label = int(told.argmax())
    after = told + (exact[1] - exact[0])
    return Occlusion(label, _asked(told, label), _asked(after, label), share)


def box_on_input(geometry: Geometry, edges: Edges) -> Box:
    """Return the pixels of the input whose middles lie in a box of the picture.

    Args:
        geometry: Where the network's field of view lies on the picture.
        edges: Top, left, bottom and right edge, in pixels of the picture; the edges of
            pixel k are k and k + 1.

    Returns:
        First row and column, and those behind the last; without any pixel, where the
        box lies beside the field of view.

    Raises:
        InvalidRequest: The edges are no numbers, or not in this order.
    """
    top, left, bottom, right = edges
    if not (all(map(math.isfinite, edges)) and top < bottom and left < right):
        message = "A box needs its top above its bottom, its left before its right."
        raise InvalidRequest(message)
    corners = [
        geometry.to_input(row - 0.5, column - 0.5)
        for row, column in ((top, left), (bottom, right))
    ]
    spans = []
    for axis, length in enumerate(geometry.input_shape):
        low, high = sorted(corner[axis] for corner in corners)
        first = min(max(math.ceil(low), 0), length)
        behind = min(max(math.floor(high) + 1, first), length)
        spans.append((first, behind))
    (first_row, row), (first_column, column) = spans
    return first_row, first_column, row, column


def _asked(logits: Floats, label: int) -> Asked:
    others = np.delete(logits, label)
    shares = softmax(logits.astype(np.float64))
    return Asked(
        tuple(map(float, logits)),
        tuple(map(float, shares)),
        float(logits[label] - others.max()),
    )
