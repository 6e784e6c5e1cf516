"""The maps of one slice, drawn on its picture: clipped to the head, with a legend."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from alzer.explain.additive import LogitSum, logit_sum
from alzer.explain.field import head_in
from alzer.explain.methods import METHODS, Method, Scale
from alzer.explain.palettes import Palette, choose_palette
from alzer.model.evidence import SliceEvidence
from alzer.model.geometry import Geometry
from alzer.scans.orientation import square_shape

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class MapStyle:
    """How a map is drawn.

    Attributes:
        method: What it shows.
        palette: In which colours.
        scale: What the ends of the colours stand for.
        cells: Whether as the cells that it is made of; else smoothly.
    """

    method: Method
    palette: Palette
    scale: Scale
    cells: bool = False


def choose_style(
    method: Method = METHODS[0],
    palette: str | None = None,
    limit: float | None = None,
    *,
    cells: bool = False,
) -> MapStyle:
    """Put a style together.

    Args:
        method: What is drawn.
        palette: Name of the colours; None: the method's usual ones.
        limit: Where a signed scale ends, in logit units, the same for all classes and
            people; None: where the method's row says.
        cells: Whether cells are shown as such.

    Returns:
        The style.

    Raises:
        InvalidRequest: The palette does not suit the method, or the limit is no number
            above 0.
    """
    scale = method.scale if limit is None else method.scale.within(limit)
    return MapStyle(method, choose_palette(method, palette), scale, cells)


@dataclass(frozen=True)
class CellSize:
    """How much of the picture one cell of a map covers.

    Attributes:
        pixels: Rows and columns of the picture.
        mm: The same in millimetres; None where the file does not tell.
    """

    pixels: tuple[float, float]
    mm: tuple[float, float] | None

    @property
    def text(self) -> str:
        """The size in a sentence."""
        rows, columns = self.pixels
        size = f"{rows:.0f} x {columns:.0f} pixels"
        if self.mm is not None:
            high, wide = self.mm
            size += f", {high:.0f} x {wide:.0f} mm"
        return f"One cell of the map covers {size}; nothing finer can be read from it."


@dataclass(frozen=True)
class SliceMaps:
    """What the maps of one slice are drawn from.

    Attributes:
        evidence: Of the network.
        pixel_aspect: Of the standard view: distance between its rows over distance
            between its columns.
        spacing_mm: Distance between rows and between columns of the standard view;
            None where the file does not tell.
    """

    evidence: SliceEvidence
    pixel_aspect: float = 1.0
    spacing_mm: tuple[float, float] | None = None

    @cached_property
    def geometry(self) -> Geometry:
        """Where the network's field of view lies on the slice's picture."""
        geometry = self.evidence.geometry
        shape = square_shape(geometry.view_shape, self.pixel_aspect)
        return geometry.resized(shape)

    @cached_property
    def head(self) -> NDArray[np.bool_]:
        """Which pixels of the picture belong to the head, shape (row, column)."""
        inside = head_in(self.evidence.pixels).astype(np.float32)
        return np.asarray(self.geometry.paint(inside, stride=1) >= 0.5)

    @cached_property
    def seen(self) -> NDArray[np.uint8]:
        """What the network saw, on the pixels of the picture, 0 to 255."""
        pixels = self.evidence.pixels
        low, high = float(pixels.min()), float(pixels.max())
        shares = (pixels - low) / max(high - low, 1e-6)
        painted = self.geometry.paint(shares.astype(np.float32), stride=1)
        return np.asarray(np.rint(255.0 * np.clip(painted, 0.0, 1.0)), np.uint8)

    @property
    def cell_size(self) -> CellSize:
        """How coarse the maps are."""
        rows, columns = self.geometry.cell_pixels
        if self.spacing_mm is None:
            return CellSize((rows, columns), None)
        cell = self.evidence.geometry.cell_pixels
        high, wide = (
            size * step for size, step in zip(cell, self.spacing_mm, strict=True)
        )
        return CellSize((rows, columns), (high, wide))

    def sum_of(self, label: int) -> LogitSum:
        """Return how the logit of a class comes about.

        Args:
            label: Index of the class.
        """
        return logit_sum(self.evidence.logits, self.evidence.maps, label)

    def values(self, style: MapStyle, label: int) -> Floats | None:
        """Return a map on the pixels of the picture.

        Args:
            style: What it shows, and whether as cells.
            label: Index of the class.

        Returns:
            shape (row, column), in the unit of the scale; None if there is nothing to
            draw. 0 where the network did not look.
        """
        cells = style.method.cells(self.evidence.maps, label)
        if cells is None:
            return None
        return self.geometry.paint(cells, nearest=style.cells)

    def draw(self, style: MapStyle, label: int) -> NDArray[np.uint8] | None:
        """Draw a map as a layer to be laid over the picture.

        Args:
            style: How.
            label: Index of the class.

        Returns:
            shape (row, column, channel = red, green, blue, alpha), 0 to 255, of the
            picture's size, transparent outside the head; None if there is nothing to
            draw.
        """
        values = self.values(style, label)
        if values is None:
            return None
        positions = style.scale.positions(values)
        layer = style.palette.paint(positions, is_signed=style.scale.is_signed)
        layer[~self.head] = 0
        return layer
