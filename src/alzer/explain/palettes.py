"""The colours that maps are drawn in: one row each.

A new palette is a row of `PALETTES`, and a file if it is more than a table.
"""

from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from alzer.errors import InvalidRequest
from alzer.explain.colormaps import CIVIDIS, JET, VIRIDIS, Table
from alzer.explain.contours import draw_contours
from alzer.explain.methods import METHODS, Method, Scale

Floats = NDArray[np.float32]
Layer = NDArray[np.uint8]

# Blue against, orange for: they differ in lightness and in hue to people who tell no
# red from green, and no blue from yellow.
AGAINST: Final = (40, 130, 255)
FOR: Final = (255, 140, 0)


class Paint(Protocol):
    """Colours positions on a scale."""

    def __call__(self, positions: Floats, *, is_signed: bool) -> Layer:
        """Return a layer of colours.

        Args:
            positions: shape (row, column), 0 to 1.
            is_signed: Whether 0.5 stands for zero.

        Returns:
            shape (row, column, channel = red, green, blue, alpha), 0 to 255.
        """


@dataclass(frozen=True)
class Palette:
    """Some colours for a scale.

    Attributes:
        name: For programs.
        title: For people.
        signs: Whether it suits scales with a sign (True), without one (False).
        opacity: The share of it in an overlay where nobody asks, 0 to 1.
        paint: What colours a map, and its legend.
    """

    name: str
    title: str
    signs: frozenset[bool]
    opacity: float
    paint: Paint

    def suits(self, scale: Scale) -> bool:
        """Return whether a scale can be read from these colours."""
        return scale.is_signed in self.signs


@dataclass(frozen=True)
class _Colours:
    """Colours from a table, shape (entry, channel = 4), 0 to 255."""

    table: Layer

    def __call__(self, positions: Floats, *, is_signed: bool) -> Layer:
        del is_signed  # the table knows
        entries = np.rint(positions * np.float32(len(self.table) - 1))
        return np.asarray(self.table.take(entries.astype(np.intp), axis=0))


def _opaque(colours: Table) -> _Colours:
    alpha = np.full((len(colours), 1), 255, np.uint8)
    return _Colours(np.hstack([colours, alpha]))


def _diverging() -> _Colours:
    """Return two hues that cover the more the further a value is from zero.

    The number of entries is odd: zero has one of its own, which is transparent.
    """
    signed = np.linspace(-1.0, 1.0, 255)[:, None]
    colours = np.where(signed < 0.0, AGAINST, FOR)
    return _Colours(
        np.hstack([colours, np.rint(255.0 * np.abs(signed))]).astype(np.uint8)
    )


_UNSIGNED: Final = frozenset({False})
_SIGNED: Final = frozenset({True})

# Of those that suit a method, the first one is taken where nobody asks.
PALETTES: Final = (
    Palette("jet", "JET", _UNSIGNED, 0.4, _opaque(JET)),
    Palette("viridis", "Viridis", _UNSIGNED, 0.5, _opaque(VIRIDIS)),
    Palette("cividis", "Cividis", _UNSIGNED, 0.5, _opaque(CIVIDIS)),
    Palette("blue-orange", "Blue and orange", _SIGNED, 0.8, _diverging()),
    Palette("contours", "Grey contours", _UNSIGNED | _SIGNED, 1.0, draw_contours),
)


def palettes_for(method: Method) -> tuple[Palette, ...]:
    """Return the palettes that suit a method's scale, the usual one first."""
    return tuple(each for each in PALETTES if each.suits(method.scale))


def choose_palette(method: Method, name: str | None) -> Palette:
    """Return the palette of a name.

    Args:
        method: What is drawn.
        name: As a row has it; None: the usual one of the method.

    Returns:
        The palette.

    Raises:
        InvalidRequest: There is none of that name that suits the method; the message
            says which there are.
    """
    found = {each.name: each for each in palettes_for(method)}
    if name is None:
        return next(iter(found.values()))
    if name not in found:
        message = (
            f"The map '{method.name}' can't be read in the palette '{name}'. Choose "
            f"one of: {', '.join(found)}."
        )
        raise InvalidRequest(message)
    return found[name]


def combinations() -> tuple[tuple[Method, Palette], ...]:
    """Return every method with each palette that suits it."""
    return tuple((method, each) for method in METHODS for each in palettes_for(method))
