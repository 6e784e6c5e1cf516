"""From a slice to the network's input, and back to the slice's own pixels.

One map (a scale for rows and one for columns, a shift, perhaps half a turn) takes the
box around the head into the network's field of view, its back up, its proportions as
in the patient. It is kept beside the input, and maps go back through its inverse.
Training and serving both call `prepare`.

Where two conventions meet: boxes count edges, Pillow's too; pixel indices name centres.
"""

from dataclasses import dataclass, replace
from typing import Annotated, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pydantic import ConfigDict, Field

from alzer.model.geometry import CELL_STRIDE, Geometry
from alzer.scans.canonical import Edges, canonical_reversal, reverse, reverse_box
from alzer.scans.orientation import StandardView
from alzer.scans.outline import believed_range

# Values above this belong to the head, 1 being white.
HEAD_LEVEL = 0.15

# Where black lies below grey matter, in units of the contrast of white to grey matter:
# about where fluid is, so that a mask that leaves out the fluid around the brain and
# one that does not give the same picture.
BLACK_BELOW_GREY = 1.2

# Bins of the histogram that grey and white matter are told apart in.
_TISSUE_BINS = 128

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
        standardisation: What becomes 0 and 1: two percentiles of the input's values,
            or landmarks of the tissue (`tissue_range`).
        black_percentile: Percentile of the input's values that becomes 0, or from
            where on tissue is looked for.
        white_percentile: Percentile that becomes 1, or up to where tissue is looked
            for.
        ceiling: Largest value kept, in units of that 1.
        mean: Subtracted after scaling.
        deviation: Divisor after subtraction.
        cell_stride: Rows and columns of the input from one cell of the maps to the
            next.
    """

    # A card may hold no field that is unknown, and no number that is none.
    __pydantic_config__: ClassVar = ConfigDict(extra="forbid", allow_inf_nan=False)

    height: Annotated[int, Field(ge=1, le=4096)] = 193
    width: Annotated[int, Field(ge=1, le=4096)] = 161
    margin: Annotated[float, Field(ge=0.0, lt=0.5)] = 0.04
    standardisation: Literal["percentiles", "tissue"] = "percentiles"
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
    placed = place(shape, reverse_box(box, shape, reversal), spec, view.pixel_aspect)
    field = _resample(pixels, placed)
    percentiles = _percentiles(field, (spec.black_percentile, spec.white_percentile))
    shape_of_head = _scale(field, percentiles, spec.ceiling)
    standardised = reverse(standardise(field, spec), reversal)
    geometry = place(shape, box, spec, view.pixel_aspect)
    if _is_front_up(view, shape_of_head, rows_reversed=reversal[0]):
        standardised = standardised[::-1, ::-1]
        geometry = replace(geometry, turned=True)
    return PreparedInput(
        np.ascontiguousarray(standardised[None], dtype=np.float32), geometry
    )


def standardise(field: NDArray[np.float32], spec: InputSpec) -> NDArray[np.float32]:
    """Bring the values of a field of view to the network's range.

    The result does not depend on the unit and the zero of the values.

    Args:
        field: shape (row, column), the head at the network's size.
        spec: What the network expects.

    Returns:
        The same shape, standardised.
    """
    percentiles = _percentiles(field, (spec.black_percentile, spec.white_percentile))
    ends = percentiles
    if spec.standardisation == "tissue":
        ends = tissue_range(field, percentiles)
    scaled = _scale(field, ends, spec.ceiling)
    return (scaled - np.float32(spec.mean)) / np.float32(spec.deviation)


def tissue_range(
    field: NDArray[np.float32], percentiles: tuple[float, float]
) -> tuple[float, float]:
    """Find the values of fluid and of white matter by landmarks of the tissue.

    What is brighter than the middle between the percentiles is tissue; Otsu's cut
    parts it into grey and white matter. White is the mean of the white matter, black
    lies `BLACK_BELOW_GREY` times the contrast of the two below the grey matter.

    Args:
        field: shape (row, column).
        percentiles: A low and a high value of the field, without outliers.

    Returns:
        Black and white; the percentiles where no two tissues are found.

    Source: Otsu 1979, doi:10.1109/TSMC.1979.4310076, for the cut; Nyul et al. 2000,
    doi:10.1109/42.836373, for landmarks of the tissue.
    """
    low, high = percentiles
    middle = (low + high) / 2.0
    tissue = np.minimum(field[field > middle], np.float32(high)).astype(np.float64)
    span = high - middle
    if tissue.size < 2 or not span > 0.0:
        return percentiles
    bins = np.minimum((tissue - middle) / span * _TISSUE_BINS, _TISSUE_BINS - 1)
    bins = bins.astype(np.intp)
    counts = np.bincount(bins, minlength=_TISSUE_BINS)
    sums = np.bincount(bins, weights=tissue, minlength=_TISSUE_BINS)
    below, total = np.cumsum(counts), np.cumsum(sums)
    above = counts.sum() - below
    with np.errstate(divide="ignore", invalid="ignore"):
        grey, white = total / below, (total[-1] - total) / above
        between = below * above * (white - grey) ** 2
    cut = int(np.nanargmax(np.where(np.isfinite(between), between, -1.0)))
    contrast = float(white[cut] - grey[cut])
    if not contrast > 1e-6 * abs(high):
        return percentiles
    return float(grey[cut]) - BLACK_BELOW_GREY * contrast, float(white[cut])


def _scale(
    field: NDArray[np.float32], ends: tuple[float, float], ceiling: float
) -> NDArray[np.float32]:
    low, high = ends
    scaled = (field - low) / max(high - low, 1e-6 * abs(high), _SMALLEST_RANGE)
    return np.asarray(np.clip(scaled, 0.0, ceiling), np.float32)


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
