"""From a slice to the network's input, and back to the slice's own pixels.

One map (a scale for rows and one for columns, a shift, perhaps half a turn) takes the
box around the head into the network's field of view, its back up, its proportions as
in the patient. It is kept beside the input, and maps go back through its inverse.
Training and serving both call `prepare`.

Where two conventions meet: a pixel index names the pixel's centre; edges lie
half a pixel before and after. Pillow's `box` counts edges.
"""

from dataclasses import dataclass, replace
from typing import Annotated, ClassVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pydantic import ConfigDict, Field

from alzer.scans.canonical import canonical_reversal, reverse
from alzer.scans.orientation import StandardView
from alzer.scans.outline import Edges, believed_range

# Rows and columns from one cell of the last stage to the next: a ResNet halves
# its input five times (where its last stage is evaluated densely, four times: 16).
# Every one of its kernels is odd and symmetrically padded, so the receptive field of
# cell k is centred on input pixel 32 k, not on the middle of a 32-pixel tile.
# Source: Araujo, Norris & Sim 2019, doi:10.23915/distill.00021, for the rule.
CELL_STRIDE = 32

# Values above this belong to the head, 1 being white.
HEAD_LEVEL = 0.15

# What a range of values is at least, in any unit: float32's smallest normal number.
_SMALLEST_RANGE = float(np.finfo(np.float32).tiny)


