"""Grey images that are stored as colours: equal channels, or a palette of greys."""

from collections.abc import Callable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.pixels.processing import apply_color_lut

from alzer.errors import ColourImage
from alzer.scans.bands import Rows, rows_of
from alzer.scans.colour import (
    EQUAL_CHANNELS,
    count_coloured,
    merge_channels,
    require_grey,
)
from alzer.scans.dicom.pixel_format import PixelFormat
from alzer.scans.dicom.tables import read_table

# What the decoder turns into red, green and blue. Source: PS3.3 C.7.6.3.1.2.
_RED_GREEN_BLUE: Final = frozenset(
    {"RGB", "YBR_FULL", "YBR_FULL_422", "YBR_ICT", "YBR_RCT", "MONOCHROME2"}
)
_CHANNELS: Final = ("Red", "Green", "Blue")

_PALETTE: Final = "The palette's greys were taken."


def is_colour(form: PixelFormat) -> bool:
    """Check whether a file's pixels are stored as colours, though they may be grey."""
    return form.samples != 1 or not form.photometric.startswith("MONOCHROME")


def check_readable(form: PixelFormat) -> None:
    """Refuse colours of which no grey can be made.

    Args:
        form: How the file describes its pixels.

    Raises:
        ColourImage: If they are neither of a palette nor red, green and blue.
    """
    is_palette = form.samples == 1 and form.photometric == "PALETTE COLOR"
    is_mixed = form.samples == 3 and form.photometric in _RED_GREEN_BLUE
    if is_colour(form) and not is_palette and not is_mixed:
        message = (
            "The DICOM image has colours; an MRI slice is grey. "
            "Send the original slice, not a report or a colour map."
        )
        raise ColourImage(message)


def to_grey(
    stored: NDArray[Any], form: PixelFormat, dataset: Dataset, *, order: str
) -> tuple[Rows, float, tuple[str, ...]]:
    """Merge colours into grey.

    Args:
        stored: shape (row, column, channel), or (row, column) of places in a palette.
        form: How the file describes them.
        dataset: What holds the palette.
        order: Byte order of the data set, `<` or `>`.

    Returns:
        The grey, float32, the value of white, and how they came to be.

    Raises:
        ColourImage: If more than a few pixels are coloured.
    """
    channels, bits, note = rows_of(stored), form.stored, EQUAL_CHANNELS
    if form.samples == 1:
        look_up, bits = _palette(stored, form, dataset, order)
        channels, note = channels.map(look_up), _PALETTE
    white = float((1 << bits) - 1)
    levels = channels.map(lambda band: band.astype(np.float32))
    coloured = sum(count_coloured(band, white) for band in levels.bands())
    require_grey(coloured, levels.size)
    return levels.map(lambda band: merge_channels(band)[0]), white, (note,)


def _palette(
    stored: NDArray[Any], form: PixelFormat, dataset: Dataset, order: str
) -> tuple[Callable[[NDArray[Any]], NDArray[Any]], int]:
    """Return what looks up colours, and the bits of these."""
    tables = [
        read_table(
            dataset,
            (
                f"{name}PaletteColorLookupTableDescriptor",
                f"{name}PaletteColorLookupTableData",
            ),
            is_signed=form.is_signed,
            order=order,
        )
        for name in _CHANNELS
    ]
    known = [table for table in tables if table is not None]

    def look_up_in_segments(band: NDArray[Any]) -> NDArray[Any]:
        return np.asarray(apply_color_lut(band, dataset)[..., :3])

    def look_up(band: NDArray[Any]) -> NDArray[Any]:
        places = band.astype(np.float32)
        return np.dstack([table.apply(places) for table in known])

    if len(known) < len(_CHANNELS):
        return look_up_in_segments, 8 * look_up_in_segments(stored[:1]).itemsize
    return look_up, 16 if known[0].bits > 8 else 8
