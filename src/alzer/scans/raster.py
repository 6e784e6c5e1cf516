"""Pictures: PNG, JPEG, TIFF, BMP and WebP, opened by content."""

import io
import math
from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.BmpImagePlugin import BmpImageFile
from PIL.ImageMode import getmode
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.TiffImagePlugin import TiffImageFile
from PIL.WebPImagePlugin import WebPImageFile

from alzer.errors import (
    ColourImage,
    InvalidValues,
    NotOneSlice,
)
from alzer.scans.channels import CHANNEL_TOLERANCE_LEVELS, MAX_COLOURED_SHARE
from alzer.scans.reduction import Reduction, reduction_for
from alzer.scans.sizes import check_memory, check_pixels, check_voxels
from alzer.scans.slice import DISPLAY_PERCENTILES, Slice
from alzer.settings import Limits

# Called directly rather than through Image.open, whose own pixel limit is
# global, warns first and lies far above ours.
_OPENERS: Mapping[str, Callable[[io.BytesIO], Image.Image]] = {
    "PNG": PngImageFile,
    "JPEG": JpegImageFile,
    "TIFF": TiffImageFile,
    "BMP": BmpImageFile,
    "WebP": WebPImageFile,
}

_ORIENTATION_TAG = 0x0112

# Pillow's names of modes with more than eight bits begin like this; and those of
# eight bits that can be grey.
_DEEP = ("I", "F")
_EIGHT_BITS = frozenset({"L", "LA", "La", "RGB", "RGBA", "RGBa"})

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

# Pixels that are turned into floats at a time, so that copies on the way take little.
_BAND_PIXELS = 2**18

# Of each pixel, what WebP's decoder keeps until it is done: two canvases and a copy.
_WEBP_BYTES = 12


def read_raster(data: bytes, name: str, limits: Limits) -> Slice:
    """Read a picture file.

    Args:
        data: The file.
        name: Its format: PNG, JPEG, TIFF, BMP or WebP.
        limits: How large it may be; checked before pixels are decoded.

    Returns:
        The slice.

    Raises:
        NotOneSlice: If it holds several pictures.
        ColourImage: If it is not grey.
        InvalidValues: If a pixel is not a finite number.
    """
    image = _OPENERS[name](io.BytesIO(data))
    _check_size(image, limits)
    check_memory(_needed_bytes(image, data), limits)
    image.load()
    mode, orientation = image.mode, _orientation(image)  # loading turns TIFFs itself
    swapped, *flipped = _ORIENTATIONS.get(orientation, (False, False, False))
    width, height = image.size
    reduction = reduction_for((height, width))
    rows, columns = reduction.shape
    pixels = np.empty((columns, rows) if swapped else (rows, columns), np.float32)
    as_stored = pixels[tuple(slice(None, None, -1 if each else 1) for each in flipped)]
    notes = _fill(as_stored.T if swapped else as_stored, image, reduction)
    image.close()  # what is held of it would add to what percentiles need
    if orientation in _ORIENTATIONS:
        notes = (*notes, "Turned as the file's orientation tag says.")
    return Slice(pixels, name, _display_range(mode, pixels), notes=notes)


def _check_size(image: Image.Image, limits: Limits) -> None:
    width, height = image.size
    check_pixels((height, width), limits)
    frames = getattr(image, "n_frames", 1)
    check_voxels((frames, height, width), limits)
    if frames > 1:
        message = (
            f"The file holds {frames} images of {height} x {width} pixels; "
            "send one slice."
        )
        raise NotOneSlice(message)


def _needed_bytes(image: Image.Image, data: bytes) -> int:
    """Give what is held at the most at once, by the picture's header."""
    kind, float_bytes = getmode(image.mode), np.dtype(np.float32).itemsize
    # Pillow keeps several channels in four bytes, even if they are two or three.
    held = 4 if len(kind.bands) > 1 else np.dtype(kind.typestr).itemsize
    decoder = _WEBP_BYTES if image.format == "WEBP" else 0
    if image.format == "JPEG" and data.count(_JPEG_SCAN) > 1:
        decoder = 2 * len(kind.bands)  # coefficients wait for the last scan
    pixels, analysed = (
        image.width * image.height,
        math.prod(reduction_for((image.height, image.width)).shape),
    )
    sorting = 2 * float_bytes * analysed if image.mode.startswith(_DEEP) else 0
    return max(pixels * held + max(pixels * decoder, analysed * float_bytes), sorting)


