"""Smoothing and linear interpolation of voxels, with zero outside of the grid."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Matrix = NDArray[np.float64]

# Standard deviation of the Gaussian that antialiases, in units of the coarser
# spacing: with it two neighbouring samples share 12 % of their weight, and what is
# finer than the coarser grid can show is damped to less than a third.
_BLUR_SHARE = 0.42

# Blurs below this many voxels change nothing that matters.
_NO_BLUR = 0.15


def transform_points(
    matrix: Matrix, points: NDArray[np.floating] | NDArray[np.integer]
) -> Matrix:
    """Return points, shape (axis = 3, n), moved by an affine matrix of shape (4, 4)."""
    moved: Matrix = matrix[:3, :3] @ points + matrix[:3, 3:]
    return moved


def grid_points(shape: tuple[int, int, int]) -> Floats:
    """Return the indices of all voxels, shape (axis = 3, n), last axis fastest."""
    return np.indices(shape, np.float32).reshape(3, -1)


def blur(voxels: Floats, sigmas: NDArray[np.float64]) -> Floats:
    """Smooth voxels with a Gaussian; outside of the grid they are zero.

    Args:
        voxels: shape (i, j, k).
        sigmas: Standard deviation along each axis, in voxels.

    Returns:
        The same shape.
    """
    for axis, sigma in enumerate(sigmas):
        if sigma > _NO_BLUR:
            voxels = _blur_along(voxels, float(sigma), axis)
    return voxels


def _blur_along(voxels: Floats, sigma: float, axis: int) -> Floats:
    reach = int(np.ceil(3.0 * sigma))
    weights = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    weights /= weights.sum()
    padding = [(0, 0)] * 3
    padding[axis] = (reach, reach)
    padded = np.moveaxis(np.pad(voxels, padding), axis, 0)
    length = voxels.shape[axis]
    smooth = np.zeros((length, *padded.shape[1:]), np.float32)
    for start, weight in enumerate(weights.astype(np.float32)):
        smooth += weight * padded[start : start + length]
    return np.moveaxis(smooth, 0, axis)


def average_blocks(voxels: Floats, counts: Sequence[int]) -> Floats:
    """Average voxels in blocks; what is over at the ends is left out.

    Args:
        voxels: shape (i, j, k).
        counts: Voxels of a block along each axis; 1 keeps them as they are.

    Returns:
        shape (i, j, k) divided by the counts.
    """
    for axis, count in enumerate(counts):
        whole = voxels.shape[axis] // count * count
        along = np.moveaxis(voxels, axis, 0)
        parts = [along[start:whole:count] for start in range(count)]
        voxels = np.moveaxis(sum(parts[1:], parts[0]), 0, axis)
    return voxels / np.float32(np.prod(counts))


def box_around(mask: NDArray[np.bool_]) -> tuple[slice, ...]:
    """Return the smallest box that holds the mask, which is not empty."""
    box = []
    for axis in range(3):
        others = tuple(other for other in range(3) if other != axis)
        planes = np.flatnonzero(mask.any(others))
        box.append(slice(int(planes[0]), int(planes[-1]) + 1))
    return tuple(box)


def antialiasing_sigmas(steps: NDArray[np.float64]) -> NDArray[np.float64]:
    """Compute how far to blur before voxels are sampled in coarser steps.

    Args:
        steps: Distance of neighbouring samples along each axis, in voxels.

    Returns:
        Standard deviations in voxels; 0 where the samples are not coarser.
    """
    sigmas: NDArray[np.float64] = _BLUR_SHARE * np.sqrt(np.maximum(steps**2 - 1.0, 0.0))
    return sigmas


@dataclass(frozen=True)
class Interpolator:
    """Voxels that can be read between their centres.

    Attributes:
        padded: The voxels in a rim of zeros that is one voxel wide, shape
            (i + 2, j + 2, k + 2).

    Examples:
        >>> import numpy as np
        >>> ramp = np.arange(8, dtype=np.float32).reshape(2, 2, 2)
        >>> Interpolator.of(ramp).at(np.array([[0.5], [0.5], [0.5]])).tolist()
        [3.5]
    """

    padded: Floats

    @classmethod
    def of(cls, voxels: Floats) -> "Interpolator":
        """Return what reads voxels of shape (i, j, k)."""
        return cls(np.ascontiguousarray(np.pad(voxels, 1), np.float32))

    def at(self, points: NDArray[np.floating]) -> Floats:
        """Interpolate linearly; zero outside of the grid.

        Args:
            points: Voxel indices, shape (axis = 3, n); whole numbers are centres.

        Returns:
            Values, shape (n,).
        """
        last = np.array(self.padded.shape)[:, None] - 1
        inside = np.clip(points + 1.0, 0.0, last)
        cell = np.minimum(inside.astype(np.intp), last - 1)
        share = (inside - cell).astype(np.float32)
        _, rows, columns = self.padded.shape
        corner = (cell[0] * rows + cell[1]) * columns + cell[2]
        near = self._face(corner, share)
        far = self._face(corner + rows * columns, share)
        values: Floats = near + share[0] * (far - near)
        return values

    def _face(self, corner: NDArray[np.intp], share: Floats) -> Floats:
        """Interpolate between four voxels of equal first index."""
        left = self._edge(corner, share[2])
        right = self._edge(corner + self.padded.shape[2], share[2])
        values: Floats = left + share[1] * (right - left)
        return values

    def _edge(self, corner: NDArray[np.intp], share: Floats) -> Floats:
        """Interpolate between two voxels that follow one another."""
        flat = self.padded.reshape(-1)
        first = flat[corner]
        values: Floats = first + share * (flat[corner + 1] - first)
        return values
