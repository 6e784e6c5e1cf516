"""From stored numbers to a slice's pixels: scaled, finite, without padding.

NaN, infinities and padding are no measurements: they become background.
"""

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from alzer.errors import InvalidValues

Pixels = NDArray[np.float32]

# Rows are worked on in bands of about so many values: copies in float64 take little.
_BAND_VALUES: Final = 2**18

# float32 keeps 24 bits: with a range this small a share of the values, less than
# twelve would tell values apart.
_SMALLEST_RANGE: Final = 2.0**-12

_LARGEST: Final = float(np.finfo(np.float32).max)

# Almost all values lie between these; where they begin well below the bright ones
# and not below zero, zero is the level of no signal.
_LOW_PERCENTILES: Final = (0.5, 99.5)

# Fill values (32767, 65535, 1e20) lie above measured ones by many times their range;
# a bright vessel does not.
_FAR_ABOVE: Final = 4.0


def to_pixels(
    stored: NDArray[Any], slope: float = 1.0, intercept: float = 0.0
) -> tuple[Pixels, tuple[str, ...]]:
    """Compute pixels from stored numbers.

    Args:
        stored: Integers or floats, shape (row, column).
        slope: What stored numbers are multiplied by; finite.
        intercept: What is added then; finite.

    Returns:
        float32 of the same shape, finite; and notes on what was done.

    Raises:
        InvalidValues: No number is finite.

    Examples:
        >>> import numpy as np
        >>> pixels, notes = to_pixels(np.array([[np.nan, 2.0, 3.0]]), slope=10.0)
        >>> pixels.tolist(), len(notes)
        ([[0.0, 20.0, 30.0]], 1)
    """
    slope, intercept, notes = _representable(stored, slope, intercept)
    pixels = np.empty(stored.shape, np.float32)
    for rows in _bands(stored):
        with np.errstate(over="ignore", invalid="ignore"):
            pixels[rows] = stored[rows].astype(np.float64) * slope + intercept
    return pixels, notes + fill_background(pixels)


def fill_background(pixels: Pixels) -> tuple[str, ...]:
    """Replace what is no measurement by the level of background, in place.

    Args:
        pixels: float32, shape (row, column); some value is finite.

    Returns:
        Notes on what was replaced.

    Raises:
        InvalidValues: No value is finite.
    """
    notes: list[str] = []
    strange = ~np.isfinite(pixels)
    if strange.all():
        message = "The file holds no value that is a finite number; export it again."
        raise InvalidValues(message)
    if strange.any():
        notes.append(
            f"Values that are not finite numbers ({_share(strange)} of the pixels) "
            "were taken as background."
        )
    for padding in _paddings(pixels, ~strange):
        padded = pixels == padding
        strange |= padded
        notes.append(
            f"The value {padding:g} ({_share(padded)} of the pixels) lies far from "
            "all others and was taken as padding, that is background."
        )
    if notes:
        pixels[strange] = _background(pixels, ~strange)
    return tuple(notes)


def _bands(values: NDArray[Any]) -> Iterator[slice]:
    step = max(1, _BAND_VALUES // max(1, values.shape[1]))
    for first in range(0, len(values), step):
        yield slice(first, first + step)


def _representable(
    stored: NDArray[Any], slope: float, intercept: float
) -> tuple[float, float, tuple[str, ...]]:
    """Return a scaling whose results float32 can hold and tell apart."""
    least, most = _finite_range(stored)
    ends = least * slope + intercept, most * slope + intercept
    top, extent = max(map(abs, ends)), abs(most - least) * abs(slope)
    if not top <= _LARGEST:
        largest = max(abs(least), abs(most))
        note = "The values are too large for their scaling; they were read unscaled."
        return (1.0 if largest <= _LARGEST else _LARGEST / largest), 0.0, (note,)
    if 0.0 < extent < top * _SMALLEST_RANGE:
        note = "All values are large and alike; they are counted from the least one."
        return slope, -least * slope, (note,)
    return slope, intercept, ()


def _finite_range(stored: NDArray[Any]) -> tuple[float, float]:
    ends: list[float] = []
    for rows in _bands(stored):
        band = stored[rows]
        if (finite := band[np.isfinite(band)]).size:
            ends += [float(finite.min()), float(finite.max())]
    return min(ends, default=0.0), max(ends, default=0.0)


def _paddings(pixels: Pixels, usable: NDArray[np.bool_]) -> Iterator[float]:
    """Find a least and a largest value that lie far from all others."""
    least, most = _range(pixels, usable)
    second, last = _range(pixels, usable & (pixels > least) & (pixels < most))
    if not second < last:
        return  # three levels are a picture of lines, or no picture at all
    if most - last > _FAR_ABOVE * (last - second):
        yield most
        most = last
    if least < 0.0 and second - least > most - second:
        yield least


def _range(pixels: Pixels, usable: NDArray[np.bool_]) -> tuple[float, float]:
    least = np.min(pixels, where=usable, initial=np.inf)
    return float(least), float(np.max(pixels, where=usable, initial=-np.inf))


def _background(pixels: Pixels, usable: NDArray[np.bool_]) -> float:
    """Return the level of no signal: zero, or the least value if zero is none."""
    step = max(1, pixels.size // _BAND_VALUES)
    sample = pixels.ravel()[::step][usable.ravel()[::step]]
    low, high = np.percentile(sample, _LOW_PERCENTILES) if sample.size else (0.0, 1.0)
    return 0.0 if 0.0 <= low < high / 2.0 else _range(pixels, usable)[0]


def _share(part: NDArray[np.bool_]) -> str:
    share = float(part.mean())
    return "less than 1 %" if share < 0.01 else f"{share:.0%}".replace("%", " %")
