"""Find the head in a slice, and say whether it looks like one at all.

The rules look at the foreground only: one large, roughly elliptical object of
a head's proportions, clear of the picture's edges, with structure inside. They
tell a brain slice from a photograph, not a healthy brain from a tumour.
"""

import math
from dataclasses import dataclass

import cc3d
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from alzer.errors import ConstantImage, NotBrainLike
from alzer.scans.slice import Slice

# Shapes are judged on a grid of at most this many rows and columns: enough for
# an outline, and the cost no longer depends on the size of the file.
OUTLINE_GRID = 128

# Bounds of a plausible slice. Chosen between the extremes over the 6400 slices
# of the OASIS-1 set (docs/decisions/0005-plausibility.md gives both sides).
MIN_SIDE_PIXELS = 32
MIN_AREA_SHARE = 0.12
MAX_AREA_SHARE = 0.92
MIN_ASPECT = 0.55
MIN_ELLIPSE_OVERLAP = 0.80
MIN_LARGEST_SHARE = 0.80
MAX_BORDER_SHARE = 0.25
MIN_STRUCTURE = 0.08
MAX_OUTSIDE_LEVEL = 0.30


@dataclass(frozen=True)
class Outline:
    """Measurements of the foreground, all dimensionless.

    Attributes:
        area_share: Filled foreground over picture, 0 to 1.
        aspect: Short over long axis of the ellipse of equal moments, 0 to 1.
        ellipse_overlap: Intersection over union with that ellipse, 0 to 1.
        largest_share: Largest connected piece over all foreground, 0 to 1.
        border_share: Share of the picture's border that is foreground, 0 to 1.
        structure: Standard deviation over mean of the values inside.
        outside_level: Mean outside over mean inside.
    """

    area_share: float
    aspect: float
    ellipse_overlap: float
    largest_share: float
    border_share: float
    structure: float
    outside_level: float


@dataclass(frozen=True)
class Brain:
    """Where the head is.

    Attributes:
        box: Top, left, bottom and right edge of the foreground in pixels of the
            scan; half-open, so bottom - top is the height.
        outline: What the plausibility rules looked at.
    """

    box: tuple[float, float, float, float]
    outline: Outline


def examine(scan: Slice) -> Brain:
    """Find the head in a scan and refuse what is no plausible brain slice.

    Args:
        scan: One slice.

    Returns:
        The box around the foreground and the measurements of its outline.

    Raises:
        ConstantImage: If all pixels are equal.
        NotBrainLike: If the foreground does not look like a slice of a head;
            the message says which rule failed.
    """
    brain = locate(scan)
    if min(scan.shape) < MIN_SIDE_PIXELS:
        rows, columns = scan.shape
        message = (
            f"The image has {rows} x {columns} pixels, too few to show a brain; "
            f"send one with at least {MIN_SIDE_PIXELS} rows and columns."
        )
        raise NotBrainLike(message)
    failure = _first_failure(brain.outline)
    if failure:
        message = (
            f"This does not look like a brain MRI slice: {failure}. "
            "Send one axial slice showing the whole brain on a dark background."
        )
        raise NotBrainLike(message)
    return brain


def locate(scan: Slice) -> Brain:
    """Find the foreground without judging it.

    Args:
        scan: One slice.

    Returns:
        The box around the largest bright object, and its outline.

    Raises:
        ConstantImage: If all pixels are equal.
    """
    coarse, factor = _coarse_grid(scan.pixels)
    low, high = float(coarse.min()), float(coarse.max())
    if not high > low:
        message = (
            "Every pixel of the image has the same value; "
            "send the slice itself, not an empty frame."
        )
        raise ConstantImage(message)
    coarse = (coarse - low) / (high - low)
    foreground = coarse > _background_threshold(coarse)
    region = _largest_piece(foreground)
    rows = np.flatnonzero(region.any(axis=1))
    columns = np.flatnonzero(region.any(axis=0))
    box = (rows[0], columns[0], rows[-1] + 1, columns[-1] + 1)
    top, left, bottom, right = (float(edge * factor) for edge in box)
    height, width = scan.shape
    return Brain(
        (top, left, min(bottom, float(height)), min(right, float(width))),
        _measure(coarse, foreground, region),
    )


