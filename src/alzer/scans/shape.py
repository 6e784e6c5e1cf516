"""Measure the shape of what stands out from a picture's background."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# Rows and columns on which shapes are judged.
_SHAPE_GRID = 64


@dataclass(frozen=True)
class Outline:
    """Measurements of the foreground, all dimensionless.

    Attributes:
        area_share: Filled foreground over picture, 0 to 1.
        aspect: Short over long axis of the ellipse of equal moments, 0 to 1.
        ellipse_overlap: Intersection over union with that ellipse, 0 to 1.
        largest_share: Largest connected piece over all foreground, 0 to 1.
        tilt_degrees: Angle between that long axis and the picture's columns, 0 to 90.
        border_share: Share of the picture's border that is foreground, 0 to 1.
        side_share: The same of that side of the picture where it is largest.
        structure: Standard deviation over mean of the values inside.
        outside_level: Mean outside over mean inside.
    """

    area_share: float
    aspect: float
    ellipse_overlap: float
    largest_share: float
    tilt_degrees: float
    border_share: float
    side_share: float
    structure: float
    outside_level: float


def measure(
    values: NDArray[np.float32],
    foreground: NDArray[np.bool_],
    region: NDArray[np.bool_],
    pixel_aspect: float,
) -> Outline:
    """Compute the measurements of one region.

    Args:
        values: shape (row, column), 0 to 1.
        foreground: True where a value belongs to the foreground, the same shape.
        region: True in the largest connected piece, its holes filled.
        pixel_aspect: Distance between rows over distance between columns.

    Returns:
        The measurements.
    """
    inside = values[region]
    outside = values[~region]
    level = max(float(inside.mean()), 1e-6)
    sides = [region[0], region[-1], region[:, 0], region[:, -1]]
    rows, columns = (-(-side // _SHAPE_GRID) for side in region.shape)
    aspect, overlap, tilt = _compare_with_ellipse(
        region[::rows, ::columns], pixel_aspect * rows / columns
    )
    pieces = max(int(foreground.sum()), 1)
    return Outline(
        area_share=float(region.mean()),
        aspect=aspect,
        ellipse_overlap=overlap,
        largest_share=float((foreground & region).sum() / pieces),
        tilt_degrees=tilt,
        border_share=float(np.concatenate(sides).mean()),
        side_share=max(float(side.mean()) for side in sides),
        structure=float(inside.std()) / level,
        outside_level=float(outside.mean()) / level if outside.size else 1.0,
    )


def ellipse_overlap(region: NDArray[np.bool_]) -> float:
    """Return the intersection over union of a region and the ellipse of equal moments.

    Args:
        region: shape (row, column), pixels as wide as high.

    Returns:
        0 to 1; 0 if the region is empty.
    """
    return _compare_with_ellipse(region, 1.0)[1]


def _compare_with_ellipse(
    region: NDArray[np.bool_], pixel_aspect: float
) -> tuple[float, float, float]:
    """Compare a region with the ellipse of equal moments.

    Returns:
        The ellipse's aspect, its overlap with the region, and its tilt in degrees.
    """
    weights = region.astype(np.float64)
    area = float(weights.sum())
    if not area:
        return 0.0, 0.0, 0.0
    by_row, by_column = weights.sum(axis=1), weights.sum(axis=0)
    down = _from_mean(by_row, area) * pixel_aspect
    across = _from_mean(by_column, area)
    # A pixel's own extent adds a twelfth of its square to each variance.
    vertical = float(by_row @ down**2) / area + pixel_aspect**2 / 12.0
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
    aspect = math.sqrt(max(middle - radius, 0.0) / (middle + radius))
    tilt = math.degrees(math.atan2(2.0 * mixed, vertical - horizontal)) / 2.0
    return aspect, _overlap(ellipse, region), abs(tilt)


def _from_mean(counts: NDArray[np.float64], total: float) -> NDArray[np.float64]:
    """Return the distance of each index from the mean index, by counts."""
    indices = np.arange(len(counts))
    return np.asarray(indices - float(counts @ indices) / total, np.float64)


def _overlap(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    """Return what two regions share, of what they cover together."""
    both = float((one & other).sum())
    return both / (float(one.sum()) + float(other.sum()) - both)
