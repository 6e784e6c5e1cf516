"""Pictures: PNG, JPEG, TIFF, BMP, WebP and GIF, opened by content."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL.ImageMode import getmode

from alzer.errors import NotOneSlice
from alzer.scans.colour import (
    EQUAL_CHANNELS,
    count_coloured,
    merge_channels,
    require_grey,
)
from alzer.scans.density import spacing_of
from alzer.scans.pictures import Picture, open_picture, unread_named
from alzer.scans.reduction import Reduction, reduction_for
from alzer.scans.sizes import check_memory, check_pixels, check_voxels
from alzer.scans.slice import DISPLAY_PERCENTILES, Slice
from alzer.scans.values import fill_background
from alzer.settings import Limits

_ORIENTATION_TAG = 0x0112

# Start of scan (ITU-T T.81, table B.1).
_JPEG_SCAN = b"\xff\xda"

# Rows and columns swapped first, then flipped.
# Source: EXIF 2.32 (CIPA DC-008-2019), tag 274.
_ORIENTATIONS: Mapping[int, tuple[bool, bool, bool]] = {
    2: (False, False, True),
    3: (False, True, True),
    4: (False, True, False),
    5: (True, False, False),
    6: (True, False, True),
    7: (True, True, True),
    8: (True, True, False),
}

_UPRIGHT = (False, False, False)

# Pixels that are turned into floats at a time, so that copies on the way take little.
_BAND_PIXELS = 2**18

# Of each pixel, what WebP's decoder keeps until it is done: two canvases and a copy.
_WEBP_BYTES = 12

# Values of usual pictures are meant for screens, whose brightness grows with the 2.2nd
# power; 1 / 2.2 is what they state if anything.
_SCREEN_GAMMA = 1.0 / 2.2


def read_raster(data: bytes, name: str, limits: Limits) -> Slice:
    """Read a picture file.

    Args:
        data: The file.
        name: Its format: PNG, JPEG, TIFF, BMP, WebP or GIF.
        limits: How large it may be; checked before pixels are decoded.

    Returns:
        The slice.

    Raises:
        NotOneSlice: If it holds several pictures.
        ColourImage: If it is not grey.
        InvalidValues: If no pixel is a finite number.
    """
    picture = open_picture(data, name)
    _check_size(picture, limits)
    check_memory(_needed_bytes(picture, data), limits)
    with unread_named(data, name):
        # Loading turns TIFFs itself, and forgets that there was anything to turn.
        told = _orientation(picture)
        spacing, notes = spacing_of(picture.image, data)
        picture.load()
        left = _orientation(picture)
    width, height = picture.image.size
    reduction = reduction_for((height, width))
    pixels, more = _grey(picture, left, reduction)
    if told in _ORIENTATIONS:
        notes = (*notes, "Turned as the file's orientation tag says.")
    if spacing is not None:
        if told != left:
            spacing = _swapped(spacing, told)
        spacing = _swapped(reduction.spacing(spacing), left)
    shown = _display_range(picture, pixels)
    notes = (*more, *notes, *_gamma(picture))
    # A density is for printers: it tells the shape of a pixel, not its size in a head.
    return Slice(pixels, name, shown, spacing, notes=notes, tells_size=False)


def _orientation(picture: Picture) -> int:
    return int(picture.image.getexif().get(_ORIENTATION_TAG, 1))


def _swapped(spacing: tuple[float, float], orientation: int) -> tuple[float, float]:
    swaps, *_ = _ORIENTATIONS.get(orientation, _UPRIGHT)
    return (spacing[1], spacing[0]) if swaps else spacing


def _check_size(picture: Picture, limits: Limits) -> None:
    width, height = picture.image.size
    check_pixels((height, width), limits)
    check_voxels((picture.pages, height, width), limits)
    if picture.pages > 1:
        message = (
            f"The file holds {picture.pages} images of {height} x {width} pixels; "
            "send one slice."
        )
        raise NotOneSlice(message)


def _needed_bytes(picture: Picture, data: bytes) -> int:
    """Return what is held at the most at once, by the picture's header."""
    image = picture.image
    kind, float_bytes = getmode(image.mode), np.dtype(np.float32).itemsize
    # Pillow keeps several channels in four bytes, even if they are two or three.
    held = 4 if len(kind.bands) > 1 else np.dtype(kind.typestr).itemsize
    held *= 1 if picture.low is None else 2
    decoder = _WEBP_BYTES if image.format == "WEBP" else 0
    if image.format == "JPEG" and data.count(_JPEG_SCAN) > 1:
        decoder = 2 * len(kind.bands)  # coefficients wait for the last scan
    pixels, analysed = (
        image.width * image.height,
        math.prod(reduction_for((image.height, image.width)).shape),
    )
    sorting = 2 * float_bytes * analysed if picture.is_deep else 0
    decoding = max(pixels * decoder, picture.decoder_bytes)
    return max(pixels * held + max(decoding, analysed * float_bytes), sorting)


