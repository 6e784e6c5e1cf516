"""Single slices of a volume."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from alzer.scans.slice import Slice
from alzer.scans.volume import Volume

# The darkest and the brightest values that a picture tells apart.
_DARK, _BRIGHT = 0.5, 99.5


def middle_slice(volume: Volume) -> Slice:
    """Return the middle one of the planes that are the most axial.

    Args:
        volume: Any.

    Returns:
        A slice on the volume's own grid that says how it lies.
    """
    axis = _axial_axis(volume)
    scan = _plane(volume, axis, volume.voxels.shape[axis] // 2)
    low, high = np.percentile(scan.pixels, (_DARK, _BRIGHT))
    return replace(scan, display_range=(float(low), float(high)))


def axial_planes(volume: Volume, display_range: tuple[float, float]) -> Iterator[Slice]:
    """Yield all planes that are the most axial, as they follow one another.

    Args:
        volume: Any.
        display_range: The values to show as black and as white.

    Yields:
        Slices on the volume's own grid that say how they lie.
    """
    axis = _axial_axis(volume)
    for index in range(volume.voxels.shape[axis]):
        yield replace(_plane(volume, axis, index), display_range=display_range)


def _axial_axis(volume: Volume) -> int:
    steps = volume.affine[:3, :3]
    return int(np.argmax(np.abs(steps[2]) / np.linalg.norm(steps, axis=0)))


def _plane(volume: Volume, axis: int, index: int) -> Slice:
    down, across = (other for other in range(3) if other != axis)
    pixels = np.take(volume.voxels, index, axis)
    affine = volume.affine[:, [down, across, axis, 3]].copy()
    affine[:, 3] += index * volume.affine[:, axis]
    return Slice(
        pixels=np.ascontiguousarray(pixels, np.float32),
        format=volume.source,
        display_range=(float(pixels.min()), float(pixels.max())),
        spacing_mm=(volume.spacing_mm[down], volume.spacing_mm[across]),
        affine=affine,
    )
