"""The one slice of voxels with three axes."""

from itertools import permutations

import numpy as np
import pytest

from alzer.scans.bands import rows_of
from alzer.scans.placement import Placement
from alzer.scans.plane import picture_shape, slice_of

SPACING_MM = (1.0, 2.0, 3.0)
AFFINE = np.diag([1.0, 2.0, 3.0, 1.0])
PIXELS = np.random.default_rng(0).random((20, 30), np.float32)


@pytest.mark.parametrize("sizes", sorted(permutations((1, 20, 30))))
def test_the_first_long_axis_runs_across_and_the_geometry_goes_along(
    sizes: tuple[int, ...],
) -> None:
    across, down = (axis for axis in range(3) if sizes[axis] > 1)
    rows, columns = picture_shape(sizes)
    pixels = PIXELS.reshape(rows, columns)

    scan = slice_of(rows_of(pixels), sizes, Placement(AFFINE, SPACING_MM), "NIfTI")

    assert (rows, columns) == (sizes[down], sizes[across])
    assert (scan.pixels == pixels).all()
    assert scan.spacing_mm == (SPACING_MM[down], SPACING_MM[across])
    voxel = np.zeros(3)
    voxel[down], voxel[across] = 7, 11
    assert scan.affine is not None
    assert (scan.affine @ (7, 11, 0, 1))[:3] == pytest.approx(voxel * SPACING_MM)


def test_a_spacing_that_is_half_known_is_unknown() -> None:
    placement = Placement(None, (1.0, None, None))

    scan = slice_of(rows_of(PIXELS), (30, 20, 1), placement, "MGH")

    assert scan.spacing_mm is None
    assert scan.affine is None
