"""Which of the bits that are kept for a value are the value."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from alzer.errors import InvalidValues
from alzer.scans.dicom.elements import Frame, numbers
from alzer.scans.dicom.stored import PixelFormat

# Repeating groups of overlays. Source: PS3.5 section 7.6.
_OVERLAY_GROUPS: Final = range(0x6000, 0x6020, 2)

# Intervals into which values are counted to see where they are continuous.
_INTERVALS_BITS: Final = 5

# Share of its range by which the rest of a value falls back, on average, where higher
# bits count up. Drawn brains of 8 to 16 bits with declared 7 to 12: 0.11 to 0.79;
# overlays of any shape: below 0.08.
MIN_FALL: Final = 0.1

_MASKED: Final = "Bits beside the values, such as an overlay's graphics, were left out."
_UNSHIFTED: Final = (
    "The file says that values lie in the highest bits; they lie in the lowest and "
    "were read there."
)
_UNSIGNED: Final = (
    "The file says that values have a sign, for which it has too few bits; they were "
    "read without one."
)


def extract(
    words: NDArray[Any], form: PixelFormat, frame: Frame
) -> tuple[NDArray[np.float32], tuple[str, ...]]:
    """Extract the values from the words in which they are kept.

    Values that lie higher than at bit 0 are shifted, as the standard allowed until
    2011. Bits above them may be copies of the sign, or overlays.

    Args:
        words: shape (row, column), integers as they are stored.
        form: How the file describes them.
        frame: The file's one image.

    Returns:
        The values, and how they came to be.

    Raises:
        InvalidValues: If the values use bits that the file says are not theirs.

    Source:
        PS3.5 section 8.1.1; PS3.5-2004 section 8.1.2 for overlays and high bits.
    """
    if form.stored == form.allocated:
        return words.astype(np.float32), ()
    kept = words.view(f"u{words.dtype.itemsize}")
    notes: tuple[str, ...] = ()
    shift = form.high_bit + 1 - form.stored
    if shift and not (kept >> form.stored).any():
        shift, notes = 0, (_UNSHIFTED,)
    kept = kept >> shift
    values = kept & ((1 << form.stored) - 1)
    sign = values >> (form.stored - 1) if form.is_signed else None
    overlays = _overlay_bits(frame) >> (shift + form.stored)
    above = kept >> form.stored
    if sign is not None:
        copies = (1 << (form.allocated - shift - form.stored)) - 1
        above = np.where((sign == 1) & (above | overlays == copies), 0, above)
    if _has_other_bits(above, values, form.stored, overlays):
        notes = (*notes, _MASKED)
    if sign is None:
        return values.astype(np.float32), notes
    if _is_unsigned(values, form.stored) and not (kept >> form.stored).any():
        return values.astype(np.float32), (*notes, _UNSIGNED)
    signed = values.astype(np.float32)
    signed[sign == 1] -= float(1 << form.stored)
    return signed, notes


def _has_other_bits(
    above: NDArray[Any], values: NDArray[Any], stored: int, overlays: int
) -> bool:
    """Check the bits above the values.

    Args:
        above: shape (row, column), the bits, shifted down to bit 0, without copies of
            the sign.
        values: The bits below them, likewise.
        stored: How many bits these are.
        overlays: Bits of `above` that the file says are overlays.

    Returns:
        Whether any is set.

    Raises:
        InvalidValues: If they are part of the values.
    """
    if not above.any():
        return False
    undeclared = above & ~np.asarray(overlays, above.dtype)
    if undeclared.any() and _continue_values(undeclared, values, stored):
        message = (
            "The DICOM file's pixels use more bits than it declares, so their values "
            "are not sure; export the file again with the right number of bits."
        )
        raise InvalidValues(message)
    return True


def _continue_values(above: NDArray[Any], values: NDArray[Any], stored: int) -> bool:
    """Tell by neighbours whether bits are a value's highest ones or something else.

    From one pixel to the next, where the bits count up by one, the rest of a value
    falls back, in an image without noise by all it can; beside graphics it does not.
    """
    fall, count = 0.0, 0
    for axis in (0, 1):
        steps = np.diff(above.astype(np.float32), axis=axis)
        changes = np.diff(values.astype(np.float32), axis=axis)
        is_one = np.abs(steps) == 1.0
        fall -= float((changes * steps)[is_one].sum(dtype=np.float64))
        count += int(is_one.sum())
    return fall > MIN_FALL * count * 2.0**stored


def _is_unsigned(values: NDArray[Any], stored: int) -> bool:
    """Guess by continuity whether the highest bit counts up instead of down.

    Values with a sign are continuous around 0, where all bits change; values without
    one around the middle, where the sign would change.
    """
    if stored < _INTERVALS_BITS or not (values >> (stored - 1)).any():
        return False
    intervals = values >> (stored - _INTERVALS_BITS)
    counts = np.bincount(intervals.ravel().astype(np.intp), minlength=32)
    return bool(min(counts[15], counts[16]) > min(counts[0], counts[31]))


def _overlay_bits(frame: Frame) -> int:
    """Return the bits of a word in which overlays are, by what the file says."""
    bits = 0
    for group in _OVERLAY_GROUPS:
        position = numbers(frame.dataset, group << 16 | 0x0102)
        has_own_data = frame.dataset.get_item(group << 16 | 0x3000) is not None
        if position and not has_own_data and 0 <= position[0] < 64:
            bits |= 1 << int(position[0])
    return bits
