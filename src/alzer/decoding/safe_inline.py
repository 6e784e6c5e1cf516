"""Which files are simple enough to be read in the service itself.

Small PNG and plain JPEG pictures, whose decoders take little whatever such a file
holds: the service has no limit of its own on memory and time. Anything else is read
by a process that has.
"""

import struct
from typing import Final

from alzer.scans.signatures import has_dicom_prefix, picture_format

# A slice has a tenth of this at most.
MOST_BYTES: Final = 2**20
MOST_PIXELS: Final = 2**21

# Cameras and viewers write a dozen.
_MOST_SEGMENTS: Final = 64

# One for each component, and a thumbnail's; each goes over all pixels (T.81, B.2.3).
_MOST_SCANS: Final = 8
_SCAN: Final = b"\xff\xda"

# Source: ITU-T T.81, table B.1. Not the progressive ones: their scans go over all
# pixels again and again.
_PLAIN_FRAMES: Final = frozenset({0xC0, 0xC1})
_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


def is_safe_inline(data: bytes) -> bool:
    """Say whether a file may be read here.

    Args:
        data: The file.

    Returns:
        True for small pictures alone, by what they declare.
    """
    if len(data) > MOST_BYTES or has_dicom_prefix(data):
        return False
    name = picture_format(data)
    size = {"PNG": _png_size, "JPEG": _jpeg_size}.get(name or "", _no_size)(data)
    return size is not None and size[0] * size[1] <= MOST_PIXELS


def _no_size(_: bytes) -> tuple[int, int] | None:
    return None


def _png_size(data: bytes) -> tuple[int, int] | None:
    # Source: PNG, third edition, section 11.2.1: IHDR comes first, and once; Pillow
    # takes the last one.
    if len(data) < 24 or data[12:16] != b"IHDR" or data.count(b"IHDR") > 1:
        return None
    columns, rows = struct.unpack_from(">LL", data, 16)
    return rows, columns


def _jpeg_size(data: bytes) -> tuple[int, int] | None:
    """Walk from segment to segment until the scan's (T.81, B.2): one frame before."""
    if data.count(_SCAN) > _MOST_SCANS:
        return None
    place, size = 2, None
    for _ in range(_MOST_SEGMENTS):
        if len(data) < place + 9 or data[place] != 0xFF:
            return None
        kind = data[place + 1]
        length, _precision, rows, columns = struct.unpack_from(">HBHH", data, place + 2)
        if kind == _SCAN[1]:
            return size
        if kind in _FRAMES:
            if kind not in _PLAIN_FRAMES or size is not None:
                return None
            size = rows, columns
        place += 2 + length
    return None
