"""Find the head in a slice: the box around it, and the shape of its outline.

Convention: a box counts edges, so that pixel k lies between k and k + 1.
"""

from dataclasses import dataclass, replace

import cc3d
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from alzer.errors import ConstantImage
from alzer.scans.canonical import Edges, canonical_reversal, reverse, reverse_box
from alzer.scans.foreground import Foreground
from alzer.scans.frame import find_frame
from alzer.scans.orientation import StandardView
from alzer.scans.shape import Outline, measure

# Larger pictures are averaged to at most this many rows and columns: noise then
# makes no edges, and the cost no longer depends on the size of the file.
OUTLINE_GRID = 256

# Of all pixels, those at either end that are not believed: a single damaged pixel,
# or text burnt into the picture, would set the scale for all others.
OUTLIER_PERCENT = 0.1

# Edges are rounded to this part of a pixel, so that reversing a picture and its box
# is exact in floating point.
_EDGE_STEPS = 1024.0


@dataclass(frozen=True)
class Head:
    """Where the head is.

    Attributes:
        box: Top, left, bottom and right edge of the foreground in pixels of the
            standard view, to a fraction of a pixel.
        outline: The shape of the foreground.
        view: What was looked at: the slice's view, a bright frame around it made dark.
        doubts: Why an answer for this picture can't be relied on, one sentence each,
            with what to do.
        warnings: What a reader of the answer must know.
    """

    box: Edges
    outline: Outline
    view: StandardView
    doubts: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Grid:
    """A picture on the grid on which its outline is found.

    Attributes:
        values: shape (row, column), 0 to 1 between the believed extremes.
        factors: Rows, and columns, of the picture per row and column of the grid.
    """

    values: NDArray[np.float32]
    factors: tuple[int, int]


def locate(view: StandardView) -> Head:
    """Find the foreground without judging it; as `trace`, without the foreground."""
    return trace(view)[0]


def trace(view: StandardView) -> tuple[Head, Foreground]:
    """Find the foreground without judging it.

    The outline of a picture's mirror image, or of its half turn, is exactly the
    mirror image, or the half turn, of the outline.

    Args:
        view: One slice.

    Returns:
        The box around the largest bright object with its outline, and the foreground.

    Raises:
        ConstantImage: If all pixels are equal.
    """
    frame = find_frame(view.pixels)
    pixels = view.pixels if frame is None else frame.inner(view.pixels)
    reversal = canonical_reversal(pixels)
    grid = _to_grid(reverse(pixels, reversal))
    level = _background_threshold(grid.values)
    mask = grid.values > level
    region = _largest_piece(mask)
    box = reverse_box(_box(grid, region, level, pixels.shape), pixels.shape, reversal)
    # Pixels of the grid, as they lie in the patient.
    aspect = view.pixel_aspect * grid.factors[0] / grid.factors[1]
    outline = measure(grid.values, mask, region, aspect)
    if frame is not None:
        box = frame.to_outer(box)
        view = replace(view, pixels=frame.darkened(view.pixels))
    return Head(box, outline, view), Foreground(grid.values, mask, region)


def _box(
    grid: _Grid, region: NDArray[np.bool_], level: float, shape: tuple[int, ...]
) -> Edges:
    top, bottom = _extent(grid.values, region, level, grid.factors[0], shape[0])
    left, right = _extent(grid.values.T, region.T, level, grid.factors[1], shape[1])
    return top, left, bottom, right


