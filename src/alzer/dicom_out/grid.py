"""The evidence on the grid of the scan, as frames of rows and columns in LPS+."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from alzer.answer import Analysis
from alzer.person_evidence import evidence_volume
from alzer.scans.slice import Slice

Floats = NDArray[np.float64]

_RAS_TO_LPS: Final = np.diag([-1.0, -1.0, 1.0, 1.0])

# Directions that differ by less are the same: files write them with six digits.
_SAME_DIRECTION: Final = 2e-3

# How far from a frame its image may lie: as a share of the distance to the next frame
# (more than readers of series let pass), and of a row, in which one pixel of the grid
# may be the mean of several.
_MOST_SHIFT: Final = 0.2
_MOST_SHIFT_IN_PLANE: Final = 0.05


@dataclass(frozen=True)
class Grid:
    """Where the frames of a scan lie in the patient.

    Attributes:
        affine: shape (4, 4), from (column, row, frame, 1) to LPS+ millimetres.
        shape: Frames, rows and columns.
    """

    affine: Floats
    shape: tuple[int, int, int]

    @property
    def orientation(self) -> Floats:
        """Directions of growing column and row index, shape (6,)."""
        across, down = self.affine[:3, 0], self.affine[:3, 1]
        unit = across / np.linalg.norm(across), down / np.linalg.norm(down)
        return np.concatenate(unit)

    @property
    def spacing_mm(self) -> tuple[float, float]:
        """Distance between rows and between columns, in millimetres."""
        columns, rows = np.linalg.norm(self.affine[:3, :2], axis=0)
        return float(rows), float(columns)

    @property
    def step_mm(self) -> float:
        """Distance from frame to frame, in millimetres."""
        return float(np.linalg.norm(self.affine[:3, 2]))

    @property
    def normal(self) -> Floats:
        """Direction at right angles to rows and columns, shape (3,)."""
        return np.cross(self.orientation[:3], self.orientation[3:])

    def position(self, frame: int) -> Floats:
        """Return the place of a frame's first pixel, LPS+ millimetres."""
        return np.asarray(self.affine[:3, 3] + frame * self.affine[:3, 2])

    def lies_like(self, orientation: Floats) -> bool:
        """Return whether rows and columns of an image lead where those here do.

        Args:
            orientation: As a file has it, shape (6,).
        """
        if orientation.shape != (6,):
            return False
        return bool(np.abs(orientation - self.orientation).max() < _SAME_DIRECTION)

    def nearest(self, frame: int, places: Floats) -> int | None:
        """Return which image lies where a frame does.

        Args:
            frame: Its number.
            places: Of the images' first pixels, shape (image, 3), LPS+ millimetres.

        Returns:
            Index of the image; None if there is none.
        """
        off = places - self.position(frame)
        across = np.abs(off @ self.normal)
        within = np.linalg.norm(off - np.outer(off @ self.normal, self.normal), axis=1)
        widest_mm = max(np.multiply(self.spacing_mm, self.shape[1:]))
        near = across <= _MOST_SHIFT * self.step_mm
        near &= within <= _MOST_SHIFT_IN_PLANE * widest_mm
        if not near.any():
            return None
        return int(np.argmin(np.where(near, across, np.inf)))


@dataclass(frozen=True)
class EvidenceOnScan:
    """The map of a class on the scan's own grid.

    Attributes:
        values: In logit units, shape (frame, row, column); 0 where the network did not
            look.
        grid: Where they lie.
        label: Index of the class.
        cell_mm: Size of a cell of the map along rows, along columns and, of a whole
            head, from slice to slice; None where the file does not say.
    """

    values: NDArray[np.float32]
    grid: Grid
    label: int
    cell_mm: tuple[float, ...] | None = None

    def looked_at(self) -> tuple[int, int]:
        """Return the first frame with evidence, and the one behind the last."""
        frames = np.flatnonzero(np.any(self.values != 0.0, axis=(1, 2)))
        return (int(frames[0]), int(frames[-1]) + 1) if frames.size else (0, 1)


def grid_of(analysis: Analysis) -> Grid | None:
    """Return where the scan of an analysis lies.

    Args:
        analysis: Of a slice, or of a whole head.

    Returns:
        Its grid; None of a slice whose file does not say how it lies.
    """
    if analysis.preparation is not None:
        head = analysis.preparation.volume
        return grid_of_volume(head.affine, head.voxels.shape)
    return grid_of_slice(analysis.scan)


def grid_of_slice(scan: Slice) -> Grid | None:
    """Return where a slice lies; None if its file does not say that, or its size."""
    if scan.affine is None or scan.spacing_mm is None or not scan.tells_sides:
        return None
    # From (row, column) to (column, row).
    affine = _RAS_TO_LPS @ scan.affine[:, [1, 0, 2, 3]]
    return Grid(affine, (1, *scan.shape))


def grid_of_volume(affine: Floats, shape: tuple[int, ...]) -> Grid:
    """Return the grid of a volume: its first axis are columns, its last one frames.

    Args:
        affine: shape (4, 4), from (i, j, k, 1) to RAS+ millimetres.
        shape: Voxels along i, j and k.
    """
    i, j, k = shape
    return Grid(_RAS_TO_LPS @ affine, (k, j, i))


def evidence_on_scan(analysis: Analysis) -> EvidenceOnScan | None:
    """Carry the map of the predicted class to the grid of the scan.

    Args:
        analysis: Of a slice, or of a whole head.

    Returns:
        The map; None where there is none, or the file does not say how a slice lies.
    """
    grid = grid_of(analysis)
    if grid is None or not analysis.slices:
        return None
    label = analysis.label
    if analysis.preparation is None:
        values = analysis.shown.evidence_on_scan(label)[np.newaxis]
        return EvidenceOnScan(values, grid, label)
    found = evidence_volume(analysis, label)
    return EvidenceOnScan(found.values.T, grid, label, found.cell_mm)
