"""TIFF through Pillow, with every depth of grey and both meanings of zero.

Pillow's table of TIFF variants lacks many that are healthy: white stored as zero,
float16, twelve bits or compressed values in big-endian files. Their values lie in
the file as those of variants it has, so it is told that it reads one of these, and
the values are taken for what they are afterwards.
"""

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from PIL.TiffImagePlugin import (
    BITSPERSAMPLE,
    COMPRESSION,
    COMPRESSION_INFO,
    EXTRASAMPLES,
    FILLORDER,
    PHOTOMETRIC_INTERPRETATION,
    PLANAR_CONFIGURATION,
    ROWSPERSTRIP,
    SAMPLEFORMAT,
    SAMPLESPERPIXEL,
    TiffImageFile,
)

from alzer.errors import UnsupportedVariant
from alzer.scans.bigtiff import BIG_ENDIAN_MARK, to_classic

# Fields that Pillow has no name for. Source: TIFF 6.0, section 8.
_NEW_SUBFILE_TYPE, _SUBFILE_TYPE = 254, 255
# Bits: a reduced copy of another image in the file; a mask of its transparency.
_REDUCED, _MASK = 1, 4
_OLD_REDUCED = 2

_BLACK_IS_ZERO = 1
_UNSIGNED, _SIGNED, _FLOAT, _UNDEFINED = 1, 2, 3, 4
_UNASSOCIATED_ALPHA = 2


@dataclass(frozen=True)
class Depth:
    """How values of one depth are taken out of Pillow.

    Attributes:
        mode: Of Pillow's image.
        rawmodes: How they lie in a file of little-endian, of big-endian order, and
            after libtiff, which gives the machine's.
        dtype: What the image's values are; None if they are as Pillow has them.
    """

    mode: str
    rawmodes: tuple[str, str, str]
    dtype: str | None = None


_SIXTEEN: Final = ("I;16", ("I;16", "I;16B", "I;16N"))
_THIRTY_TWO: Final = ("I", ("I;32S", "I;32BS", "I;32NS"))

# By sample format and bits. Eight bits and fewer are Pillow's own.
_GREY: Final = {
    (_SIGNED, 8): Depth("L", ("L", "L", "L"), "i1"),
    (_UNSIGNED, 12): Depth("I;16", ("I;12", "I;12", "I;12")),
    (_UNSIGNED, 16): Depth(*_SIXTEEN),
    (_SIGNED, 16): Depth(*_SIXTEEN, "i2"),
    (_FLOAT, 16): Depth(*_SIXTEEN, "f2"),
    (_UNSIGNED, 32): Depth(*_THIRTY_TWO, "u4"),
    (_SIGNED, 32): Depth(*_THIRTY_TWO),
    (_FLOAT, 32): Depth("F", ("F;32F", "F;32BF", "F;32NF")),
    (_FLOAT, 64): Depth("F", ("F;64F", "F;64BF", "F;64NF")),
}

# Grey and alpha of 16 bits: four bytes a pixel, taken as they are.
_GREY_AND_ALPHA: Final = Depth("RGBA", ("RGBA", "RGBA", "RGBA"), "u2")

# Pillow knows no variant with more.
_MOST_SAMPLES: Final = 8

# What a scanner or a microscope writes at the most; what is behind is not looked at.
MOST_PAGES: Final = 1000


