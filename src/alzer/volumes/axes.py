"""From a volume's own axes to right, anterior, superior, and back: no interpolation.

Convention: the affine leads to RAS+ millimetres, as in NIfTI.
"""

from dataclasses import dataclass
from itertools import permutations
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Value = TypeVar("Value", bound=np.generic)


@dataclass(frozen=True)
class AxisOrder:
    """A change of a volume's axes: put into another order, then reversed.

    Attributes:
        order: The volume's axes that lead most nearly right, anterior, superior.
        is_reversed: Which of these, in that order, lead the other way.

    Examples:
        >>> import numpy as np
        >>> order = AxisOrder((2, 0, 1), (True, False, False))
        >>> turned = order.apply(np.zeros((4, 5, 6)))
        >>> turned.shape, order.undo(turned).shape
        ((6, 4, 5), (4, 5, 6))
    """

    order: tuple[int, int, int]
    is_reversed: tuple[bool, bool, bool]

    def apply(self, voxels: NDArray[Value]) -> NDArray[Value]:
        """Return a view of voxels, shape (i, j, k), as (right, anterior, superior)."""
        return voxels.transpose(self.order)[self._reversal]

    def undo(self, voxels: NDArray[Value]) -> NDArray[Value]:
        """Return a view of voxels (right, anterior, superior) on the volume's axes."""
        first, second, third = np.argsort(self.order)
        return voxels[self._reversal].transpose(first, second, third)

    @property
    def _reversal(self) -> tuple[slice, ...]:
        return tuple(
            slice(None, None, -1 if reverse else 1) for reverse in self.is_reversed
        )


def nearest_order(affine: NDArray[np.float64]) -> AxisOrder:
    """Return the order in which the axes lead most nearly right, anterior, superior.

    Args:
        affine: shape (4, 4), from voxel indices to RAS+ millimetres.
    """
    directions = affine[:3, :3] / np.linalg.norm(affine[:3, :3], axis=0)
    first, second, third = max(
        permutations(range(3)),
        key=lambda order: float(np.abs(directions[range(3), order]).sum()),
    )
    order = (first, second, third)
    right, anterior, superior = (directions[range(3), order] < 0.0).tolist()
    return AxisOrder(order, (right, anterior, superior))
