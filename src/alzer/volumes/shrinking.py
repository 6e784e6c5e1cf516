"""Cut the brain out of a scan, and bring it to coarser resolutions."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from alzer.scans.volume import Volume
from alzer.volumes.alignment import Image
from alzer.volumes.sampling import (
    Interpolator,
    antialiasing_sigmas,
    blur,
    grid_points,
    transform_points,
)

# At least so much of a scan is air around the head; its darkest part is the value
# that stands for no signal, which some files shift.
_AIR_PERCENTILE: Final = 1.0


def cut_brain(volume: Volume, mask: NDArray[np.bool_]) -> Image:
    """Return the smallest box that holds the brain, zero around it.

    Args:
        volume: A scan.
        mask: True inside the brain, shape (i, j, k); not empty.

    Returns:
        The brain, air being zero.
    """
    indices = [
        np.flatnonzero(mask.any(axis=others)) for others in ((1, 2), (0, 2), (0, 1))
    ]
    box = tuple(slice(int(along[0]), int(along[-1]) + 1) for along in indices)
    air = np.percentile(volume.voxels[::3, ::3, ::3], _AIR_PERCENTILE)
    above = np.maximum(volume.voxels[box] - np.float32(air), 0.0)
    affine = volume.affine.copy()
    affine[:3, 3] += affine[:3, :3] @ [along.start for along in box]
    return Image(np.where(mask[box], above, np.float32(0.0)), affine)


def shrink(image: Image, spacing_mm: float) -> Image:
    """Sample an image along its own axes, blurred first where it is finer.

    Args:
        image: Any image.
        spacing_mm: Distance of the samples.

    Returns:
        The samples; they lie symmetrically about the image's middle.
    """
    steps = spacing_mm / np.linalg.norm(image.affine[:3, :3], axis=0)
    counts = [
        int(np.ceil(n / step))
        for n, step in zip(image.voxels.shape, steps, strict=True)
    ]
    to_fine = np.diag([*steps, 1.0])
    to_fine[:3, 3] = [
        (n - 1 - (count - 1) * step) / 2.0
        for n, count, step in zip(image.voxels.shape, counts, steps, strict=True)
    ]
    smooth = blur(image.voxels, antialiasing_sigmas(steps))
    i, j, k = counts
    points = transform_points(to_fine, grid_points((i, j, k)))
    samples = Interpolator.of(smooth).at(points).reshape(i, j, k)
    return Image(samples, image.affine @ to_fine)