class Tiff(TiffImageFile):
    """One TIFF file, opened at its first page that is a picture of its own.

    Attributes:
        pages: How many pages are; 1000 if there are more.
        white_is_zero: Whether the greatest value is black.
        dtype: What the values of the loaded image are, in the machine's order or
            with an order of their own; None if as Pillow has them.
        has_alpha: Whether a second channel says how opaque a pixel is.
    """

    def __init__(self, data: bytes, *, low_bytes: bool = False) -> None:
        self.pages, self.white_is_zero, self.has_alpha = 1, False, False
        self.dtype: str | None = None
        self._low_bytes = low_bytes
        self._is_counting = False
        is_big = data.startswith(BIG_ENDIAN_MARK)
        super().__init__(io.BytesIO(to_classic(data) if is_big else data))
        self._choose_page()

    @property
    def is_sixteen_bit_colour(self) -> bool:
        """Whether Pillow gives one of two bytes of each value."""
        return self.dtype is None and max(self._bits) == 16 and len(self._bits) > 2

    @property
    def strip_bytes(self) -> int:
        """What libtiff unpacks at a time: all rows of a strip; of tiles, little."""
        if not self.use_load_libtiff:
            return 0
        width, height = self._tile_size
        rows = min(int(self.tag_v2.get(ROWSPERSTRIP, height)), height)
        return int(rows * width * sum(self._bits) // 8)

    def _choose_page(self) -> None:
        self._is_counting = True
        own = [page for page, is_copy in enumerate(self._copies()) if not is_copy]
        self._is_counting = False
        self.pages = max(1, len(own))
        self._seek(own[0] if own else 0)

    def _copies(self) -> Iterator[bool]:
        """Go from page to page, and tell which are copies or masks of others."""
        for page in range(MOST_PAGES):
            try:
                self._seek(page)
            except EOFError:
                return
            kind = int(self.tag_v2.get(_NEW_SUBFILE_TYPE, 0))
            is_old_copy = self.tag_v2.get(_SUBFILE_TYPE) == _OLD_REDUCED
            yield bool(kind & (_REDUCED | _MASK)) or is_old_copy

    def _setup(self) -> None:
        """Describe this page to Pillow as one of a variant that it knows.

        Raises:
            UnsupportedVariant: It is of none.
        """
        if self._is_counting:
            return
        tags = self.tag_v2
        bits = tags.get(BITSPERSAMPLE, (1,))
        samples = min(int(tags.get(SAMPLESPERPIXEL, len(bits))), _MOST_SAMPLES)
        self._bits = bits[:samples] if len(bits) > 1 else bits * samples
        self._refuse_unread()
        depth = self._depth()
        self.white_is_zero = tags.get(PHOTOMETRIC_INTERPRETATION, 0) == 0
        if self.white_is_zero:
            tags[PHOTOMETRIC_INTERPRETATION] = _BLACK_IS_ZERO
        if depth is not None:
            tags[BITSPERSAMPLE], tags[SAMPLEFORMAT] = (8,), (_UNSIGNED,)
            tags[SAMPLESPERPIXEL] = 1
            tags.pop(EXTRASAMPLES, None)
        try:
            super()._setup()
        except SyntaxError as error:
            bits = " + ".join(map(str, self._bits))
            message = _unread(f"{bits} bits per pixel, or an unusual order")
            raise UnsupportedVariant(message) from error
        if depth is not None:
            self._take(depth)
        elif self.is_sixteen_bit_colour:
            self._choose_bytes()

    def _depth(self) -> Depth | None:
        """Return how grey values of this page are taken; None if Pillow knows."""
        tags = self.tag_v2
        photo = tags.get(PHOTOMETRIC_INTERPRETATION, 0)
        if photo > _BLACK_IS_ZERO or tags.get(FILLORDER, 1) != 1:
            return None
        form = max(tags.get(SAMPLEFORMAT, (_UNSIGNED,)))
        form = _UNSIGNED if form == _UNDEFINED else form
        self.has_alpha = False
        if self._bits == (16, 16) and form == _UNSIGNED:
            # Of what is multiplied by its opacity, the grey lies over black already.
            self.has_alpha = tags.get(EXTRASAMPLES, (0,))[0] == _UNASSOCIATED_ALPHA
            return _GREY_AND_ALPHA
        return _GREY.get((form, self._bits[0])) if len(self._bits) == 1 else None

    def _take(self, depth: Depth) -> None:
        order = 2 if self.use_load_libtiff else int(self.tag_v2.prefix == b"MM")
        self._mode, rawmode = depth.mode, depth.rawmodes[order]
        self.dtype = depth.dtype
        if depth is _GREY_AND_ALPHA and order == 1:
            self.dtype = ">u2"
        total_bits = sum(self._bits)
        self._set_args(rawmode, lambda stride: stride * total_bits // 8)

    def _choose_bytes(self) -> None:
        """Take the high bytes of 16-bit colours, or the low ones."""
        is_big = self.tag_v2.prefix == b"MM" and not self.use_load_libtiff
        mark = "B" if is_big is not self._low_bytes else "L"
        args: Any = self.tile[0].args
        rawmode = str(args[0])[:-1].replace("RGBa", "RGBX") + mark
        self._mode = "RGB" if rawmode.startswith("RGBX") else self.mode
        self._set_args(rawmode, lambda stride: stride)

    def _set_args(self, rawmode: str, stride: Callable[[int], int]) -> None:
        tiles = []
        for tile in self.tile:
            args: Any = tile.args
            tiles.append(tile._replace(args=(rawmode, stride(args[1]), *args[2:])))
        self.tile = tiles

    def _refuse_unread(self) -> None:
        """Refuse what Pillow would fail at, or read wrongly.

        Raises:
            UnsupportedVariant: It would.
        """
        compression = self.tag_v2.get(COMPRESSION, 1)
        if compression not in COMPRESSION_INFO:
            raise UnsupportedVariant(_unread(f"compression {compression}"))
        is_planar = self.tag_v2.get(PLANAR_CONFIGURATION, 1) == 2
        if is_planar and len(self._bits) > 1 and max(self._bits) > 8:
            message = _unread("channels apart, with more than 8 bits")
            raise UnsupportedVariant(message)


def _unread(what: str) -> str:
    return (
        f"The TIFF file is of a kind that is not read ({what}). Save it as PNG, or "
        "as TIFF of 8 or 16 bits per pixel, and send that."
    )