def _orientation(image: Image.Image) -> int:
    return int(image.getexif().get(_ORIENTATION_TAG, 1))


def _display_range(mode: str, pixels: NDArray[np.float32]) -> tuple[float, float]:
    if not mode.startswith(_DEEP):
        return 0.0, 255.0
    low, high = np.percentile(pixels, DISPLAY_PERCENTILES)
    return float(low), float(high)


def _fill(
    pixels: NDArray[np.float32], image: Image.Image, reduction: Reduction
) -> tuple[str, ...]:
    """Turn a picture into grey floats, and say how they came to be.

    Band by band, each reduced at once, so that a large picture takes what Pillow
    holds of it and little more.
    """
    down, coloured, is_clear = reduction.factors[0], 0, False
    step = max(1, _BAND_PIXELS // (image.width * down))
    for first in range(0, len(pixels), step):
        last = min(first + step, len(pixels))
        top, bottom = (reduction.first[0] + down * row for row in (first, last))
        band = _plain(image.crop((0, top, image.width, bottom)))
        if band.mode.startswith(_DEEP):
            pixels[first:last] = reduction.means_of_rows(_finite(band))
            continue
        channels = np.asarray(band).reshape(bottom - top, image.width, -1)
        coloured += _count_coloured(channels)
        grey, band_is_clear = _merge_channels(channels)
        pixels[first:last] = reduction.means_of_rows(grey)
        is_clear = is_clear or band_is_clear
    _require_grey(coloured / (image.width * image.height))
    notes = _notes(_plain(image.crop((0, 0, 1, 1))).mode, is_clear=is_clear)
    return notes if reduction.changes_nothing else (*notes, reduction.note)


def _plain(image: Image.Image) -> Image.Image:
    """Give one without palette or single bits.

    Raises:
        ColourImage: Its mode is one for colours.
    """
    if image.mode == "1":
        return image.convert("L")
    if image.mode in {"P", "PA"}:
        clear = image.mode == "PA" or "transparency" in image.info
        return image.convert("RGBA" if clear else "RGB")
    if image.mode in _EIGHT_BITS or image.mode.startswith(_DEEP):
        return image
    message = (
        f"The image has colours (it is stored as {image.mode}); "
        "save the slice as grey and send it again."
    )
    raise ColourImage(message)


def _notes(mode: str, *, is_clear: bool) -> tuple[str, ...]:
    notes: tuple[str, ...] = ()
    if mode.startswith(_DEEP):
        notes = (*notes, "More than eight bits per pixel, kept as they are.")
    if mode.startswith("RGB"):
        notes = (*notes, "Three equal channels were merged into one.")
    if is_clear:
        notes = (*notes, "Transparent parts were laid over black.")
    return notes


def _finite(image: Image.Image) -> NDArray[np.float32]:
    pixels = np.asarray(image, np.float32)
    if not np.isfinite(pixels).all():
        message = "The image holds values that are not finite numbers; export it again."
        raise InvalidValues(message)
    return pixels


def _merge_channels(stored: NDArray[np.uint8]) -> tuple[NDArray[np.float32], bool]:
    """Merge channel-last pixels with one to four channels into grey."""
    channels = stored.shape[2]
    grey = stored[:, :, 0].astype(np.float32)
    if channels > 2:
        grey = (grey + stored[:, :, 1] + stored[:, :, 2]) / np.float32(3.0)
    is_clear = channels in {2, 4} and bool(stored[:, :, -1].min() < 255)
    if is_clear:
        grey *= stored[:, :, -1] / np.float32(255.0)
    return grey, is_clear


def _count_coloured(stored: NDArray[np.uint8]) -> int:
    if stored.shape[2] < 3:
        return 0
    red, green, blue = (stored[:, :, channel] for channel in range(3))
    spread = np.maximum(np.maximum(red, green), blue)
    spread -= np.minimum(np.minimum(red, green), blue)
    return int((spread > CHANNEL_TOLERANCE_LEVELS).sum())


def _require_grey(share: float) -> None:
    if share > MAX_COLOURED_SHARE:
        message = (
            f"The image has colours ({share:.0%} of its pixels); an MRI slice is grey. "
            "Send the slice itself, without annotations or colour maps."
        )
        raise ColourImage(message)
