"""How planes of a scan change from one to the next: whether each is in its place."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from alzer.scans.volume import Volume
from alzer.volumes.sampling import box_around

Floats = NDArray[np.float32]
Values = NDArray[np.float64]
Mask = NDArray[np.bool_]

# Within planes, voxels that are compared are about this far apart.
_APART_MM: Final = 2.0

# Planes with less brain than this share of the largest are too small to compare.
_LEAST_AREA: Final = 0.3

# A change is compared with those of so many planes around it, their lower quarter:
# where every third plane has moved, two changes of three are large.
_AROUND: Final = 9
_USUAL: Final = 0.25


@dataclass(frozen=True)
class PlaneSteps:
    """How planes change from one to the next, along the axis where it is worst.

    Attributes:
        alternation: Distance of a plane from the middle of its two neighbours, over
            the change between these. About 0.2 where the planes follow one
            another, 0.9 where all is noise, more where every second plane has moved.
        jump: The largest change from one plane to the next, over what is usual around
            it.
    """

    alternation: float
    jump: float


def plane_steps(volume: Volume, mask: Mask) -> PlaneSteps:
    """Compare the planes of the brain with their neighbours along all three axes.

    Args:
        volume: The scan.
        mask: True inside its brain, shape (i, j, k); not empty.
    """
    box = box_around(mask)
    along = [_steps_along(volume, mask, box, axis) for axis in range(3)]
    return PlaneSteps(
        alternation=max(steps.alternation for steps in along),
        jump=max(steps.jump for steps in along),
    )


def _steps_along(
    volume: Volume, mask: Mask, box: tuple[slice, ...], axis: int
) -> PlaneSteps:
    chosen = tuple(
        part if other == axis else slice(part.start, part.stop, _stride(spacing))
        for other, (part, spacing) in enumerate(
            zip(box, volume.spacing_mm, strict=True)
        )
    )
    planes = np.moveaxis(volume.voxels[chosen], axis, 0)
    inside = np.moveaxis(mask[chosen], axis, 0)
    either = inside[1:] | inside[:-1]
    areas = either.sum(axis=(1, 2))
    large = areas > _LEAST_AREA * areas.max()
    changes = np.where(either, planes[1:] - planes[:-1], np.float32(0.0))[large]
    return PlaneSteps(_alternation(changes), _jump(changes, areas[large]))


def _stride(spacing_mm: float) -> int:
    return max(1, round(_APART_MM / spacing_mm))


def _alternation(changes: Floats) -> float:
    """Compute from the changes between planes, shape (plane, row, column)."""
    before, after = changes[:-1], changes[1:]
    across = float(np.linalg.norm(before + after))
    if across <= 0.0:
        return 0.0
    return float(np.linalg.norm(after - before)) / 2.0 / across


def _jump(changes: Floats, areas: NDArray[np.intp]) -> float:
    """Compute from the changes and the number of voxels in each."""
    if len(changes) < _AROUND:
        return 0.0
    sizes = np.sqrt(np.square(changes).sum(axis=(1, 2)) / areas)
    around = sliding_window_view(np.pad(sizes, _AROUND // 2, "reflect"), _AROUND)
    usual = np.quantile(around, _USUAL, axis=1)
    return float((sizes / np.maximum(usual, np.finfo(np.float32).tiny)).max())
