"""The one slice of a file whose voxels have three axes, as a picture."""

import numpy as np

from alzer.scans.bands import Rows
from alzer.scans.placement import Placement
from alzer.scans.reduction import reduced, reduction_of
from alzer.scans.slice import DISPLAY_PERCENTILES, Slice


def picture_shape(sizes: tuple[int, ...]) -> tuple[int, int]:
    """Return rows and columns of the one slice of a file.

    Args:
        sizes: Voxels along the axes i, j and k, of which at least one is 1.

    Returns:
        Of the two long axes, the second, which runs down the page, and the first.
        Values whose first axis changes fastest lie in the file row by row.
    """
    down, across, _ = _axes(sizes)
    return sizes[down], sizes[across]


def slice_of(
    pixels: Rows,
    sizes: tuple[int, ...],
    placement: Placement,
    name: str,
    notes: tuple[str, ...] = (),
) -> Slice:
    """Return the one slice of a file.

    Args:
        pixels: float32, finite.
        sizes: As for `picture_shape`.
        placement: Of the file's axes.
        name: The format's.
        notes: What was put right before.

    Returns:
        The slice, on the file's own grid, or if it is large a reduced one.
    """
    down, across, thin = _axes(sizes)
    rows_mm, columns_mm = (placement.spacing_mm[axis] for axis in (down, across))
    spacing = None if rows_mm is None or columns_mm is None else (rows_mm, columns_mm)
    reduction = reduction_of(pixels.shape, spacing)
    means = reduction.means_by_band(pixels)
    low, high = map(float, np.percentile(means, DISPLAY_PERCENTILES))
    affine = placement.affine
    scan = Slice(
        means,
        name,
        (low, high),
        spacing,
        None if affine is None else affine[:, [down, across, thin, 3]],
        (*notes, *placement.notes),
        placement.warnings,
        tells_sides=placement.is_stated,
    )
    return reduced(scan, means, reduction)


def _axes(sizes: tuple[int, ...]) -> tuple[int, int, int]:
    """Return the axes that run down, across and through the picture."""
    thin = min(range(3), key=lambda axis: sizes[axis])
    across, down = (axis for axis in range(3) if axis != thin)
    return down, across, thin
