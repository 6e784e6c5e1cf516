"""The one slice of a file whose voxels have three axes, as a picture."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from alzer.scans.placement import Placement
from alzer.scans.slice import DISPLAY_PERCENTILES, Slice
from alzer.scans.values import to_pixels


def slice_of(
    values: NDArray[Any],
    placement: Placement,
    name: str,
    scaling: tuple[float, float] = (1.0, 0.0),
    notes: tuple[str, ...] = (),
) -> Slice:
    """Return the one slice of a file.

    Args:
        values: As stored, shape (i, j, k), of which at least one is 1. Of the two
            long axes, the first runs across the page.
        placement: Of the file's axes.
        name: The format's.
        scaling: Slope and intercept, finite.
        notes: What was put right before.

    Returns:
        The slice, on the file's own grid.

    Raises:
        InvalidValues: No value is a finite number.
    """
    thin = min(range(3), key=lambda axis: values.shape[axis])
    across, down = (axis for axis in range(3) if axis != thin)
    order = (down, across, thin)
    pixels, more = to_pixels(values.transpose(order)[..., 0], *scaling)
    low, high = map(float, np.percentile(pixels, DISPLAY_PERCENTILES))
    rows_mm, columns_mm = (placement.spacing_mm[axis] for axis in (down, across))
    affine = placement.affine
    return Slice(
        pixels,
        name,
        (low, high),
        None if rows_mm is None or columns_mm is None else (rows_mm, columns_mm),
        None if affine is None else affine[:, [*order, 3]],
        notes + more,
        placement.warnings,
    )
