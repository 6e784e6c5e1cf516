"""Whether a scan shows the head twice: a ghost, or a head that moved."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from alzer.scans.volume import Volume
from alzer.volumes.sampling import average_blocks

Floats = NDArray[np.float32]

# Voxels that are looked at are about this large.
_VOXEL_MM: Final = 2.0

# Nearer repetitions are those of anatomy and of any blur.
_LEAST_SHIFT_MM: Final = 4.5

# Power below this share of the largest is that of rounding.
_LEAST_POWER: Final = 1e-9


def ghosting(volume: Volume) -> float:
    """Compute how strongly a scan repeats itself, moved by 4.5 mm or more.

    The power cepstrum of a head is flat but for its middle; a copy of strength s beside
    the head adds a peak of up to s where the copy lies.

    Args:
        volume: The scan.

    Returns:
        The highest peak of the cepstrum, about 0.05 in a head shown once.

    Source:
        Bogert, Healy and Tukey 1963, The quefrency alanysis of time series for echoes.
    """
    blocks = [max(1, round(_VOXEL_MM / spacing)) for spacing in volume.spacing_mm]
    voxels = _smooth_sized(average_blocks(volume.voxels, blocks))
    power = np.abs(np.fft.rfftn(voxels)) ** 2
    largest = float(power.max())
    if largest <= 0.0:
        return 0.0
    logarithm = np.log(power + np.float32(_LEAST_POWER * largest))
    cepstrum = np.fft.irfftn(logarithm, voxels.shape, axes=(0, 1, 2))
    steps = np.array(volume.spacing_mm) * blocks
    return float(cepstrum[_distances_mm(voxels.shape, steps) >= _LEAST_SHIFT_MM].max())


def _distances_mm(shape: tuple[int, ...], steps_mm: NDArray[np.float64]) -> Floats:
    """Return how far each shift leads, around the ends, shape (i, j, k)."""
    axes = [
        np.minimum(np.arange(count), count - np.arange(count)) * step
        for count, step in zip(shape, steps_mm, strict=True)
    ]
    i, j, k = np.ix_(*axes)
    return np.asarray(np.sqrt(i**2 + j**2 + k**2), np.float32)


def _smooth_sized(voxels: Floats) -> Floats:
    """Return voxels without some last planes, so that transforms are fast."""
    return voxels[tuple(slice(_smooth(count)) for count in voxels.shape)]


def _smooth(count: int) -> int:
    """Return the largest number up to a count without prime factors over 5."""
    while True:
        rest = count
        for prime in (2, 3, 5):
            while rest % prime == 0:
                rest //= prime
        if rest <= 1:
            return count
        count -= 1
