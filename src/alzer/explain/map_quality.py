"""Where the evidence for a class lies: inside the brain, on its rim, or outside.

It is a verdict on the map, not on the answer
(docs/decisions/0026-checked-explanations.md).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from alzer.classes import CLASS_NAMES
from alzer.errors import ConstantImage
from alzer.explain.field import RIM_SHARE, head_in, narrow, on_input, widen
from alzer.model.evidence import SliceEvidence

Verdict = Literal[
    "inside the brain", "partly on the edge", "outside: do not rely on this"
]

# Least share of the evidence inside of the brain's rim, and from what share outside on
# nothing of the map is to be relied on.
# Source: 320 slices of 80 people, each by a network that had not seen the person (two
# folds of the recipe of decision 25): a quarter of them have less than 0.55 inside, one
# in a hundred more than 0.23 outside. Evidence that is spread evenly over the picture
# has 0.44 inside and 0.22 outside, so that the second limit is that of a map that does
# not know the brain. `alzer audit` prints them for any data and any model.
LEAST_INSIDE: Final = 0.55
MOST_OUTSIDE: Final = 0.22

FOR_NO_IMPAIRMENT: Final = (
    "For No Impairment the map shows what speaks against impairment."
)


@dataclass(frozen=True)
class MapQuality:
    """Where what speaks for a class lies, as shares of it, 0 to 1.

    Attributes:
        label: Index of the class.
        inside: In the brain, further in than its rim.
        rim: About as near to the brain's edge as preparations differ.
        outside: Beyond the rim.
        half_area: Least share of the picture that holds half of it: the smaller, the
            more concentrated; 0.5 if it is spread evenly.
    """

    label: int
    inside: float
    rim: float
    outside: float
    half_area: float

    @property
    def verdict(self) -> Verdict:
        """What may be made of the map, in words."""
        if self.outside > MOST_OUTSIDE:
            return "outside: do not rely on this"
        if self.inside < LEAST_INSIDE:
            return "partly on the edge"
        return "inside the brain"

    @property
    def text(self) -> str:
        """The numbers in one sentence, for a person."""
        return (
            f"Of what spoke for '{CLASS_NAMES[self.label]}', {self.inside:.0%} lies "
            f"inside the brain, {self.rim:.0%} on its rim and {self.outside:.0%} "
            f"outside; half of it lies in {self.half_area:.0%} of the picture."
        )

    @property
    def fields(self) -> dict[str, str | float | None]:
        """All of it as plain values, for records and programs."""
        return {
            "verdict": self.verdict,
            "inside": round(self.inside, 4),
            "rim": round(self.rim, 4),
            "outside": round(self.outside, 4),
            "half_area": round(self.half_area, 4),
            "text": self.text,
            "note": self.note,
        }

    @property
    def note(self) -> str | None:
        """What else a reader of the map must know."""
        return FOR_NO_IMPAIRMENT if self.label == 0 else None


def judge_map(slices: Iterable[SliceEvidence], label: int) -> MapQuality | None:
    """Judge the maps of a class: of one slice, or of all of a person together.

    Args:
        slices: What the network gave for each.
        label: Index of the class.

    Returns:
        None if no region of any of them speaks for the class.
    """
    shares = [found for one in slices if (found := _sums(one, label)) is not None]
    if not shares:
        return None
    inside, rim, outside, area = np.sum(shares, axis=0)
    total = inside + rim + outside
    return MapQuality(
        label,
        float(inside / total),
        float(rim / total),
        float(outside / total),
        float(area / total),
    )


def _sums(one: SliceEvidence, label: int) -> tuple[float, float, float, float] | None:
    """Return the evidence inside, on the rim, outside, and times the half area."""
    rows, columns = one.pixels.shape
    heat = on_input(
        np.maximum(one.maps[label], 0.0), (rows, columns), one.geometry.cell_stride
    ).astype(np.float64)
    total = float(heat.sum())
    if not total > 0.0:
        return None
    try:
        head = head_in(one.pixels)
    except ConstantImage:
        return None
    by = round(RIM_SHARE * rows)
    inside = float(heat[narrow(head, by)].sum())
    within = float(heat[widen(head, by)].sum())
    return inside, within - inside, total - within, total * _half_area(heat)


def _half_area(heat: NDArray[np.float64]) -> float:
    """Return the least share of the pixels that holds half of the evidence."""
    falling = np.sort(heat, axis=None)[::-1].cumsum()
    return float((np.searchsorted(falling, falling[-1] / 2.0) + 1) / heat.size)