def head_mask(pixels: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Return the pixels of the largest bright object, holes filled.

    Args:
        pixels: shape (row, column), not all equal.

    Returns:
        The same shape; in large pictures blocks of pixels belong together.
    """
    grid = _to_grid(pixels)
    region = _largest_piece(grid.values > _background_threshold(grid.values))
    whole = region.repeat(grid.factors[0], axis=0).repeat(grid.factors[1], axis=1)
    return whole[: pixels.shape[0], : pixels.shape[1]]


def believed_range(pixels: NDArray[np.float32]) -> tuple[float, float]:
    """Compute the lowest and the highest value that are not outliers.

    Args:
        pixels: shape (row, column).

    Returns:
        Two values of the picture, its extremes where only few pixels differ.
    """
    flat = pixels.ravel()
    count = int(flat.size * OUTLIER_PERCENT / 100.0)
    ordered = np.partition(flat, (count, flat.size - 1 - count))
    low, high = float(ordered[count]), float(ordered[flat.size - 1 - count])
    return (low, high) if high > low else (float(flat.min()), float(flat.max()))


def _to_grid(pixels: NDArray[np.float32]) -> _Grid:
    rows, columns = (-(-side // OUTLINE_GRID) for side in pixels.shape)
    values = pixels
    if (rows, columns) != (1, 1):
        # Averages whole blocks; the last ones may be smaller.
        values = np.asarray(
            Image.fromarray(np.ascontiguousarray(pixels)).reduce((columns, rows))
        )
    low, high = believed_range(values)
    if not high > low:
        message = (
            "Every pixel of the image has the same value; "
            "send the slice itself, not an empty frame."
        )
        raise ConstantImage(message)
    return _Grid(np.clip((values - low) / (high - low), 0.0, 1.0), (rows, columns))


def _extent(
    values: NDArray[np.float32],
    region: NDArray[np.bool_],
    level: float,
    factor: int,
    length: int,
) -> tuple[float, float]:
    """Find where the region begins and ends along the first axis, in pixels."""
    begin = _edge(values, region, level)
    end = len(values) - _edge(values[::-1], region[::-1], level)
    first, last = (
        round(min(max(edge * factor, 0.0), float(length)) * _EDGE_STEPS) / _EDGE_STEPS
        for edge in (begin, end)
    )
    return first, last


def _edge(
    values: NDArray[np.float32], region: NDArray[np.bool_], level: float
) -> float:
    """Find the first edge of the region along the first axis, in rows.

    Between the last row outside and the first row inside, values are taken to change
    linearly; the edge lies where the first of them passes the level.
    """
    first = int(region.any(axis=1).argmax())
    if first == 0:
        return 0.0
    columns = region[first]
    inside = values[first, columns].astype(np.float64)
    outside = values[first - 1, columns].astype(np.float64)
    share = np.clip((level - outside) / np.maximum(inside - outside, 1e-12), 0.0, 1.0)
    # The centres of the two rows lie half a row before and after their border.
    return first - 0.5 + float(share.min())


def _background_threshold(values: NDArray[np.float32]) -> float:
    """Compute a value between background and tissue, for values 0 to 1.

    Source: Otsu 1979, doi:10.1109/TSMC.1979.4310076, for the two-class cut;
    halved, since the cut falls between grey and white matter when the
    background is black.
    """
    counts = np.bincount((values * 255.0).astype(np.uint8).ravel(), minlength=256)
    share = counts / values.size
    below = np.cumsum(share)
    sums = np.cumsum(share * np.arange(256))
    with np.errstate(divide="ignore", invalid="ignore"):
        between = (sums[-1] * below - sums) ** 2 / (below * (1.0 - below))
    cut = int(np.nanargmax(np.where(np.isfinite(between), between, -1.0)))
    return (cut + 0.5) / 255.0 / 2.0


def _largest_piece(foreground: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the largest connected piece, its holes filled."""
    # A hole is background that can't be reached from outside. Filling comes
    # first, so that a skull belongs to the head that it surrounds.
    return _largest_label(~_border_connected(~foreground))


def _largest_label(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    labels = cc3d.connected_components(mask, connectivity=4)
    sizes = np.bincount(labels.ravel())
    sizes[0] = 0
    return np.asarray(labels == sizes.argmax())


def _border_connected(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    padded = np.pad(mask, 1, constant_values=True)
    labels = cc3d.connected_components(padded, connectivity=4)
    return np.asarray(labels == labels[0, 0])[1:-1, 1:-1]
