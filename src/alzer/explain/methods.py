"""The ways to explain an answer by a map: one row each.

A new method is a file with a function from the class maps to the cells that are drawn,
and a row of `METHODS`. Command line, HTTP interface, page and messages read the rows.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from alzer.errors import InvalidRequest
from alzer.explain.additive import additive_map
from alzer.explain.contrastive import contrastive_map
from alzer.explain.gradcam import grad_cam

Floats = NDArray[np.float32]

# Where the scales of signed maps end, in logit units, the same for all classes and
# people. Of 600 slices of 200 people of OASIS-1 and alzer-resnet50 3, 97 % of what is
# drawn of the contrastive maps of answers lies within, and more than 99 % of additive
# ones (docs/decisions/0028-evidence-maps.md).
ADDITIVE_RANGE: Final = 5.0
CONTRASTIVE_RANGE: Final = 10.0


@dataclass(frozen=True)
class Scale:
    """What the ends of a colour bar stand for.

    Attributes:
        low: In `unit`.
        high: Likewise.
        unit: In words that follow a number.
        ends: What the low and the high end mean, in a word or two.
        is_signed: Whether 0 lies in the middle, and what is beyond an end is drawn
            as the end.
    """

    low: float
    high: float
    unit: str
    ends: tuple[str, str]
    is_signed: bool

    def positions(self, values: Floats) -> Floats:
        """Return where on the scale values lie, 0 to 1, with the same shape."""
        share = (values - np.float32(self.low)) / np.float32(self.high - self.low)
        return np.asarray(np.clip(share, 0.0, 1.0), np.float32)

    def within(self, limit: float) -> "Scale":
        """Return the scale with other ends.

        Args:
            limit: Largest value, above 0; the smallest one is its opposite. A scale
                that has no sign stays as it is.

        Raises:
            InvalidRequest: If the limit is not a number above 0.
        """
        if not 0.0 < limit < np.inf:
            message = f"The range of a scale must be a number above 0, got {limit}."
            raise InvalidRequest(message)
        return replace(self, low=-limit, high=limit) if self.is_signed else self

    @property
    def ticks(self) -> tuple[tuple[float, str], ...]:
        """Positions along the scale, 0 to 1, and the numbers that stand there."""
        steps, span = 8 if self.is_signed else 4, self.high - self.low
        places = [step / steps for step in range(steps + 1)]
        return tuple((at, self._number(self.low + at * span)) for at in places)

    def _number(self, value: float) -> str:
        if not self.is_signed:
            return f"{value:g}"
        sign = "+" if value > 0.0 else "\N{MINUS SIGN}" if value < 0.0 else ""
        return f"{sign}{abs(value):g}"


def _logits(limit: float) -> Scale:
    return Scale(
        -limit,
        limit,
        "logit units, more than the ends drawn as the ends",
        ("against it", "for it"),
        is_signed=True,
    )


_SHARE: Final = Scale(
    0.0, 100.0, "% of this map's highest value", ("none", "most"), is_signed=False
)


def _percent(maps: Floats, label: int) -> Floats | None:
    heat = grad_cam(maps, label)
    return None if heat is None else heat * np.float32(100.0)


@dataclass(frozen=True)
class Method:
    """One way to explain an answer.

    Attributes:
        name: For programs.
        title: For people.
        meaning: What its map shows, in a sentence; `{name}` stands for the class.
        scale: What its colours stand for.
        cells: From the class maps, shape (class, row, column) in logit units, and the
            index of a class to what is drawn, shape (row, column) in units of the
            scale; None if there is nothing to draw.
    """

    name: str
    title: str
    meaning: str
    scale: Scale
    cells: Callable[[Floats, int], Floats | None]


# The first one is what is drawn where nobody asks.
METHODS: Final = (
    Method(
        "grad-cam",
        "Grad-CAM",
        "What spoke for '{name}', as a share of the most that did so anywhere in this "
        "slice. What spoke against it is not drawn.",
        _SHARE,
        _percent,
    ),
    Method(
        "additive",
        "Additive evidence",
        "What each place adds to the logit of '{name}', or takes from it: the mean of "
        "the map and the bias of the class are the logit.",
        _logits(ADDITIVE_RANGE),
        additive_map,
    ),
    Method(
        "contrastive",
        "Contrastive evidence",
        "What told '{name}' from the other classes: its map less the mean of the four, "
        "as only differences between classes change a probability.",
        _logits(CONTRASTIVE_RANGE),
        contrastive_map,
    ),
)


def method_named(name: str) -> Method:
    """Return the method of a name.

    Args:
        name: As its row has it.

    Raises:
        KeyError: There is none of that name.
    """
    return {method.name: method for method in METHODS}[name]
