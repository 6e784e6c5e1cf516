"""Pictures: PNG, JPEG, TIFF, BMP and WebP, opened by content."""

import io
from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.BmpImagePlugin import BmpImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.TiffImagePlugin import TiffImageFile
from PIL.WebPImagePlugin import WebPImageFile

from alzer.errors import (
    ColourImage,
    InvalidValues,
    NotOneSlice,
)
from alzer.scans.scan import DISPLAY_PERCENTILES, Scan
from alzer.scans.sizes import check_pixels, check_voxels
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

# Grey that went through a colour JPEG comes back with channels a few levels
# apart; a picture counts as grey while at most this share of its pixels is
# further apart than this many of 256 levels.
CHANNEL_TOLERANCE_LEVELS = 12
MAX_COLOURED_SHARE = 0.001

_ORIENTATION_TAG = 0x0112

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


def read_raster(data: bytes, name: str, limits: Limits) -> Scan:
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
    image.load()
    orientation = _orientation(image)  # after loading, which turns TIFFs itself
    pixels, notes = _grey(image)
    swapped, flipped_rows, flipped_columns = _ORIENTATIONS.get(
        orientation, (False, False, False)
    )
    if orientation in _ORIENTATIONS:
        notes = (*notes, "Turned as the file's orientation tag says.")
        pixels = pixels.T if swapped else pixels
        pixels = pixels[:: -1 if flipped_rows else 1, :: -1 if flipped_columns else 1]
    pixels = np.ascontiguousarray(pixels)
    return Scan(pixels, name, _display_range(image.mode, pixels), notes=notes)


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


def _orientation(image: Image.Image) -> int:
    return int(image.getexif().get(_ORIENTATION_TAG, 1))


def _display_range(mode: str, pixels: NDArray[np.float32]) -> tuple[float, float]:
    if not mode.startswith(("I", "F")):
        return 0.0, 255.0
    low, high = np.percentile(pixels, DISPLAY_PERCENTILES)
    return float(low), float(high)


def _grey(image: Image.Image) -> tuple[NDArray[np.float32], tuple[str, ...]]:
    # Also says how the values came to be; before any turning.
    if image.mode == "1":
        return _as_floats(image.convert("L")), ()
    if image.mode in {"P", "PA"}:
        clear = image.mode == "PA" or "transparency" in image.info
        image = image.convert("RGBA" if clear else "RGB")
    if image.mode in {"L", "RGB", "LA", "RGBA", "La", "RGBa"}:
        return _merge_channels(np.asarray(image))
    if image.mode.startswith(("I", "F")):
        return _as_floats(image), ("More than eight bits per pixel, kept as they are.",)
    message = (
        f"The image has colours (it is stored as {image.mode}); "
        "save the slice as grey and send it again."
    )
    raise ColourImage(message)


def _as_floats(image: Image.Image) -> NDArray[np.float32]:
    pixels = np.asarray(image, np.float32)
    if not np.isfinite(pixels).all():
        message = "The image holds values that are not finite numbers; export it again."
        raise InvalidValues(message)
    return pixels


def _merge_channels(
    stored: NDArray[np.uint8],
) -> tuple[NDArray[np.float32], tuple[str, ...]]:
    """Merge channel-last pixels with one to four channels into grey."""
    channels = 1 if stored.ndim == 2 else stored.shape[2]
    stored = stored.reshape(*stored.shape[:2], channels)
    colour = stored[:, :, : 3 if channels > 2 else 1]
    notes: tuple[str, ...] = ()
    grey = colour[:, :, 0].astype(np.float32)
    if colour.shape[2] == 3:
        _require_grey(colour)
        grey = colour.mean(axis=2, dtype=np.float32)
        notes = ("Three equal channels were merged into one.",)
    if channels in {2, 4} and stored[:, :, -1].min() < 255:
        grey *= stored[:, :, -1] / np.float32(255.0)
        notes = (*notes, "Transparent parts were laid over black.")
    return grey, notes


def _require_grey(colour: NDArray[np.uint8]) -> None:
    spread = colour.max(axis=2) - colour.min(axis=2)
    share = float((spread > CHANNEL_TOLERANCE_LEVELS).mean())
    if share > MAX_COLOURED_SHARE:
        message = (
            f"The image has colours ({share:.0%} of its pixels); an MRI slice is grey. "
            "Send the slice itself, without annotations or colour maps."
        )
        raise ColourImage(message)
