"""From stored numbers to a slice's pixels: scaled, finite, without padding.

NaN, infinities and padding are no measurements: they become background, and this
before neighbouring pixels are averaged.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from alzer.errors import InvalidValues
from alzer.scans.bands import BAND_VALUES, Rows, rows_of

Pixels = NDArray[np.float32]

# float32 keeps 24 bits: with a range this small a share of the values, less than
# twelve would tell values apart.
_SMALLEST_RANGE: Final = 2.0**-12

# Half of what float32 holds, so that differences of values fit as well; and below the
# other its precision ends.
_LARGEST: Final = float(np.finfo(np.float32).max) / 2.0
_SMALLEST: Final = float(np.finfo(np.float32).tiny) * 2.0**24

# How notes begin that tell of values which are no numbers.
NOT_FINITE: Final = "Values that are not finite numbers"

# Almost all values lie between these; where they begin well below the bright ones
# and not below zero, zero is the level of no signal.
_LOW_PERCENTILES: Final = (0.5, 99.5)

# Fill values (32767, 65535, 1e20) lie above measured ones by many times their range;
# a bright vessel does not.
_FAR_ABOVE: Final = 4.0

# A few values below zero, and no other for this share of the largest one, are fill
# values too: noise around zero leaves no such gap.
_GAP_BELOW_ZERO: Final = 0.2
_MOST_FILLS: Final = 4


@dataclass(frozen=True)
class Background:
    """What of an image is no measurement, and what stands there instead.

    Attributes:
        paddings: Values that are taken as padding.
        level: The level of no signal.
        notes: What is replaced; empty if nothing is.
    """

    paddings: tuple[float, ...] = ()
    level: float = 0.0
    notes: tuple[str, ...] = ()

    def fill(self, band: Pixels) -> Pixels:
        """Replace what is no measurement, in place.

        Args:
            band: Some of the image's rows.

        Returns:
            The same rows, finite.
        """
        if self.notes:
            band[~self.usable(band)] = self.level
        return band

    def usable(self, band: Pixels) -> NDArray[np.bool_]:
        """Return where rows hold measurements, of the same shape."""
        usable = np.isfinite(band)
        for padding in self.paddings:
            usable &= band != padding
        return usable


def to_pixels(
    stored: Rows, slope: float = 1.0, intercept: float = 0.0
) -> tuple[Rows, tuple[str, ...]]:
    """Compute pixels from stored numbers.

    Args:
        stored: Integers or floats.
        slope: What stored numbers are multiplied by; finite.
        intercept: What is added then; finite.

    Returns:
        float32, finite; and notes on what is done.

    Raises:
        InvalidValues: No number is finite.

    Examples:
        >>> import numpy as np
        >>> stored = rows_of(np.array([[np.nan, 0.0, 2.0, 3.0]]))
        >>> pixels, notes = to_pixels(stored, slope=10.0)
        >>> [band.tolist() for band in pixels.bands()], len(notes)
        ([[[0.0, 0.0, 20.0, 30.0]]], 1)
    """
    slope, intercept, notes = _representable(stored, slope, intercept)

    def scale(band: NDArray[Any]) -> Pixels:
        with np.errstate(over="ignore", invalid="ignore"):
            return (band.astype(np.float64) * slope + intercept).astype(np.float32)

    scaled = stored.map(scale)
    background = find_background(scaled)
    return scaled.map(background.fill), notes + background.notes


def fill_background(pixels: Pixels) -> tuple[str, ...]:
    """Replace what is no measurement by the level of background, in place.

    Args:
        pixels: float32, shape (row, column); some value is finite.

    Returns:
        Notes on what was replaced.

    Raises:
        InvalidValues: No value is finite.
    """
    rows = rows_of(pixels)
    background = find_background(rows)
    for band in rows.bands():
        background.fill(band)
    return background.notes


def find_background(pixels: Rows) -> Background:
    """Find what of an image is no measurement.

    Args:
        pixels: float32.

    Returns:
        Where it is, and the level of no signal.

    Raises:
        InvalidValues: No value is finite.
    """
    levels, strange = _outermost_levels(pixels)
    if not levels:
        message = "The file holds no value that is a finite number; export it again."
        raise InvalidValues(message)
    notes: list[str] = []
    if strange:
        notes.append(
            f"{NOT_FINITE} ({_share(strange / pixels.size)} of the pixels) "
            "were taken as background."
        )
    paddings = _paddings(pixels, levels)
    for padding in paddings:
        padded = sum(np.count_nonzero(band == padding) for band in pixels.bands())
        notes.append(
            f"The value {padding:g} ({_share(padded / pixels.size)} of the pixels) "
            "lies far from all others and was taken as padding, that is background."
        )
    if not notes:
        return Background()
    found = Background(paddings, 0.0, tuple(notes))
    return Background(paddings, _background(pixels, found), found.notes)


def find_paddings(pixels: Rows) -> tuple[float, ...]:
    """Find values that lie far from all others: no measurements, but fill values.

    Args:
        pixels: float32 or float64; what is not finite does not count.

    Returns:
        The largest value, the least ones, both or none.
    """
    return _paddings(pixels, _outermost_levels(pixels)[0])


def _representable(
    stored: Rows, slope: float, intercept: float
) -> tuple[float, float, tuple[str, ...]]:
    """Return a scaling whose results float32 can hold and tell apart."""
    least, most = _finite_range(stored)
    ends = least * slope + intercept, most * slope + intercept
    top, extent = max(map(abs, ends)), abs(most - least) * abs(slope)
    if not top <= _LARGEST:
        largest = max(abs(least), abs(most))
        note = "The values are too large for their scaling; they were read unscaled."
        return (1.0 if largest <= _LARGEST else _LARGEST / largest), 0.0, (note,)
    if 0.0 < top < _SMALLEST:
        note = "The values are too small for what is computed with; they were enlarged."
        return slope / top, intercept / top, (note,)
    if 0.0 < extent < top * _SMALLEST_RANGE:
        note = "All values are large and alike; they are counted from the least one."
        return slope, -least * slope, (note,)
    return slope, intercept, ()


def _finite_range(stored: Rows) -> tuple[float, float]:
    ends: list[float] = []
    for band in stored.bands():
        if (finite := _finite(band)).size:
            ends += [float(finite.min()), float(finite.max())]
    return min(ends, default=0.0), max(ends, default=0.0)


def _finite(band: NDArray[Any]) -> NDArray[Any]:
    return band if band.dtype.kind in "iu" else band[np.isfinite(band)]


def _outermost_levels(pixels: Rows) -> tuple[list[float], int]:
    """Find the two least and the two largest values, where there are so many.

    Returns:
        These and maybe some between them, each once, in order; and how many pixels
        are not finite.
    """
    found: set[float] = set()
    strange = 0
    for band in pixels.bands():
        finite = _finite(band)
        strange += band.size - finite.size
        for _ in range(2):  # the ends, and those of what is between them
            if finite.size:
                least, most = finite.min(), finite.max()
                found |= {float(least), float(most)}
                finite = finite[(finite > least) & (finite < most)]
    return sorted(found), strange


def _paddings(pixels: Rows, levels: list[float]) -> tuple[float, ...]:
    if len(levels) < 4:
        return ()  # three levels are a picture of lines, or no picture at all
    least, second, *_ = levels
    *_, last, most = levels
    found: list[float] = []
    if most - last > _FAR_ABOVE * (last - second):
        found.append(most)
        most = last
    if least < 0.0:
        is_far = second - least > most - second
        found += [least] if is_far else _fills_below_zero(pixels, most)
    return tuple(found)


def _fills_below_zero(pixels: Rows, most: float) -> list[float]:
    fills: set[float] = set()
    for band in pixels.bands():
        fills |= set(np.unique(band[np.isfinite(band) & (band < 0.0)]).tolist())
        if len(fills) > _MOST_FILLS or max(fills, default=-np.inf) > (
            -_GAP_BELOW_ZERO * most
        ):
            return []
    return sorted(fills) if most > 0.0 else []


def _background(pixels: Rows, found: Background) -> float:
    """Return the level of no signal: zero, or the least value if zero is none."""
    sample = pixels.sample(BAND_VALUES)
    sample = sample[found.usable(sample)]
    low, high = np.percentile(sample, _LOW_PERCENTILES) if sample.size else (0.0, 1.0)
    if 0.0 <= low < high / 2.0:
        return 0.0
    usable = (band[found.usable(band)] for band in pixels.bands())
    return min(float(band.min(initial=np.inf)) for band in usable)


def _share(share: float) -> str:
    return "less than 1 %" if share < 0.01 else f"{share:.0%}".replace("%", " %")
