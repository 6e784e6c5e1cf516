"""From stored values to the modality's units, brighter being higher."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from alzer.errors import InvalidValues
from alzer.scans.bands import Rows
from alzer.scans.dicom.elements import Frame
from alzer.scans.dicom.tables import LookupTable, read_table
from alzer.scans.values import find_paddings

# float32, or float64 as some files keep them.
_Values = NDArray[Any]

# Beyond these a rescale slope or intercept is an error, not a unit: no MR
# intensity unit is this far from 1.
MAX_RESCALE: Final = 1e9
MIN_SLOPE: Final = 1e-9

_SENSELESS: Final = (
    "The DICOM file's pixels or their scaling are not sensible numbers; "
    "export the file again."
)

_PADDING: Final = (
    ("PixelPaddingValue", "PixelPaddingRangeLimit"),
    ("FloatPixelPaddingValue", "FloatPixelPaddingRangeLimit"),
    ("DoubleFloatPixelPaddingValue", "DoubleFloatPixelPaddingRangeLimit"),
)

_RESCALED: Final = "Rescaled as the file says."
_TABLE: Final = "Looked up in the file's modality table."
_INVERTED: Final = "Stored with bright as low; inverted."
_NO_NUMBERS: Final = "Pixels that are no numbers were taken as background."
_UNDECLARED: Final = (
    "Pixels whose value lies far from all others were taken as background."
)


@dataclass(frozen=True)
class Intensities:
    """Values in the modality's units.

    Attributes:
        pixels: float32, finite, brighter being higher.
        darkest: The least of them.
        total: What a value and its inverse add up to, if the file stores bright as
            low; None if it does not.
        notes: How they came to be.
    """

    pixels: Rows
    darkest: float
    total: float | None
    notes: tuple[str, ...]

    def invert(self, low: float, high: float) -> tuple[float, float]:
        """Return the range of `pixels` for a range of the file's own values."""
        if self.total is None:
            return low, high
        return self.total - high, self.total - low


@dataclass(frozen=True)
class _Image:
    """Which stored values are of the image, and not padding.

    Attributes:
        paddings: Least and largest value of ranges that are not.
        fillers: More values that are not.
        least: The least value of the image.
        is_whole: Whether all pixels are of the image.
    """

    paddings: tuple[tuple[float, float], ...]
    fillers: tuple[float, ...] = ()
    least: float = 0.0
    is_whole: bool = True

    def kept(self, stored: _Values) -> NDArray[np.bool_]:
        """Return where stored values are of the image, of the same shape."""
        kept = np.isfinite(stored)
        for low, high in self.paddings:
            kept &= ~((stored >= low) & (stored <= high))
        for filler in self.fillers:
            kept &= stored != filler
        return kept

    def without_others(self, stored: _Values) -> _Values:
        """Return stored values, those beside the image replaced by NaN."""
        return self.replace_others(stored, math.nan)

    def replace_others(self, stored: _Values, value: float) -> _Values:
        """Return stored values, those beside the image replaced by a value."""
        if self.is_whole:
            return stored
        return np.where(self.kept(stored), stored, stored.dtype.type(value))


def to_units(frame: Frame, stored: Rows, *, is_signed: bool, order: str) -> Intensities:
    """Convert stored values to the modality's units.

    Background that the file fills with a value of its own is set to the darkest
    value of the others, after everything else.

    Args:
        frame: The file's one image.
        stored: float32 or float64.
        is_signed: Whether they have a sign.
        order: Byte order of the data set, `<` or `>`.

    Returns:
        The values.

    Raises:
        InvalidValues: If the values or their scaling are not sensible numbers.

    Source:
        PS3.3 C.11.1 (modality LUT), C.7.5.1.1.2 (padding).
    """
    image, notes = _find_image(frame, stored, is_signed=is_signed)
    convert, more = _conversion(frame, is_signed=is_signed, order=order)

    def convert_filled(band: _Values) -> NDArray[np.float32]:
        return convert(image.replace_others(band, image.least))

    # What is filled in has the darkest or the brightest value of the others.
    darkest, brightest = _range(stored.map(convert_filled))
    total = None
    if frame.words("PhotometricInterpretation")[:1] == ("MONOCHROME1",):
        # Mirrored about the middle, so that the window goes along.
        total = darkest + brightest
        more = (*more, _INVERTED)

    def finish(band: _Values) -> NDArray[np.float32]:
        pixels = convert_filled(band)
        if total is not None:
            np.subtract(np.float32(total), pixels, out=pixels)
        if not image.is_whole:
            pixels[~image.kept(band)] = darkest
        return pixels

    return Intensities(stored.map(finish), darkest, total, (*notes, *more))


