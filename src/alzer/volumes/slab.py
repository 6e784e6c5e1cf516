"""The 32 standard slices, resampled once from the scan's own voxels."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from alzer.scans.volume import Volume
from alzer.volumes.bias_field import estimate_bias_field
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
    """Cut the standard slices out of a scan, its bias field removed.

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
    pixels = grid_points(SLAB_SHAPE)
    field = estimate_bias_field(volume, mask, registration)
    slices = smooth.at(transform_points(to_brain, pixels))
    slices /= field.at(transform_points(slab_affine, pixels))
    return Slab(
        slices=_stretch(slices.reshape(SLAB_SHAPE)),
        z_mm=_heights_mm(slab_affine),
        to_scan_voxels=np.linalg.inv(volume.affine) @ to_scan,
    )


def _heights_mm(slab_affine: Matrix) -> Matrix:
    """Return the height of each slice's middle, shape (slice,)."""
    count, rows, columns = SLAB_SHAPE
    middles = np.empty((3, count))
    middles[0] = np.arange(count)
    middles[1:] = [[(rows - 1) / 2.0], [(columns - 1) / 2.0]]
    return np.asarray(transform_points(slab_affine, middles)[2])


def _stretch(slices: Floats) -> Floats:
    """Return each slice with values 0 to 255, as those of the training have."""
    brightest = slices.max(axis=(1, 2), keepdims=True)
    white = np.where(brightest > 0.0, brightest, np.float32(1.0))
    return np.asarray(slices / white * np.float32(255.0), np.float32)