def head_mask(pixels: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Give the pixels of the largest bright object, holes filled.

    Args:
        pixels: shape (row, column), not all equal.

    Returns:
        The same shape; in large pictures blocks of pixels belong together.
    """
    coarse, factor = _coarse_grid(pixels)
    low, high = float(coarse.min()), float(coarse.max())
    coarse = (coarse - low) / max(high - low, 1e-12)
    region = _largest_piece(coarse > _background_threshold(coarse))
    whole = region.repeat(factor, axis=0).repeat(factor, axis=1)
    return whole[: pixels.shape[0], : pixels.shape[1]]


def _coarse_grid(pixels: NDArray[np.float32]) -> tuple[NDArray[np.float32], int]:
    factor = -(-max(pixels.shape) // OUTLINE_GRID)
    if factor == 1:
        return pixels, 1
    # Averages whole blocks, so coarse edges are multiples of the factor.
    return np.asarray(Image.fromarray(pixels).reduce(factor)), factor


def _background_threshold(coarse: NDArray[np.float32]) -> float:
    """Give a value between background and tissue, for values 0 to 1.

    Source: Otsu 1979, doi:10.1109/TSMC.1979.4310076, for the two-class cut;
    halved, since the cut falls between grey and white matter when the
    background is black.
    """
    counts = np.bincount((coarse * 255.0).astype(np.uint8).ravel(), minlength=256)
    share = counts / coarse.size
    below = np.cumsum(share)
    sums = np.cumsum(share * np.arange(256))
    with np.errstate(divide="ignore", invalid="ignore"):
        between = (sums[-1] * below - sums) ** 2 / (below * (1.0 - below))
    cut = int(np.nanargmax(np.where(np.isfinite(between), between, -1.0)))
    return (cut + 0.5) / 255.0 / 2.0


def _largest_piece(foreground: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Give the largest connected piece, its holes filled."""
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


def _measure(
    coarse: NDArray[np.float32],
    foreground: NDArray[np.bool_],
    region: NDArray[np.bool_],
) -> Outline:
    inside = coarse[region]
    outside = coarse[~region]
    level = max(float(inside.mean()), 1e-6)
    border = np.concatenate([region[0], region[-1], region[:, 0], region[:, -1]])
    # Every second row and column is enough for a shape, at a quarter of the cost.
    aspect, overlap = _compare_with_ellipse(region[::2, ::2])
    pieces = max(int(foreground.sum()), 1)
    return Outline(
        area_share=float(region.mean()),
        aspect=aspect,
        ellipse_overlap=overlap,
        largest_share=float((foreground & region).sum() / pieces),
        border_share=float(border.mean()),
        structure=float(inside.std()) / level,
        outside_level=float(outside.mean()) / level if outside.size else 1.0,
    )


def _compare_with_ellipse(region: NDArray[np.bool_]) -> tuple[float, float]:
    """Give the aspect and overlap of the ellipse with the region's moments."""
    weights = region.astype(np.float64)
    area = float(weights.sum())
    if not area:
        return 0.0, 0.0
    by_row, by_column = weights.sum(axis=1), weights.sum(axis=0)
    down = np.arange(len(by_row)) - float(by_row @ np.arange(len(by_row))) / area
    across = (
        np.arange(len(by_column)) - float(by_column @ np.arange(len(by_column))) / area
    )
    # A pixel is a square of side 1, which adds 1/12 to each variance.
    vertical = float(by_row @ down**2) / area + 1.0 / 12.0
    horizontal = float(by_column @ across**2) / area + 1.0 / 12.0
    mixed = float(down @ weights @ across) / area
    # Eigenvalues and inverse of the covariance, written out: for two by two that
    # is a fraction of a call to LAPACK.
    middle = (vertical + horizontal) / 2.0
    radius = math.hypot((vertical - horizontal) / 2.0, mixed)
    determinant = vertical * horizontal - mixed**2
    # An ellipse with semi-axis a has the variance a**2 / 4 along it.
    ellipse = (
        (horizontal * down**2)[:, None]
        - (2.0 * mixed * down)[:, None] * across
        + vertical * across**2
    ) <= 4.0 * determinant
    both = float((ellipse & region).sum())
    overlap = both / (float(ellipse.sum()) + area - both)
    return math.sqrt(max(middle - radius, 0.0) / (middle + radius)), overlap


def _first_failure(outline: Outline) -> str | None:
    """Say in a phrase which rule the outline breaks first, if any."""
    rules = (
        (outline.area_share < MIN_AREA_SHARE, "there is no large bright object"),
        (outline.area_share > MAX_AREA_SHARE, "there is no background around it"),
        (
            outline.border_share > MAX_BORDER_SHARE,
            "the object runs out of the picture",
        ),
        (
            outline.largest_share < MIN_LARGEST_SHARE,
            "there are several separate objects",
        ),
        (outline.aspect < MIN_ASPECT, "the object is too long and thin"),
        (
            outline.ellipse_overlap < MIN_ELLIPSE_OVERLAP,
            "the object's outline is not that of a head",
        ),
        (
            outline.outside_level > MAX_OUTSIDE_LEVEL,
            "the background is not dark",
        ),
        (outline.structure < MIN_STRUCTURE, "there is no structure inside"),
    )
    return next((phrase for broken, phrase in rules if broken), None)
