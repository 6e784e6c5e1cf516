"""Which files are simple enough to be read in the service itself.

Small PNG and JPEG pictures without anything but pixels, whose decoders take little
whatever such a file holds: the service has no limit of its own on memory and time.
Anything else is read by a process that has. What is not known to be plain is not.
"""

import struct
from typing import Final

from alzer.scans.reduction import MOST_PIXELS
from alzer.scans.signatures import has_dicom_prefix, picture_format

# A slice has a tenth of this at most.
MOST_BYTES: Final = 2**20

# Length, kind and checksum of a chunk, and the signature before the first.
_CHUNK_BYTES: Final = 12
_SIGNATURE_BYTES: Final = 8

# Some encoders write 4 KiB of pixels per chunk: 256 in the largest such file.
_MOST_CHUNKS: Final = 300

# Pixels, and what is said of them in a few bytes. Not what is compressed in its turn
# (iCCP, zTXt, iTXt), parsed in its turn (eXIf), an animation (acTL), or unknown.
# Source: PNG, third edition, section 11.
_PLAIN_CHUNKS: Final = frozenset(
    (b"PLTE", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"sBIT", b"bKGD", b"pHYs", b"tIME",
     b"tEXt", b"IDAT")
)  # fmt: skip

# Cameras and viewers write a dozen.
_MOST_SEGMENTS: Final = 64

# Start of scan. A plain picture has one; each goes over all pixels (T.81, B.2.3).
_SCAN: Final = b"\xff\xda"

# Source: ITU-T T.81, table B.1. Baseline and extended frames, in Huffman coding: the
# progressive ones' scans go over all pixels again and again.
_PLAIN_FRAMES: Final = frozenset({0xC0, 0xC1})

# Tables, restart interval, JFIF, Adobe's mark, comment. Not EXIF, profiles or
# several pictures (other application segments): they are parsed in their turn.
_PLAIN_SEGMENTS: Final = frozenset({0xC4, 0xDB, 0xDD, 0xE0, 0xEE, 0xFE})


def is_safe_inline(data: bytes) -> bool:
    """Check whether a file may be read here.

    Args:
        data: The file.

    Returns:
        True for small plain pictures alone, by what they declare.
    """
    if len(data) > MOST_BYTES or has_dicom_prefix(data):
        return False
    name = picture_format(data)
    size = {"PNG": _png_size, "JPEG": _jpeg_size}.get(name or "", _no_size)(data)
    return size is not None and 0 < size[0] * size[1] <= MOST_PIXELS


def _no_size(_: bytes) -> tuple[int, int] | None:
    return None


def _png_size(data: bytes) -> tuple[int, int] | None:
    """Return rows and columns of a plain PNG: every chunk is known, none follows."""
    # Source: PNG, third edition, section 5.6: IHDR first, IEND last.
    kind, place = _chunk_at(data, _SIGNATURE_BYTES)
    if kind != b"IHDR" or place != _SIGNATURE_BYTES + _CHUNK_BYTES + 13:
        return None
    columns, rows, depth, _colours, *ways = struct.unpack_from(">LLBBBBB", data, 16)
    if depth > 8 or any(ways):  # compression, filter, interlace
        return None
    for _ in range(_MOST_CHUNKS):
        kind, place = _chunk_at(data, place)
        if kind == b"IEND":
            return (rows, columns) if place == len(data) else None
        if kind not in _PLAIN_CHUNKS:
            return None
    return None


def _chunk_at(data: bytes, place: int) -> tuple[bytes, int]:
    """Return a chunk's kind and where it ends; no kind if it does not fit."""
    if place + _CHUNK_BYTES > len(data):
        return b"", place
    length, kind = struct.unpack_from(">L4s", data, place)
    end = place + _CHUNK_BYTES + length
    return (kind, end) if end <= len(data) else (b"", place)


def _jpeg_size(data: bytes) -> tuple[int, int] | None:
    """Return rows and columns of a plain JPEG: one frame, then one scan (T.81, B.2)."""
    if data.count(_SCAN) != 1:
        return None
    place, size = 2, None
    for _ in range(_MOST_SEGMENTS):
        if len(data) < place + 10 or data[place] != 0xFF:
            return None
        kind = data[place + 1]
        length, precision, rows, columns, components = struct.unpack_from(
            ">HBHHB", data, place + 2
        )
        if kind == _SCAN[1]:
            return size
        if kind in _PLAIN_FRAMES:
            if size is not None or precision != 8 or components not in {1, 3}:
                return None
            size = rows, columns
        elif kind not in _PLAIN_SEGMENTS:
            return None
        place += 2 + length
    return None
