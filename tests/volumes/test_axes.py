"""A volume's axes in the order right, anterior, superior."""

from itertools import permutations, product

import numpy as np
import pytest
from numpy.typing import NDArray

from alzer.volumes.axes import AxisOrder, nearest_order

EVERY_ORDER = [
    AxisOrder((first, second, third), (right, front, up))
    for first, second, third in permutations(range(3))
    for right, front, up in product((False, True), repeat=3)
]


def _stored(
    order: AxisOrder,
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return a canonical volume as a file of that order holds it, and its affine."""
    voxels = order.undo(np.arange(2 * 3 * 4).reshape(2, 3, 4))
    affine = np.eye(4)
    signs = np.where(order.is_reversed, -1.0, 1.0)
    affine[:3, :3] = 0.0
    affine[range(3), order.order] = signs
    return voxels, affine


@pytest.mark.parametrize("order", EVERY_ORDER, ids=str)
def test_the_same_head_comes_out_of_all_48_orders(order: AxisOrder) -> None:
    voxels, affine = _stored(order)

    found = nearest_order(affine)

    assert found == order
    assert (found.apply(voxels) == np.arange(24).reshape(2, 3, 4)).all()
    assert (found.undo(found.apply(voxels)) == voxels).all()


def test_an_oblique_and_anisotropic_volume_gets_the_nearest_order() -> None:
    angle = np.deg2rad(30.0)
    turn = np.array(
        [
            [np.cos(angle), 0.0, -np.sin(angle)],
            [0.0, 1.0, 0.0],
            [np.sin(angle), 0.0, np.cos(angle)],
        ]
    )
    affine = np.eye(4)
    affine[:3, :3] = turn @ np.array([[0, 0, 5.0], [-1.0, 0, 0], [0, 0.5, 0]])

    found = nearest_order(affine)

    assert found == AxisOrder((2, 0, 1), (False, True, False))
