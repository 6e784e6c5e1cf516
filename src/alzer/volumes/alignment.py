"""Move the template until a scan looks like it: Gauss-Newton steps on correlation.

Derivatives are those of the template, which never moves against its own grid: they
are computed once per resolution, not in each step (inverse compositional). Where the
scan is no sharp brain, these steps end before the similarity is highest; the last ones
take the scan's own derivatives (forward compositional), whose steps end there alone.

Source: Baker and Matthews 2004, Lucas-Kanade 20 years on,
    doi:10.1023/B:VISI.0000011205.11775.fd; Evangelidis and Psarakis 2008, enhanced
    correlation coefficient, doi:10.1109/TPAMI.2008.113.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from alzer.volumes.sampling import (
    Floats,
    Interpolator,
    Matrix,
    blur,
    transform_points,
)

# Lengths are counted in these millimetres, so that turns and shifts weigh alike.
_UNIT_MM: Final = 100.0

# Which of the 12 changes (matrix by rows, then shift) rotations and one scale make.
_SIMILARITY: Final = np.zeros((12, 7))
_SIMILARITY[[7, 5], 0] = 1.0, -1.0  # about x
_SIMILARITY[[2, 6], 1] = 1.0, -1.0  # about y
_SIMILARITY[[3, 1], 2] = 1.0, -1.0  # about z
_SIMILARITY[[0, 4, 8], 3] = 1.0
_SIMILARITY[[9, 10, 11], [4, 5, 6]] = 1.0

_AFFINE: Final = np.eye(12)

# Voxels of the template brighter than this share of its white belong to it.
_BRAIN_LEVEL: Final = 0.1

# Of a brain blurred by the rim's width, this share is left about that far outside.
_RIM_LEVEL: Final = 0.1

# Scans less alike than this are not made equally bright: the step would be huge.
_SMALLEST_SIMILARITY: Final = 0.2

_DAMPING: Final = 1e-4
_HALVINGS: Final = 5

# Millimetres to either side at which the scan's derivatives are taken.
_ASIDE_MM: Final = 1.0

# A similarity that is lower by no more than this is the same.
_ROUNDING: Final = 1e-6


@dataclass(frozen=True)
class Image:
    """A brain at one resolution.

    Attributes:
        voxels: shape (i, j, k), zero outside of the brain.
        affine: shape (4, 4), from (i, j, k) to millimetres.
    """

    voxels: Floats
    affine: Matrix


@dataclass(frozen=True)
class Alignment:
    """Where the template lies on a scan, and how alike the two are.

    Attributes:
        to_scan: shape (4, 4), from the template's millimetres to the scan's.
        similarity: Correlation of the two over the template's brain, -1 to 1.
    """

    to_scan: Matrix
    similarity: float


@dataclass(frozen=True)
class Effort:
    """How long to go on.

    Attributes:
        steps: At most so many.
        tolerance_mm: A smaller step is the last one.
    """

    steps: int
    tolerance_mm: float


class Target:
    """The template at one resolution, with its derivatives."""

    def __init__(self, image: Image, rim_mm: float) -> None:
        inside = _grow(image, rim_mm)
        indices = np.argwhere(inside).T
        self.points = transform_points(image.affine, indices)
        self._centre = self.points.mean(axis=1)
        brain = np.argwhere(_find_brain(image)).T
        self.brain_centre = transform_points(image.affine, brain).mean(axis=1)
        self.brain_mm3 = brain.shape[1] * abs(np.linalg.det(image.affine[:3, :3]))
        values = np.asarray(image.voxels[inside], np.float64)
        self._values = values - values.mean()
        self._norm = float(np.linalg.norm(self._values))
        along_axes = np.array(np.gradient(image.voxels))[:, inside]
        slopes = np.linalg.inv(image.affine[:3, :3]).T @ along_axes
        self._jacobian = self._derivatives(slopes, self._values)
        self._hessian = self._jacobian.T @ self._jacobian

    def _derivatives(self, slopes: Matrix, values: Matrix) -> Matrix:
        """Return how values change with the 12 parameters, brightness left aside.

        Args:
            slopes: Change of the values per millimetre along each axis of the
                template, shape (3, point).
            values: The values, their mean removed, shape (point,).
        """
        arms = (self.points - self._centre[:, None]) / _UNIT_MM
        turns = (slopes[:, None] * arms[None]).reshape(9, -1)
        jacobian = np.concatenate([turns, slopes]).T
        jacobian -= jacobian.mean(axis=0)
        unit = values / max(float(np.linalg.norm(values)), 1e-30)
        jacobian -= np.outer(unit, unit @ jacobian)
        return np.asarray(jacobian, np.float64)

    def read(self, scan: Image, to_scan: Matrix, voxels: Interpolator) -> Matrix:
        """Return the scan's values at the template's points, their mean removed."""
        to_voxels = np.linalg.inv(scan.affine) @ to_scan
        values = voxels.at(transform_points(to_voxels, self.points)).astype(np.float64)
        centred: Matrix = values - values.mean()
        return centred

    def compare(self, values: Matrix) -> float:
        """Compute the correlation with values of `read`."""
        scale = self._norm * float(np.linalg.norm(values))
        return float(values @ self._values) / scale if scale else 0.0

    def align(
        self, scan: Image, start: Matrix, effort: Effort, *, affine: bool
    ) -> Alignment:
        """Improve an alignment until steps become small.

        Args:
            scan: The brain at about the template's resolution.
            start: Where to begin, from the template's millimetres to the scan's.
            effort: How long to go on.
            affine: Whether shears and unequal scales are allowed, too.

        Returns:
            The best alignment that was met.
        """
        basis = _AFFINE if affine else _SIMILARITY
        voxels = Interpolator.of(scan.voxels)
        values = self.read(scan, start, voxels)
        best = Alignment(start, self.compare(values))
        for _ in range(effort.steps):
            step = self._find_step(values, basis)
            for _ in range(_HALVINGS):
                moved = best.to_scan @ np.linalg.inv(self._matrix(step))
                values_there = self.read(scan, moved, voxels)
                similarity = self.compare(values_there)
                if similarity > best.similarity - _ROUNDING:
                    break
                step = step / 2.0
            else:
                return best
            best, values = Alignment(moved, similarity), values_there
            if self._length_mm(step) < effort.tolerance_mm:
                return best
        return best

    def polish(self, scan: Image, start: Alignment, effort: Effort) -> Alignment:
        """Climb from an alignment to where the similarity is highest nearby.

        Args:
            scan: The brain at about the template's resolution.
            start: Found by `align`.
            effort: How long to go on.

        Returns:
            An alignment that is at least as good.
        """
        voxels, best = Interpolator.of(scan.voxels), start
        for _ in range(effort.steps):
            step = self._find_climb(scan, best.to_scan, voxels)
            for _ in range(_HALVINGS):
                moved = best.to_scan @ self._matrix(step)
                similarity = self.compare(self.read(scan, moved, voxels))
                if similarity > best.similarity:
                    break
                step = step / 2.0
            else:
                return best
            best = Alignment(moved, similarity)
            if self._length_mm(step) < effort.tolerance_mm:
                return best
        return best

    def _find_climb(self, scan: Image, to_scan: Matrix, voxels: Interpolator) -> Matrix:
        """Return the 12 changes of the map along which the similarity rises."""
        values = self.read(scan, to_scan, voxels)
        slopes = []
        for axis in range(3):
            aside = np.eye(4)
            aside[axis, 3] = _ASIDE_MM
            ahead = self.read(scan, to_scan @ aside, voxels)
            behind = self.read(scan, to_scan @ np.linalg.inv(aside), voxels)
            slopes.append((ahead - behind) / (2.0 * _ASIDE_MM))
        jacobian = self._derivatives(np.array(slopes), values)
        norm = float(np.linalg.norm(values))
        wanted = self._values * (norm / self._norm) - values
        hessian = jacobian.T @ jacobian
        hessian[np.diag_indices_from(hessian)] *= 1.0 + _DAMPING
        step: Matrix = np.linalg.solve(hessian, jacobian.T @ wanted)
        return step

    def _find_step(self, values: Matrix, basis: Matrix) -> Matrix:
        """Return the 12 changes that bring the template closest to the values."""
        overlap = max(
            float(values @ self._values),
            _SMALLEST_SIMILARITY * self._norm * float(np.linalg.norm(values)),
            1e-30,
        )
        difference = values * (self._norm**2 / overlap) - self._values
        hessian = basis.T @ self._hessian @ basis
        hessian[np.diag_indices_from(hessian)] *= 1.0 + _DAMPING
        step: Matrix = basis @ np.linalg.solve(
            hessian, basis.T @ (difference @ self._jacobian)
        )
        return step

    def _matrix(self, step: Matrix) -> Matrix:
        """Return the 12 changes as a matrix of shape (4, 4)."""
        matrix = np.eye(4)
        turn = step[:9].reshape(3, 3) / _UNIT_MM
        matrix[:3, :3] += turn
        matrix[:3, 3] = step[9:] - turn @ self._centre
        return matrix

    def _length_mm(self, step: Matrix) -> float:
        """Return how far about a step moves the brain's surface."""
        return float(np.abs(step).sum())


def _find_brain(image: Image) -> NDArray[np.bool_]:
    """Return which voxels of a template belong to its brain."""
    found: NDArray[np.bool_] = image.voxels > _BRAIN_LEVEL * image.voxels.max()
    return found


def _grow(image: Image, rim_mm: float) -> NDArray[np.bool_]:
    """Return the template's brain and what lies around it, shape (i, j, k)."""
    brain = _find_brain(image).astype(np.float32)
    spacing = np.linalg.norm(image.affine[:3, :3], axis=0)
    grown: NDArray[np.bool_] = blur(brain, rim_mm / spacing) > _RIM_LEVEL
    return grown
