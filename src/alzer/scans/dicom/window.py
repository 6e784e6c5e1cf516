"""Which values are shown as black and as white."""

import math
from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from alzer.scans.dicom.elements import Frame, numbers, words
from alzer.scans.dicom.intensity import Intensities
from alzer.scans.dicom.tables import LookupTable, read_table
from alzer.scans.slice import DISPLAY_PERCENTILES

# A window must give the image's values at least this share of all grey levels, and
# this share of all pixels must be neither black nor white. Less shows nothing.
MIN_SHOWN_LEVELS: Final = 0.2
MIN_GREY_PIXELS: Final = 0.01

# Where the output of a table counts as black and as white.
_TABLE_ENDS: Final = (0.005, 0.995)

_NOT_USED: Final = (
    "The file's window hides the image (it lies beside the values, or is far wider or "
    "narrower than they are), so the picture shows the range of the values instead."
)
_CURVED: Final = "The file's curved table or window is shown as a straight one."


def display_range(
    frame: Frame, image: Intensities, pixels: NDArray[np.float32], *, order: str
) -> tuple[tuple[float, float], tuple[str, ...]]:
    """Choose the values to show as black and as white.

    Args:
        frame: The file's one image.
        image: Its values in the modality's units.
        pixels: Those that are shown: all of them, or the means of blocks.
        order: Byte order of the data set, `<` or `>`.

    Returns:
        Two values, and how they were found: by the file's first window or table that
        shows something, else the range of all but the outermost pixels.
    """
    ends = np.percentile(pixels, DISPLAY_PERCENTILES)
    whole = float(ends[0]), float(ends[1])
    is_signed = image.darkest < 0.0
    found = False
    for *limits, is_curved in _candidates(frame, is_signed=is_signed, order=order):
        found, shown = True, image.invert(*limits)
        if _shows_something(shown, whole, pixels):
            return shown, (_CURVED,) if is_curved else ()
    return whole, (_NOT_USED,) if found else ()


def _shows_something(
    shown: tuple[float, float],
    whole: tuple[float, float],
    pixels: NDArray[np.float32],
) -> bool:
    low, high = shown
    common = min(high, whole[1]) - max(low, whole[0])
    if not 0.0 < MIN_SHOWN_LEVELS * (high - low) <= common:
        return False
    grey = np.count_nonzero((pixels > low) & (pixels < high))
    return bool(grey >= MIN_GREY_PIXELS * pixels.size)


def _candidates(
    frame: Frame, *, is_signed: bool, order: str
) -> Iterator[tuple[float, float, bool]]:
    """Yield low, high, and whether the way between them is curved."""
    yield from _windows(frame)
    for item in frame.items("VOILUTSequence"):
        names = ("LUTDescriptor", "LUTData")
        table = read_table(item, names, is_signed=is_signed, order=order)
        if table is not None:
            yield *_range_of(table), True


def _windows(frame: Frame) -> Iterator[tuple[float, float, bool]]:
    # Source: PS3.3 C.11.2.1.2.1 (linear) and C.11.2.1.3 (the others).
    place = frame.place_of("WindowCenter")
    if place is None:
        return
    centres, widths = numbers(place, "WindowCenter"), numbers(place, "WindowWidth")
    function = "".join(words(place, "VOILUTFunction")[:1])
    for centre, width in zip(centres, widths, strict=False):
        if not math.isfinite(abs(centre) + abs(width)):
            yield math.nan, math.nan, False
        elif function in {"LINEAR_EXACT", "SIGMOID"}:
            # The sigmoid's tangent at its centre is the exact linear function.
            yield centre - width / 2.0, centre + width / 2.0, function == "SIGMOID"
        else:
            half = (width - 1.0) / 2.0
            yield centre - 0.5 - half, centre - 0.5 + half, False


def _range_of(table: LookupTable) -> tuple[float, float]:
    """Return the inputs between which a table's output rises from black to white."""
    output = table.entries.astype(np.float64)
    black, white = float(output[0]), float(output.max())
    low, high = (black + share * (white - black) for share in _TABLE_ENDS)
    first = int(np.argmax(output > low)) - 1
    last = int(np.argmax(output >= high))
    return float(table.first + max(first, 0)), float(table.first + last)
