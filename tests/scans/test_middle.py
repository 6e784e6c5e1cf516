"""A volume is shown by its middle, however it lies in its file."""

from itertools import permutations, product

import numpy as np
import pytest

from alzer.scans.middle import middle_slice
from alzer.scans.orientation import picture_of, to_standard_view
from alzer.scans.volume import Volume

# 6 x 10 x 14 voxels to the right, to the front and to the head.
SHAPE = (6, 10, 14)
HEAD = np.arange(np.prod(SHAPE), dtype=np.float32).reshape(SHAPE)
STEPS = np.diag([1.0, 2.0, 3.0, 1.0])


def stored(order: tuple[int, ...], signs: tuple[int, ...]) -> Volume:
    """Store the head with its axes in another order, some of them reversed."""
    voxels, affine = np.transpose(HEAD, order), STEPS[:, [*order, 3]].copy()
    for axis, sign in enumerate(signs):
        if sign < 0:
            voxels = np.flip(voxels, axis)
            affine[:, 3] += affine[:, axis] * (voxels.shape[axis] - 1)
            affine[:, axis] *= -1.0
    return Volume(voxels, affine, "NIfTI")


@pytest.mark.parametrize("order", list(permutations(range(3))))
@pytest.mark.parametrize("signs", list(product((1, -1), repeat=3)))
def test_all_orders_of_the_axes_show_the_same_plane(
    order: tuple[int, ...], signs: tuple[int, ...]
) -> None:
    scan = middle_slice(stored(order, signs))
    view = to_standard_view(scan)

    assert view.orientation == ("P", "L")
    assert view.pixel_aspect == pytest.approx(2.0)
    planes = [HEAD[::-1, ::-1, height].T for height in (6, 7)]
    assert any(np.array_equal(view.pixels, plane) for plane in planes)
    assert picture_of(scan).shape == (20, 6)
