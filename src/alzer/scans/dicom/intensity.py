"""From stored values to the modality's units, brighter being higher."""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from alzer.errors import InvalidValues
from alzer.scans.dicom.elements import Frame
from alzer.scans.dicom.tables import LookupTable, read_table

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
    "Pixels of one value far below all others were taken as background."
)


@dataclass(frozen=True)
class Intensities:
    """Values in the modality's units.

    Attributes:
        pixels: float32, shape (row, column), finite, brighter being higher.
        total: What a value and its inverse add up to, if the file stores bright as
            low; None if it does not.
        notes: How they came to be.
    """

    pixels: NDArray[np.float32]
    total: float | None
    notes: tuple[str, ...]

    def invert(self, low: float, high: float) -> tuple[float, float]:
        """Return the range of `pixels` for a range of the file's own values."""
        if self.total is None:
            return low, high
        return self.total - high, self.total - low


def to_units(
    frame: Frame, stored: NDArray[np.float32], *, is_signed: bool, order: str
) -> Intensities:
    """Convert stored values to the modality's units.

    Background that the file fills with a value of its own is set to the darkest
    value of the others, after everything else.

    Args:
        frame: The file's one image.
        stored: float32 or float64, shape (row, column).
        is_signed: Whether they have a sign.
        order: Byte order of the data set, `<` or `>`.

    Returns:
        The values.

    Raises:
        InvalidValues: If the values or their scaling are not sensible numbers.

    Source:
        PS3.3 C.11.1 (modality LUT), C.7.5.1.1.2 (padding).
    """
    kept, notes = _find_image(frame, stored, is_signed=is_signed)
    is_whole = bool(kept.all())
    if not is_whole:
        stored = np.where(kept, stored, stored[kept].min())
    table = _modality_table(frame, is_signed=is_signed, order=order)
    if table is None:
        pixels, more = _rescale(frame, stored)
    else:
        pixels, more = table.apply(stored), (_TABLE,)
    # What was filled in above has the darkest or the brightest value of the others.
    darkest, brightest = float(pixels.min()), float(pixels.max())
    total = None
    if frame.words("PhotometricInterpretation")[:1] == ("MONOCHROME1",):
        # Mirrored about the middle, so that the window goes along.
        total = darkest + brightest
        pixels = np.subtract(np.float32(total), pixels, out=pixels)
        more = (*more, _INVERTED)
    if not is_whole:
        pixels[~kept] = darkest
    return Intensities(pixels, total, (*notes, *more))


def _find_image(
    frame: Frame, stored: NDArray[np.float32], *, is_signed: bool
) -> tuple[NDArray[np.bool_], tuple[str, ...]]:
    """Tell the image from padding: true where a pixel is of the image.

    Raises:
        InvalidValues: If no pixel is a number.
    """
    notes: tuple[str, ...] = ()
    is_number = np.isfinite(stored)
    if not is_number.all():
        notes = (_NO_NUMBERS,)
    kept = is_number & ~_is_padding(frame, stored, is_signed=is_signed)
    if not kept.any():
        kept = is_number  # all is padding: then none is
    if not kept.any():
        raise InvalidValues(_SENSELESS)
    if _is_filled(stored[kept]):
        kept = kept & (stored != stored[kept].min())
        notes = (*notes, _UNDECLARED)
    return kept, notes


def _is_padding(
    frame: Frame, stored: NDArray[np.float32], *, is_signed: bool
) -> NDArray[np.bool_]:
    is_padding = np.zeros(stored.shape, np.bool_)
    for names in _PADDING:
        value, limit = (_as_stored(frame, name, is_signed=is_signed) for name in names)
        if value is None:
            continue
        low, high = sorted((value, value if limit is None else limit))
        is_padding |= (stored >= low) & (stored <= high)
    return is_padding


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


def _is_filled(values: NDArray[np.float32]) -> bool:
    """Check for a fill value that the file does not declare.

    A value below 0 that is further from all others than these are from one another:
    no background of an image is.
    """
    lowest = float(values.min())
    if lowest >= 0.0:
        return False
    others = values[values > lowest]
    if not others.size:
        return False
    darkest, brightest = float(others.min()), float(np.percentile(others, 99.5))
    return darkest - lowest > brightest - darkest > 0.0


def _modality_table(frame: Frame, *, is_signed: bool, order: str) -> LookupTable | None:
    items = frame.items("ModalityLUTSequence")
    if not items:
        return None
    names = ("LUTDescriptor", "LUTData")
    table = read_table(items[0], names, is_signed=is_signed, order=order)
    if table is None:
        raise InvalidValues(_SENSELESS)
    return table


def _rescale(
    frame: Frame, stored: NDArray[np.float32]
) -> tuple[NDArray[np.float32], tuple[str, ...]]:
    slope, intercept = frame.number("RescaleSlope"), frame.number("RescaleIntercept")
    slope = 1.0 if slope is None else slope
    intercept = 0.0 if intercept is None else intercept
    if not MIN_SLOPE <= abs(slope) <= MAX_RESCALE or not abs(intercept) <= MAX_RESCALE:
        raise InvalidValues(_SENSELESS)
    with np.errstate(over="ignore"):  # asked next
        pixels = stored * slope
        pixels += intercept
        pixels = pixels.astype(np.float32, copy=False)
    if not np.isfinite(pixels).all():
        raise InvalidValues(_SENSELESS)
    rescaled = (slope, intercept) != (1.0, 0.0)
    return pixels, (_RESCALED,) if rescaled else ()
