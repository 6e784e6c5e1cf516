"""The one slice of voxels with three axes."""

from itertools import permutations

import numpy as np
import pytest

from alzer.scans.placement import Placement
from alzer.scans.plane import slice_of

SPACING_MM = (1.0, 2.0, 3.0)
AFFINE = np.diag([1.0, 2.0, 3.0, 1.0])


@pytest.mark.parametrize("shape", set(permutations((1, 20, 30))))
def test_the_first_long_axis_runs_across_and_the_geometry_goes_along(
    shape: tuple[int, int, int],
) -> None:
    thin = shape.index(1)
    across, down = (axis for axis in range(3) if axis != thin)
    values = np.random.default_rng(0).random(shape)

    scan = slice_of(values, Placement(AFFINE, SPACING_MM), "NIfTI")

    assert scan.shape == (shape[down], shape[across])
    assert scan.spacing_mm == (SPACING_MM[down], SPACING_MM[across])
    index = np.zeros(3, int)
    index[down], index[across] = 7, 11
    assert scan.pixels[7, 11] == np.float32(values[tuple(index)])
    assert scan.affine is not None
    assert (scan.affine @ (7, 11, 0, 1))[:3] == pytest.approx(index * SPACING_MM)


def test_a_spacing_that_is_half_known_is_unknown() -> None:
    values = np.random.default_rng(0).random((20, 30, 1))

    scan = slice_of(values, Placement(None, (1.0, None, None)), "MGH", (2.0, 1.0))

    assert scan.spacing_mm is None
    assert scan.affine is None
    assert scan.pixels == pytest.approx(2.0 * values[:, :, 0].T + 1.0)
