"""TIFF files of every variant, written field by field."""

import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

WIDTH, HEIGHT, BITS, COMPRESSION, PHOTOMETRIC = 256, 257, 258, 259, 262
OFFSETS, SAMPLES, ROWS_PER_STRIP, COUNTS = 273, 277, 278, 279
SUBFILE, X_RESOLUTION, Y_RESOLUTION, UNIT = 254, 282, 283, 296
PLANES, EXTRA_SAMPLES, SAMPLE_FORMAT = 284, 338, 339

WHITE_IS_ZERO, BLACK_IS_ZERO, RGB = 0, 1, 2
DEFLATE = 8

_FORMATS = {"u": 1, "i": 2, "f": 3}


@dataclass(frozen=True)
class TiffKind:
    """How a file is written.

    Attributes:
        order: `<` or `>`.
        big: Whether as BigTIFF.
        packed: Whether values are deflated.
        subfiles: What kind of page each is, where that is told: 1 a reduced copy.
        tags: Fields that are added or changed: whole numbers, tuples of them, or
            a fraction.
    """

    order: str = "<"
    big: bool = False
    packed: bool = False
    subfiles: tuple[int, ...] = ()
    tags: Mapping[int, Any] = field(default_factory=dict)

    def offset(self, place: int) -> bytes:
        """Write a count or an offset."""
        return struct.pack(self.order + ("Q" if self.big else "L"), place)


def as_tiff(*pages: NDArray[Any], kind: TiffKind | None = None) -> bytes:
    """Write pages.

    Args:
        pages: Each of shape (row, column) or (row, column, channel).
        kind: How; plain little-endian grey by default.

    Returns:
        The file.
    """
    kind = kind or TiffKind()
    mark = b"MM" if kind.order == ">" else b"II"
    versions = (43, 8, 0) if kind.big else (42,)
    content = bytearray(mark + struct.pack(f"{kind.order}{len(versions)}H", *versions))
    link = len(content)
    content += kind.offset(0)
    for index, page in enumerate(pages):
        place = len(content)
        content += _values(page, kind)
        fields = _fields(page, place, len(content) - place, kind)
        if kind.subfiles:
            fields = {SUBFILE: kind.subfiles[index], **fields}
        entries = [_entry(tag, value, kind, content) for tag, value in fields.items()]
        content += bytes(len(content) % 2)
        content[link : link + len(kind.offset(0))] = kind.offset(len(content))
        count = struct.pack(kind.order + ("Q" if kind.big else "H"), len(entries))
        content += count + b"".join(entries)
        link = len(content)
        content += kind.offset(0)
    return bytes(content)


def _entry(tag: int, value: Any, kind: TiffKind, content: bytearray) -> bytes:  # noqa: ANN401 - of any type
    if isinstance(value, tuple):
        code, count, raw = (
            3,
            len(value),
            struct.pack(f"{kind.order}{len(value)}H", *value),
        )
    elif isinstance(value, float):
        code, count, raw = (
            5,
            1,
            struct.pack(f"{kind.order}2L", round(value * 1000), 1000),
        )
    elif kind.big:
        code, count, raw = 16, 1, struct.pack(f"{kind.order}Q", value)
    else:
        code, count, raw = 4, 1, struct.pack(f"{kind.order}L", value)
    if len(raw) > len(kind.offset(0)):
        place = len(content)
        content += raw
        raw = kind.offset(place)
    head = struct.pack(f"{kind.order}HH", tag, code) + kind.offset(count)
    return head + raw.ljust(len(kind.offset(0)), b"\0")


def twelve_bits(values: NDArray[np.uint16]) -> bytes:
    """Pack two values in three bytes; rows have an even number of them."""
    first, second = values[:, ::2].astype(np.uint32), values[:, 1::2].astype(np.uint32)
    both = first << 12 | second
    return np.stack([both >> 16, both >> 8, both], axis=2).astype(np.uint8).tobytes()


def _values(page: NDArray[Any], kind: TiffKind) -> bytes:
    if kind.tags.get(BITS) == (12,):
        raw = twelve_bits(page)
    elif kind.tags.get(BITS) == (1,):
        raw = np.packbits(page.astype(bool), axis=1).tobytes()
    else:
        raw = page.astype(f"{kind.order}{page.dtype.str[1:]}").tobytes()
    return zlib.compress(raw) if kind.packed else raw


def _fields(
    page: NDArray[Any], place: int, length: int, kind: TiffKind
) -> dict[int, Any]:
    channels = 1 if page.ndim == 2 else page.shape[2]
    fields: dict[int, Any] = {
        WIDTH: page.shape[1],
        HEIGHT: page.shape[0],
        BITS: (page.dtype.itemsize * 8,) * channels,
        COMPRESSION: DEFLATE if kind.packed else 1,
        PHOTOMETRIC: RGB if channels > 2 else BLACK_IS_ZERO,
        OFFSETS: place,
        SAMPLES: channels,
        ROWS_PER_STRIP: page.shape[0],
        COUNTS: length,
        SAMPLE_FORMAT: (_FORMATS[page.dtype.kind],) * channels,
    }
    return dict(sorted({**fields, **kind.tags}.items()))
