"""How blurred a scan is: the width of the finest details that it shows."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from alzer.scans.volume import Volume
from alzer.volumes.sampling import average_blocks, box_around

Mask = NDArray[np.bool_]
Values = NDArray[np.float64]

# Details of 8 to 20 mm survive any blur that leaves a head to be seen: the level
# against which finer ones are told. In cycles per mm.
_COARSE: Final = (0.05, 0.12)

# Details of 2.5 to 3.3 mm; what is finer still is mostly noise, whose level is taken
# from there.
_FINE: Final = (0.3, 0.4)
_FINEST: Final = (0.4, 0.5)

# Of voxels too large to show these, details of 3.3 to 5 mm.
_MIDDLE: Final = (0.2, 0.3)

# Logarithm of fine over coarse power in a scan without any blur, and how far it falls
# for each square mm of the blur's variance: from heads blurred by known Gaussians
# (docs/decisions/0023-preparation-verdict.md).
_FALL_OF_FINE: Final = (-1.5, 1.9)
_FALL_OF_MIDDLE: Final = (-1.8, 0.84)

# Where noise hides what is fine, at least this share is taken for it.
_LEAST_SIGNAL: Final = 0.3

# Inner part of the brain's box that is looked at, and how far lines are averaged
# across, so that noise counts less.
_INNER_SHARE: Final = 0.66
_ACROSS_MM: Final = 3.0

_WIDTH_OF_DEVIATION: Final = 2.3548  # full width at half maximum of a Gaussian

# Spectra of shorter lines say too little.
_LEAST_LINE: Final = 12


def blur_mm(volume: Volume, mask: Mask) -> float:
    """Estimate how wide a point is shown, along the blurriest axis of the scan.

    Args:
        volume: The scan.
        mask: True inside its brain, shape (i, j, k); not empty.

    Returns:
        Full width at half maximum, in mm; 0 where it can't be told.
    """
    inner = tuple(_middle(part) for part in box_around(mask))
    voxels = volume.voxels[inner]
    return max(_width_along(voxels, volume.spacing_mm, axis) for axis in range(3))


def _middle(part: slice) -> slice:
    margin = round((part.stop - part.start) * (1.0 - _INNER_SHARE) / 2.0)
    return slice(part.start + margin, max(part.stop - margin, part.start + margin + 1))


def _width_along(
    voxels: NDArray[np.float32], spacing_mm: tuple[float, float, float], axis: int
) -> float:
    if voxels.shape[axis] < _LEAST_LINE:
        return 0.0
    blocks = [max(1, round(_ACROSS_MM / spacing)) for spacing in spacing_mm]
    blocks[axis] = 1
    lines = np.moveaxis(average_blocks(voxels, blocks), axis, -1)
    power, frequencies = _spectrum(lines, spacing_mm[axis])
    coarse = _mean(power, frequencies, _COARSE)
    fine = _mean(power, frequencies, _FINE)
    if fine > 0.0:
        signal = max(fine - _mean(power, frequencies, _FINEST), _LEAST_SIGNAL * fine)
        highest, fall = _FALL_OF_FINE
    else:
        signal = _mean(power, frequencies, _MIDDLE)
        highest, fall = _FALL_OF_MIDDLE
    if signal <= 0.0 or coarse <= 0.0:
        return 0.0
    variance = (highest - np.log10(signal / coarse)) / fall
    return _WIDTH_OF_DEVIATION * float(np.sqrt(max(0.0, variance)))


def _spectrum(lines: NDArray[np.float32], spacing_mm: float) -> tuple[Values, Values]:
    """Return the mean power of lines, shape (..., along), and its frequencies."""
    count = lines.shape[-1]
    window = np.hanning(count + 2)[1:-1].astype(np.float32)
    waves = (lines - lines.mean(-1, keepdims=True)) * window
    power = (np.abs(np.fft.rfft(waves, axis=-1)) ** 2).mean(axis=(0, 1))
    frequencies = np.fft.rfftfreq(count, spacing_mm).astype(np.float64)
    return power.astype(np.float64), frequencies


def _mean(power: Values, frequencies: Values, band: tuple[float, float]) -> float:
    chosen = (frequencies >= band[0]) & (frequencies < band[1])
    return float(power[chosen].mean()) if chosen.any() else 0.0
