"""One slice of a volume, to see what it is."""

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
    steps = volume.affine[:3, :3]
    axis = int(np.argmax(np.abs(steps[2]) / np.linalg.norm(steps, axis=0)))
    down, across = (other for other in range(3) if other != axis)
    index = volume.voxels.shape[axis] // 2
    pixels = np.take(volume.voxels, index, axis)
    affine = volume.affine[:, [down, across, axis, 3]].copy()
    affine[:, 3] += index * volume.affine[:, axis]
    low, high = np.percentile(pixels, (_DARK, _BRIGHT))
    return Slice(
        pixels=np.ascontiguousarray(pixels, np.float32),
        format=volume.source,
        display_range=(float(low), float(high)),
        spacing_mm=(volume.spacing_mm[down], volume.spacing_mm[across]),
        affine=affine,
    )