def _display_range(
    picture: Picture, pixels: NDArray[np.float32]
) -> tuple[float, float]:
    if not picture.is_deep:
        return 0.0, 255.0
    low, high = np.percentile(pixels, DISPLAY_PERCENTILES)
    return float(low), float(high)


def _gamma(picture: Picture) -> tuple[str, ...]:
    info = picture.image.info
    gamma = float(info.get("gamma", _SCREEN_GAMMA))
    if "srgb" in info or math.isclose(gamma, _SCREEN_GAMMA, abs_tol=0.02):
        return ()
    return (f"The file states a gamma of {gamma:g}; values were kept as stored.",)


def _grey(
    picture: Picture, orientation: int, reduction: Reduction
) -> tuple[NDArray[np.float32], tuple[str, ...]]:
    """Turn a loaded picture into grey floats, and say how they came to be."""
    rows, columns = reduction.shape
    swapped, *flipped = _ORIENTATIONS.get(orientation, _UPRIGHT)
    pixels = np.empty((columns, rows) if swapped else (rows, columns), np.float32)
    as_stored = pixels[tuple(slice(None, None, -1 if each else 1) for each in flipped)]
    notes = _fill(as_stored.T if swapped else as_stored, picture, reduction)
    picture.close()  # what is held of it would add to what percentiles need
    if picture.white_is_zero:
        _invert(pixels, picture)
        notes = (*notes, "Stored with bright as low; inverted.")
    return pixels, notes + (fill_background(pixels) if picture.is_deep else ())


def _invert(pixels: NDArray[np.float32], picture: Picture) -> None:
    # Counted from the darkest: which value that is depends on the depth used.
    finite = np.isfinite(pixels)
    top = pixels.max(where=finite, initial=-np.inf) if picture.is_deep else 255.0
    np.subtract(np.float32(top), pixels, out=pixels, where=finite)


def _fill(
    pixels: NDArray[np.float32], picture: Picture, reduction: Reduction
) -> tuple[str, ...]:
    """Fill in grey values.

    Band by band, each reduced at once, so that a large picture takes what Pillow
    holds of it and little more.
    """
    width, height = picture.image.size
    down, coloured, is_clear = reduction.factors[0], 0, False
    step = max(1, _BAND_PIXELS // (width * down))
    white, channels = _white(picture), 1
    for first in range(0, len(pixels), step):
        last = min(first + step, len(pixels))
        top, bottom = (reduction.first[0] + down * row for row in (first, last))
        band = picture.band(top, bottom)
        channels = band.shape[2]
        coloured += count_coloured(band, white)
        grey, has_clear = _grey_of(band, picture.clear_level)
        is_clear |= has_clear
        with np.errstate(invalid="ignore"):  # infinite values of both signs
            pixels[first:last] = reduction.means_of_rows(grey)
    require_grey(coloured, width * height, picture.image.mode)
    notes = _notes(picture, channels, is_clear=is_clear)
    return notes if reduction.changes_nothing else (*notes, reduction.note)


def _grey_of(
    band: NDArray[Any], clear_level: NDArray[Any] | None
) -> tuple[NDArray[np.float32], bool]:
    """Return grey of some rows, transparent parts black, and whether there are any."""
    if band.shape[2] > 1:
        grey, is_clear = merge_channels(band, float(np.iinfo(band.dtype).max))
    else:
        with np.errstate(over="ignore"):  # too large is as good as infinite
            grey, is_clear = band[:, :, 0].astype(np.float32), False
    if clear_level is not None and len(clear_level) == band.shape[2]:
        clear = (band == clear_level).all(axis=2)
        grey[clear], is_clear = 0.0, is_clear or bool(clear.any())
    return grey, is_clear


def _white(picture: Picture) -> float:
    """Return the level of 16-bit colours that counts as white: few use them all."""
    if picture.low is None:
        return 255.0
    extrema: Any = picture.image.getextrema()
    return 256.0 * max(float(most) for _, most in extrema[:3]) + 255.0


def _notes(picture: Picture, channels: int, *, is_clear: bool) -> tuple[str, ...]:
    notes: tuple[str, ...] = ()
    if picture.is_deep:
        notes = (*notes, "More than eight bits per pixel, kept as they are.")
    if channels > 2:
        notes = (*notes, EQUAL_CHANNELS)
    if is_clear:
        notes = (*notes, "Transparent parts were laid over black.")
    return notes