@dataclass(frozen=True)
class InputSpec:
    """What the network expects; part of the model's card.

    Attributes:
        height: Rows of the input. With 32 n + 1 rows the first and the last cell
            are centred on the first and the last row.
        width: Columns of the input.
        margin: Free space around the head, as a share of height and of width.
        black_percentile: Percentile of the input's values that becomes 0.
        white_percentile: Percentile that becomes 1.
        ceiling: Largest value kept, in units of that 1.
        mean: Subtracted after scaling.
        deviation: Divisor after subtraction.
        cell_stride: Rows and columns of the input from one cell of the maps to the
            next.
    """

    # For whoever reads one from a file.
    __pydantic_config__: ClassVar = ConfigDict(extra="forbid", allow_inf_nan=False)

    height: Annotated[int, Field(ge=1, le=4096)] = 193
    width: Annotated[int, Field(ge=1, le=4096)] = 161
    margin: Annotated[float, Field(ge=0.0, lt=0.5)] = 0.04
    black_percentile: Annotated[float, Field(ge=0.0, le=100.0)] = 1.0
    white_percentile: Annotated[float, Field(ge=0.0, le=100.0)] = 99.0
    ceiling: Annotated[float, Field(gt=0.0)] = 1.25
    mean: float = 0.43
    deviation: Annotated[float, Field(gt=0.0)] = 0.37
    cell_stride: Annotated[int, Field(ge=1, le=64)] = CELL_STRIDE

    @property
    def cells(self) -> tuple[int, int]:
        """Rows and columns of the maps that the network makes."""
        return -(-self.height // self.cell_stride), -(-self.width // self.cell_stride)


@dataclass(frozen=True)
class Geometry:
    """Where the network's field of view lies on the slice in its standard view.

    Attributes:
        top: First edge of the field, in rows of the view (may be negative).
        left: First edge of the field, in columns of the view.
        scales: Rows of the view per row of the input, columns per column; they
            differ where rows and columns of the view lie differently far apart.
        input_shape: Rows and columns of the input.
        view_shape: Rows and columns of the view.
        turned: Whether the input is the field of view turned by 180 degrees.
        cell_stride: Pixels of the input from one cell of the maps to the next.
    """

    top: float
    left: float
    scales: tuple[float, float]
    input_shape: tuple[int, int]
    view_shape: tuple[int, int]
    turned: bool = False
    cell_stride: int = CELL_STRIDE

    def to_input(self, row: float, column: float) -> tuple[float, float]:
        """Return the input's pixel coordinates of a point of the view."""
        return self._turn(
            (row + 0.5 - self.top) / self.scales[0] - 0.5,
            (column + 0.5 - self.left) / self.scales[1] - 0.5,
        )

    def to_view(self, row: float, column: float) -> tuple[float, float]:
        """Return the view's pixel coordinates of a point of the input."""
        row, column = self._turn(row, column)
        return (
            (row + 0.5) * self.scales[0] + self.top - 0.5,
            (column + 0.5) * self.scales[1] + self.left - 0.5,
        )

    def _turn(self, row: float, column: float) -> tuple[float, float]:
        if not self.turned:
            return row, column
        height, width = self.input_shape
        return height - 1 - row, width - 1 - column

    def paint(
        self, values: NDArray[np.float32], stride: int | None = None
    ) -> NDArray[np.float32]:
        """Carry a map back onto the view's pixels, bilinearly.

        Args:
            values: shape (row, column); value k is centred on input pixel
                k times stride.
            stride: Input pixels between neighbouring values; those of the cells, if
                it is not given.

        Returns:
            shape (row, column) of the view; 0 where the network did not look.
        """
        stride = stride or self.cell_stride
        down = self._weights(0, self.top, values.shape[0], stride)
        across = self._weights(1, self.left, values.shape[1], stride)
        return (down @ values @ across.T).astype(np.float32)

    def _weights(
        self, axis: int, start: float, count: int, stride: int
    ) -> NDArray[np.float32]:
        """Compute the share of each value in each pixel along one axis.

        Returns:
            shape (pixel, value); rows sum to 1 inside the field of view, else 0.
        """
        pixel = np.arange(self.view_shape[axis])
        position = (pixel + 0.5 - start) / self.scales[axis] - 0.5
        if self.turned:
            position = self.input_shape[axis] - 1 - position
        seen = (position >= -0.5) & (position <= self.input_shape[axis] - 0.5)
        cell = np.clip(position / stride, 0, count - 1)
        lower = np.minimum(cell.astype(np.intp), max(count - 2, 0))
        upper = np.minimum(lower + 1, count - 1)
        share = (cell - lower).astype(np.float32)
        weights = np.zeros((len(pixel), count), np.float32)
        weights[pixel, lower] += 1.0 - share
        weights[pixel, upper] += share
        weights[~seen] = 0.0
        return weights


@dataclass(frozen=True)
class PreparedInput:
    """One input of the network and the way back.

    Attributes:
        pixels: float32, shape (channel = 1, row, column), standardised.
        geometry: Where it lies on the slice.
    """

    pixels: NDArray[np.float32]
    geometry: Geometry


def prepare(view: StandardView, box: Edges, spec: InputSpec) -> PreparedInput:
    """Bring the head to the network's size, its back up, its values to one range.

    The input of a mirror image is exactly the mirror image of the input; a picture
    that is turned by 180 degrees gets the same input.

    Args:
        view: One slice.
        box: Top, left, bottom, right edge of the head, in pixels of the view.
        spec: What the network expects.

    Returns:
        The standardised input and its geometry.
    """
    reversal = canonical_reversal(view.pixels)
    pixels = reverse(view.pixels, reversal)
    shape = view.pixels.shape
    placed = place(shape, _reverse_box(box, shape, reversal), spec, view.pixel_aspect)
    field = _resample(pixels, placed)
    low, high = _percentiles(field, (spec.black_percentile, spec.white_percentile))
    scaled = (field - low) / max(high - low, 1e-6 * abs(high), _SMALLEST_RANGE)
    np.clip(scaled, 0.0, spec.ceiling, out=scaled)
    standardised = (reverse(scaled, reversal) - spec.mean) / spec.deviation
    geometry = place(shape, box, spec, view.pixel_aspect)
    if _is_front_up(view, scaled, rows_reversed=reversal[0]):
        standardised = standardised[::-1, ::-1]
        geometry = replace(geometry, turned=True)
    return PreparedInput(
        np.ascontiguousarray(standardised[None], dtype=np.float32), geometry
    )


def _reverse_box(
    box: Edges, shape: tuple[int, int], reversal: tuple[bool, bool]
) -> Edges:
    top, left, bottom, right = box
    if reversal[0]:
        top, bottom = shape[0] - bottom, shape[0] - top
    if reversal[1]:
        left, right = shape[1] - right, shape[1] - left
    return top, left, bottom, right


def _is_front_up(
    view: StandardView, scaled: NDArray[np.float32], *, rows_reversed: bool
) -> bool:
    """Decide whether the front of the head is at the top of the view.

    Where the file does not say so, the head's shape does: it is wider at the back.
    Turned by 180 degrees, a picture always gets the opposite answer.
    """
    if view.orientation is not None and view.orientation[0] in "AP":
        return view.orientation[0] == "P"  # rows lead to the back
    extent = np.count_nonzero(scaled > HEAD_LEVEL, axis=1)
    from_middle = np.arange(len(extent)) - (len(extent) - 1) / 2.0
    wider_below = float(extent @ from_middle) > 0.0
    return wider_below is not rows_reversed


def place(
    shape: tuple[int, ...], box: Edges, spec: InputSpec, pixel_aspect: float = 1.0
) -> Geometry:
    """Fit a box into the field of view: centred, its proportions kept.

    Args:
        shape: Rows and columns of the view.
        box: Top, left, bottom, right edge to fit, in pixels of the view.
        spec: What the network expects.
        pixel_aspect: Distance between rows over distance between columns.

    Returns:
        The map between view and input.
    """
    top, left, bottom, right = box
    inner = 1.0 - 2.0 * spec.margin
    # In columns of the view, whose spacing is the unit of length here.
    scale = max(
        (bottom - top) * pixel_aspect / (spec.height * inner),
        (right - left) / (spec.width * inner),
    )
    scales = scale / pixel_aspect, scale
    rows, columns = shape
    return Geometry(
        top=(top + bottom - scales[0] * spec.height) / 2.0,
        left=(left + right - scales[1] * spec.width) / 2.0,
        scales=scales,
        input_shape=(spec.height, spec.width),
        view_shape=(rows, columns),
        cell_stride=spec.cell_stride,
    )


def _resample(pixels: NDArray[np.float32], geometry: Geometry) -> NDArray[np.float32]:
    """Resample the field of view, with antialiasing when it shrinks."""
    height, width = geometry.input_shape
    bottom = geometry.top + geometry.scales[0] * height
    right = geometry.left + geometry.scales[1] * width
    # The part that is needed, with a rim for the filter to read.
    rims = [int(np.ceil(scale)) + 1 for scale in geometry.scales]
    first_row = int(np.floor(geometry.top)) - rims[0]
    first_column = int(np.floor(geometry.left)) - rims[1]
    last_row, last_column = (
        int(np.ceil(edge)) + rim
        for edge, rim in zip((bottom, right), rims, strict=True)
    )
    part = _cut(pixels, (first_row, last_row), (first_column, last_column))
    resized = Image.fromarray(part).resize(
        (width, height),
        Image.Resampling.BILINEAR,
        box=(
            geometry.left - first_column,
            geometry.top - first_row,
            right - first_column,
            bottom - first_row,
        ),
    )
    return np.asarray(resized)


def _cut(
    pixels: NDArray[np.float32], rows: tuple[int, int], columns: tuple[int, int]
) -> NDArray[np.float32]:
    """Cut a rectangle that may reach beyond the picture, without outliers.

    Beyond the picture it is as dark as the picture's darkest parts.
    """
    height, width = pixels.shape
    low, high = believed_range(pixels)
    inside = pixels[
        max(rows[0], 0) : min(rows[1], height),
        max(columns[0], 0) : min(columns[1], width),
    ]
    before = max(-rows[0], 0), max(-columns[0], 0)
    part = np.full((rows[1] - rows[0], columns[1] - columns[0]), low, np.float32)
    # What is a little brighter than nearly all else may be real; a damaged pixel
    # that is many times brighter would stain its neighbours when it is averaged.
    np.clip(
        inside,
        low,
        high + (high - low),
        out=part[
            before[0] : before[0] + inside.shape[0],
            before[1] : before[1] + inside.shape[1],
        ],
    )
    return part


def _percentiles(
    values: NDArray[np.float32], percents: tuple[float, float]
) -> tuple[float, float]:
    """Compute two order statistics; partitioning is quicker than np.percentile."""
    flat = values.ravel()
    ranks = [round(percent / 100.0 * (flat.size - 1)) for percent in percents]
    ordered = np.partition(flat, ranks)
    return float(ordered[ranks[0]]), float(ordered[ranks[1]])
