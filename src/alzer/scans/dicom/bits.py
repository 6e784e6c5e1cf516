"""Which of the bits that are kept for a value are the value."""

from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from alzer.errors import InvalidValues
from alzer.scans.bands import Rows, rows_of, spans
from alzer.scans.dicom.elements import Frame, numbers
from alzer.scans.dicom.pixel_format import PixelFormat

# Repeating groups of overlays. Source: PS3.5 section 7.6.
_OVERLAY_GROUPS: Final = range(0x6000, 0x6020, 2)

# Intervals into which values are counted to see where they are continuous.
_INTERVALS_BITS: Final = 5

# Share of its range by which the rest of a value falls back, on average, where higher
# bits count up. Drawn brains of 8 to 16 bits with declared 7 to 12: 0.11 to 0.79;
# overlays of any shape: below 0.08.
MIN_FALL: Final = 0.1

# Two overlays make three patterns of bits beside none; more patterns are values.
_MOST_PATTERNS: Final = 4

_MASKED: Final = "Bits beside the values, such as an overlay's graphics, were left out."
_UNSHIFTED: Final = (
    "The file says that values lie in the highest bits; they lie in the lowest and "
    "were read there."
)
_UNSIGNED: Final = (
    "The file says that values have a sign, for which it has too few bits; they were "
    "read without one."
)


@dataclass(frozen=True)
class _Layout:
    """Where in a word its value is.

    Attributes:
        shift: Number of the value's lowest bit, counted from 0.
        stored: Its bits.
        is_signed: Whether the highest of them is a sign.
        copies: The bits above, shifted down to bit 0, if all are copies of the sign.
        overlays: Those of them that the file says are overlays.
    """

    shift: int
    stored: int
    is_signed: bool
    copies: int
    overlays: int

    def values(self, words: NDArray[Any]) -> NDArray[Any]:
        """Return the bits of the values, without a sign."""
        return np.asarray((words >> self.shift) & ((1 << self.stored) - 1))

    def above(self, words: NDArray[Any]) -> NDArray[Any]:
        """Return the bits above the values, without copies of the sign."""
        above = words >> (self.shift + self.stored)
        if self.is_signed:
            is_negative = self.values(words) >> (self.stored - 1) == 1
            above[is_negative & (above | self.overlays == self.copies)] = 0
        return above

    def to_floats(self, words: NDArray[Any]) -> NDArray[np.float32]:
        """Return the values."""
        values = self.values(words)
        floats = values.astype(np.float32)
        if self.is_signed:
            floats[values >> (self.stored - 1) == 1] -= float(1 << self.stored)
        return floats


def extract(
    words: NDArray[Any], form: PixelFormat, frame: Frame
) -> tuple[Rows, tuple[str, ...]]:
    """Extract the values from the words in which they are kept.

    Values that lie higher than at bit 0 are shifted, as the standard allowed until
    2011. Bits above them may be copies of the sign, or overlays.

    Args:
        words: shape (row, column), integers as they are stored.
        form: How the file describes them.
        frame: The file's one image.

    Returns:
        The values, float32, and how they came to be.

    Raises:
        InvalidValues: If the values use bits that the file says are not theirs.

    Source:
        PS3.5 section 8.1.1; PS3.5-2004 section 8.1.2 for overlays and high bits.
    """
    if form.stored == form.allocated:
        return rows_of(words).map(lambda band: band.astype(np.float32)), ()
    words = words.view(f"u{words.dtype.itemsize}")
    used = int(np.bitwise_or.reduce(words, axis=None))
    notes: tuple[str, ...] = ()
    shift = form.high_bit + 1 - form.stored
    if shift and not used >> form.stored:
        shift, notes = 0, (_UNSHIFTED,)
    layout, kept = _layout(form, frame, shift), rows_of(words)
    has_above = used >> (shift + form.stored) != 0
    if has_above and _has_other_bits(kept, layout):
        notes = (*notes, _MASKED)
    if form.is_signed and not has_above and _is_unsigned(kept, layout):
        layout, notes = replace(layout, is_signed=False), (*notes, _UNSIGNED)
    return kept.map(layout.to_floats), notes


def _layout(form: PixelFormat, frame: Frame, shift: int) -> _Layout:
    copies = (1 << (form.allocated - shift - form.stored)) - 1
    overlays = _overlay_bits(frame) >> (shift + form.stored) & copies
    return _Layout(shift, form.stored, form.is_signed, copies, overlays)


def _has_other_bits(words: Rows, layout: _Layout) -> bool:
    """Check the bits above the values.

    Returns:
        Whether any is set that is no copy of the sign.

    Raises:
        InvalidValues: If they are part of the values.
    """
    used = 0
    for band in words.bands():
        used |= int(np.bitwise_or.reduce(layout.above(band), axis=None))
    if used & ~layout.overlays and (
        _are_many(words, layout) or _continue_values(words, layout)
    ):
        message = (
            "The DICOM file's pixels use more bits than it declares, so their values "
            "are not sure; export the file again with the right number of bits."
        )
        raise InvalidValues(message)
    return used != 0


def _are_many(words: Rows, layout: _Layout) -> bool:
    """Check whether undeclared bits make more patterns than overlays would."""
    found: set[int] = set()
    for band in words.bands():
        above = layout.above(band)
        found |= set(np.unique(above & ~above.dtype.type(layout.overlays)).tolist())
        if len(found) > _MOST_PATTERNS:
            return True
    return False


def _continue_values(words: Rows, layout: _Layout) -> bool:
    """Decide by neighbours whether bits are a value's highest ones or something else.

    From one pixel to the next, where the bits count up by one, the rest of a value
    falls back, in an image without noise by all it can; beside graphics it does not.
    """
    fall, count = 0.0, 0
    for span in spans(words.shape):
        first = max(span.start - 1, 0)  # neighbours of its first row are above it
        (band,) = words.read([slice(first, span.stop)])
        undeclared = layout.above(band) & ~np.asarray(layout.overlays, band.dtype)
        above, values = undeclared.astype(np.float32), layout.values(band)
        values, own = values.astype(np.float32), slice(span.start - first, None)
        for part, axis in ((slice(None), 0), (own, 1)):
            steps = np.diff(above[part], axis=axis)
            changes = np.diff(values[part], axis=axis)
            is_one = np.abs(steps) == 1.0
            fall -= float((changes * steps)[is_one].sum(dtype=np.float64))
            count += int(is_one.sum())
    return fall > MIN_FALL * count * 2.0**layout.stored


def _is_unsigned(words: Rows, layout: _Layout) -> bool:
    """Guess by continuity whether the highest bit counts up instead of down.

    Values with a sign are continuous around 0, where all bits change; values without
    one around the middle, where the sign would change.
    """
    if layout.stored < _INTERVALS_BITS:
        return False
    counts = np.zeros(1 << _INTERVALS_BITS, np.int64)
    for band in words.bands():
        intervals = layout.values(band) >> (layout.stored - _INTERVALS_BITS)
        counts += np.bincount(intervals.ravel().astype(np.intp), minlength=len(counts))
    if not counts[len(counts) // 2 :].any():
        return False  # no value has the highest bit
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
