"""The 32 standard slices, resampled once from the scan's own voxels."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from alzer.scans.volume import Volume
from alzer.volumes.registration import Registration
from alzer.volumes.sampling import (
    Floats,
    Interpolator,
    Matrix,
    antialiasing_sigmas,
    blur,
    grid_points,
    transform_points,
)
from alzer.volumes.shrinking import cut_brain
from alzer.volumes.template import SLAB_SHAPE, load_template


@dataclass(frozen=True)
class Slab:
    """The slices that the model knows, cut out of one scan.

    Attributes:
        slices: shape (slice, row, column), 0 to 255 in each slice as in those of
            the training, zero outside of the brain; rows lead to the front, slices
            to the head.
        z_mm: Height of each slice's middle in standard space.
        to_scan_voxels: shape (4, 4), from (slice, row, column) to the scan's voxels
            (i, j, k).
    """

    slices: Floats
    z_mm: NDArray[np.float64]
    to_scan_voxels: Matrix


def resample_slab(
    volume: Volume, mask: NDArray[np.bool_], registration: Registration
) -> Slab:
    """Cut the standard slices out of a scan.

    Args:
        volume: A whole head.
        mask: True inside its brain, shape (i, j, k); not empty.
        registration: Where standard space lies on it.

    Returns:
        The slices and the way back.
    """
    slab_affine = load_template().slab_affine
    to_scan = registration.to_scan @ slab_affine
    brain = cut_brain(volume, mask)
    to_brain = np.linalg.inv(brain.affine) @ to_scan
    steps = np.linalg.norm(to_brain[:3, :3], axis=1)
    smooth = Interpolator.of(blur(brain.voxels, antialiasing_sigmas(steps)))
    points = transform_points(to_brain, grid_points(SLAB_SHAPE))
    slices = smooth.at(points).reshape(SLAB_SHAPE)
    middle = np.array(
        [
            np.arange(SLAB_SHAPE[0]),
            *([(n - 1) / 2.0] * SLAB_SHAPE[0] for n in SLAB_SHAPE[1:]),
        ]
    )
    return Slab(
        slices=_stretch(slices),
        z_mm=transform_points(slab_affine, middle)[2],
        to_scan_voxels=np.linalg.inv(volume.affine) @ to_scan,
    )


def _stretch(slices: Floats) -> Floats:
    """Give each slice the values 0 to 255, as those of the training have."""
    brightest = slices.max(axis=(1, 2), keepdims=True)
    stretched: Floats = slices * (
        255.0 / np.maximum(brightest, np.finfo(np.float32).tiny)
    )
    return stretched
