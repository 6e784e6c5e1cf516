"""Where in a picture the evidence lies, in words from numbers.

Places are those of the picture, such as 'upper left', never of the person: which side
of the person is left, and which region of the brain lies there, is not known here.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from alzer.classes import CLASS_NAMES
from alzer.errors import ConstantImage
from alzer.explain.methods import Method
from alzer.explain.slice_maps import SliceMaps

_QUARTERS: Final = ("upper left", "upper right", "lower left", "lower right")
_HALVES: Final = {"upper": (0, 1), "lower": (2, 3), "left": (0, 2), "right": (1, 3)}

# From these shares on 'most' is said of a place. Evidence that is spread evenly has a
# quarter in each quarter and in the middle, and a half in each half.
MOST_IN_PART: Final = 0.55
MOST_IN_HALF: Final = 0.65

_SIDES: Final = "Left and right are those of the picture, not of the person."


@dataclass(frozen=True)
class Place:
    """Where evidence lies, as shares of all of it, 0 to 1.

    The cross that divides the quarters goes through the centre of the head's box in the
    picture; the middle is half as wide and half as high as that box.

    Attributes:
        quarters: Upper left, upper right, lower left and lower right; they sum to 1.
        middle: In the middle, which has a part of each quarter.
    """

    quarters: tuple[float, float, float, float]
    middle: float

    @property
    def gist(self) -> str:
        """The place that most of it lies in, as it follows 'lies'."""
        if self.middle >= MOST_IN_PART:
            return "mostly in the middle of the head"
        best = int(np.argmax(self.quarters))
        if self.quarters[best] >= MOST_IN_PART:
            return f"mostly in the {_QUARTERS[best]} quarter of the head"
        halves = {
            name: sum(self.quarters[each] for each in quarters)
            for name, quarters in _HALVES.items()
        }
        half = max(halves, key=halves.__getitem__)
        if halves[half] >= MOST_IN_HALF:
            return f"mostly in the {half} half of the head"
        return "in no part of the head more than in the rest"

    @property
    def numbers(self) -> str:
        """The shares, in one phrase."""
        parts = ", ".join(
            f"{name} {share:.0%}"
            for name, share in zip(_QUARTERS, self.quarters, strict=True)
        )
        return f"{parts}; {self.middle:.0%} lies in the middle"


def locate_evidence(maps: SliceMaps, cells: NDArray[np.float32]) -> Place | None:
    """Return where on the picture of a slice what speaks for something lies.

    Args:
        maps: Of the slice.
        cells: shape (row, column), any unit; only what is above 0 counts.

    Returns:
        None if nothing is above 0, or there is no head to find.
    """
    heat = np.maximum(maps.geometry.paint(cells), 0.0).astype(np.float64)
    try:
        inside = maps.head
    except ConstantImage:
        return None
    if not (heat.sum() > 0.0 and inside.any()):
        return None
    down, across = (_from_centre(inside, axis) for axis in (0, 1))
    shares = heat / heat.sum()
    upper, left = (down < 0.0)[:, None], (across < 0.0)[None, :]
    middle = (abs(down) <= 0.5)[:, None] & (abs(across) <= 0.5)[None, :]
    upper_left, upper_right, lower_left, lower_right = (
        float(shares[vertical & horizontal].sum())
        for vertical in (upper, ~upper)
        for horizontal in (left, ~left)
    )
    quarters = upper_left, upper_right, lower_left, lower_right
    return Place(quarters, float(shares[middle].sum()))


def describe_place(maps: SliceMaps, method: Method, label: int) -> str | None:
    """Say where on the picture of a slice what speaks for a class lies.

    Args:
        maps: Of the slice.
        method: Of the map that is meant; what speaks against the class is left out.
        label: Index of the class.

    Returns:
        Sentences; None if nothing speaks for the class.
    """
    cells = method.cells(maps.evidence.maps, label)
    place = None if cells is None else locate_evidence(maps, cells)
    if place is None:
        return None
    return (
        f"What spoke for '{CLASS_NAMES[label]}' lies {place.gist}: {place.numbers}. "
        f"{_SIDES}"
    )


def _from_centre(inside: NDArray[np.bool_], axis: int) -> NDArray[np.float64]:
    """Return how far rows or columns are from the centre of the head's box.

    Returns:
        shape (row,) or (column,); -1 and 1 are the edges of the box.
    """
    found = np.flatnonzero(inside.any(axis=1 - axis))
    low, high = float(found[0]), float(found[-1])
    places = np.arange(inside.shape[axis], dtype=np.float64)
    return (places - (low + high) / 2.0) / max((high - low) / 2.0, 0.5)
