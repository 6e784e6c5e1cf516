"""Pictures opened through Pillow so that no bit of a pixel is lost.

Pillow keeps one channel of up to 32 bits, or several of eight. Of 16-bit colours it
gives the high bytes; asked a second time for the other byte order, the low ones.
"""

import io
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.BmpImagePlugin import BmpImageFile
from PIL.GifImagePlugin import GifImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile

from alzer.errors import UnsupportedVariant, UnusableScan
from alzer.scans.sizes import JPEG_LS, jpeg_process
from alzer.scans.tiff import Tiff

# Called directly rather than through Image.open, whose own pixel limit is
# global, warns first and lies far above ours.
_OPENERS: Final[Mapping[str, Callable[[io.BytesIO], Image.Image]]] = {
    "JPEG": JpegImageFile,
    "BMP": BmpImageFile,
    "WebP": WebPImageFile,
    "GIF": GifImageFile,
}

# Of the processes of ITU-T T.81, table B.1, those that Pillow decodes.
_JPEG_READ: Final = frozenset({0xC0, 0xC1, 0xC2, 0xC9, 0xCA})


@dataclass(frozen=True)
class Picture:
    """One opened picture; its pixels are decoded by `load`.

    Attributes:
        image: As Pillow has it.
        pages: How many pictures the file holds.
        low: Of 16-bit colours, the low bytes; `image` has the high ones.
        dtype: What values of the image are; None if they are as Pillow has them.
        white_is_zero: Whether the greatest value is black.
        has_alpha: Whether the last of two 16-bit channels says how opaque a pixel is.
        decoder_bytes: What the decoder holds beside the pixels, where that is known.
    """

    image: Image.Image
    pages: int = 1
    low: Image.Image | None = None
    dtype: str | None = None
    white_is_zero: bool = False
    has_alpha: bool = True
    decoder_bytes: int = 0

    @property
    def is_deep(self) -> bool:
        """Whether a channel has more than eight bits, or signed values."""
        is_wide = self.image.mode.startswith(("I", "F"))
        return is_wide or self.low is not None or self.dtype is not None

    def load(self) -> None:
        """Decode."""
        self.image.load()
        if self.low is not None:
            self.low.load()

    def band(self, first: int, last: int) -> NDArray[Any]:
        """Return some rows, shape (row, column, channel), in the file's own depth."""
        box = 0, first, self.image.width, last
        part = np.asarray(_plain(self.image.crop(box)))
        if self.low is not None:
            low = np.asarray(self.low.crop(box))
            part = part.astype(np.uint16) << 8 | low
        if self.dtype is not None:
            part = np.ascontiguousarray(part).view(self.dtype)
        part = part.reshape(last - first, self.image.width, -1)
        return part if self.has_alpha or part.shape[2] != 2 else part[:, :, :1]

    def close(self) -> None:
        """Release the decoded pixels."""
        self.image.close()
        if self.low is not None:
            self.low.close()

    @property
    def clear_level(self) -> NDArray[Any] | None:
        """The level, or the levels of channels, that stands for transparency."""
        key = self.image.info.get("transparency")
        return np.array(key, ndmin=1) if isinstance(key, int | tuple) else None


class _Png(PngImageFile):
    """A PNG whose bytes can be taken otherwise than Pillow would."""

    def __init__(self, data: bytes) -> None:
        super().__init__(io.BytesIO(data))
        self.rawmode = str(self.tile[0].args) if self.tile else ""

    def take(self, mode: str, rawmode: str) -> "_Png":
        self._mode = mode
        self.tile = [tile._replace(args=rawmode) for tile in self.tile]
        return self


def open_picture(data: bytes, name: str) -> Picture:
    """Open a picture; no pixel is decoded yet.

    Args:
        data: The file.
        name: Its format: PNG, JPEG, TIFF, BMP, WebP or GIF.

    Returns:
        The picture.

    Raises:
        UnsupportedVariant: It is healthy, but of a kind that is not read.
    """
    with unread_named(data, name):
        if name == "PNG":
            return _open_png(data)
        if name == "TIFF":
            return _open_tiff(data)
        image = _OPENERS[name](io.BytesIO(data))
        return Picture(image, getattr(image, "n_frames", 1))


@contextmanager
def unread_named(data: bytes, name: str) -> Iterator[None]:
    """Distinguish what is not read from what is damaged.

    Args:
        data: The file.
        name: Its format.

    Raises:
        UnsupportedVariant: Pillow fails, and by the file's header it had to.
        UnusableScan: Whatever else was foreseen.
    """
    try:
        yield
    except UnusableScan:
        raise
    except Exception as error:
        if (what := _unread_variant(data, name, str(error))) is None:
            raise
        message = (
            f"The {name} file is of a kind that is not read ({what}). Save it as PNG, "
            "or send the scan's DICOM file."
        )
        raise UnsupportedVariant(message) from error


def _open_png(data: bytes) -> Picture:
    image = _Png(data)
    pages = getattr(image, "n_frames", 1)
    if image.rawmode == "LA;16B":
        return Picture(image.take("RGBA", "RGBA"), pages, dtype=">u2")
    if image.rawmode in {"RGB;16B", "RGBA;16B"}:
        low = _Png(data).take(image.mode, image.rawmode[:-1] + "L")
        return Picture(image, pages, low)
    return Picture(image, pages)


def _open_tiff(data: bytes) -> Picture:
    image = Tiff(data)
    low = Tiff(data, low_bytes=True) if image.is_sixteen_bit_colour else None
    return Picture(
        image,
        image.pages,
        low,
        image.dtype,
        white_is_zero=image.white_is_zero,
        has_alpha=image.has_alpha,
        decoder_bytes=image.strip_bytes,
    )


def _unread_variant(data: bytes, name: str, complaint: str) -> str | None:
    """Name the variant that Pillow cannot read; None if the file is damaged."""
    if name == "JPEG":
        return _jpeg_variant(data)
    if name == "BMP" and complaint.startswith("Unsupported BMP "):
        return complaint.removeprefix("Unsupported BMP ")
    if name == "TIFF" and "decoder" in complaint and "not available" in complaint:
        return complaint
    return None


def _jpeg_variant(data: bytes) -> str | None:
    if (process := jpeg_process(data)) is None:
        return None
    marker, bits = process
    if marker == JPEG_LS:
        return "JPEG-LS"
    if marker not in _JPEG_READ:
        return "lossless or hierarchical JPEG"
    return None if bits == 8 else f"JPEG of {bits} bits"


def _plain(image: Image.Image) -> Image.Image:
    """Return a part of a picture without palette, single bits or inks."""
    if image.mode == "1":
        return image.convert("L")
    if image.mode in {"P", "PA"}:
        clear = image.mode == "PA" or "transparency" in image.info
        return image.convert("RGBA" if clear else "RGB")
    if image.mode in {"CMYK", "YCbCr", "LAB", "HSV"}:
        return image.convert("RGB")
    # Of these, colours are multiplied by their opacity.
    return image.convert({"La": "LA", "RGBa": "RGBA"}.get(image.mode, image.mode))