def _range(pixels: Rows) -> tuple[float, float]:
    """Return the least and the largest value.

    Raises:
        InvalidValues: Some value is not finite.
    """
    ends: list[float] = []
    for band in pixels.bands():
        ends += [float(band.min()), float(band.max())]
    if not np.isfinite(ends).all():
        raise InvalidValues(_SENSELESS)
    return min(ends), max(ends)


def _find_image(
    frame: Frame, stored: Rows, *, is_signed: bool
) -> tuple[_Image, tuple[str, ...]]:
    """Separate the image from padding.

    Raises:
        InvalidValues: If no pixel is a number.
    """
    numbers, _ = _count(stored, _Image(()))
    notes = () if numbers == stored.size else (_NO_NUMBERS,)
    image = _Image(_paddings(frame, is_signed=is_signed))
    count, least = _count(stored, image)
    if not count:
        image = _Image(())  # all is padding: then none is
        count, least = _count(stored, image)
    if not count:
        raise InvalidValues(_SENSELESS)
    image = replace(image, is_whole=count == stored.size)
    if fillers := find_paddings(stored.map(image.without_others)):
        image = replace(image, fillers=fillers, is_whole=False)
        notes = (*notes, _UNDECLARED)
        _, least = _count(stored, image)
    return replace(image, least=least), notes


def _count(stored: Rows, image: _Image) -> tuple[int, float]:
    """Return how many pixels are of the image, and the least value of these."""
    count, least = 0, math.inf
    for band in stored.bands():
        values = band[image.kept(band)]
        count += values.size
        least = min(least, float(values.min(initial=math.inf)))
    return count, least


def _paddings(frame: Frame, *, is_signed: bool) -> tuple[tuple[float, float], ...]:
    ranges: list[tuple[float, float]] = []
    for names in _PADDING:
        value, limit = (_as_stored(frame, name, is_signed=is_signed) for name in names)
        if value is not None:
            other = value if limit is None else limit
            ranges.append((min(value, other), max(value, other)))
    return tuple(ranges)


def _as_stored(frame: Frame, keyword: str, *, is_signed: bool) -> float | None:
    """Return a padding value with the sign of the pixels, whatever its own."""
    value = frame.number(keyword)
    if value is None or not math.isfinite(value):
        return None
    if keyword.startswith("Pixel"):
        if is_signed and value > 2**15 - 1:
            return value - 2**16
        if not is_signed and value < 0:
            return value + 2**16
    return value


def _modality_table(frame: Frame, *, is_signed: bool, order: str) -> LookupTable | None:
    items = frame.items("ModalityLUTSequence")
    if not items:
        return None
    names = ("LUTDescriptor", "LUTData")
    table = read_table(items[0], names, is_signed=is_signed, order=order)
    if table is None:
        raise InvalidValues(_SENSELESS)
    return table


def _conversion(
    frame: Frame, *, is_signed: bool, order: str
) -> tuple[Callable[[_Values], NDArray[np.float32]], tuple[str, ...]]:
    """Return what converts stored values to the modality's units, and a note.

    Raises:
        InvalidValues: The file's scaling is not sensible.
    """
    table = _modality_table(frame, is_signed=is_signed, order=order)
    if table is not None:
        return table.apply, (_TABLE,)
    slope, intercept = frame.number("RescaleSlope"), frame.number("RescaleIntercept")
    slope = 1.0 if slope is None else slope
    intercept = 0.0 if intercept is None else intercept
    if not MIN_SLOPE <= abs(slope) <= MAX_RESCALE or not abs(intercept) <= MAX_RESCALE:
        raise InvalidValues(_SENSELESS)

    def rescale(stored: _Values) -> NDArray[np.float32]:
        with np.errstate(over="ignore"):  # asked next, of all pixels
            pixels = stored * slope
            pixels += intercept
            return pixels.astype(np.float32, copy=False)

    rescaled = (slope, intercept) != (1.0, 0.0)
    return rescale, (_RESCALED,) if rescaled else ()
