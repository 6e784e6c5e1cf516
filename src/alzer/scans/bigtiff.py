"""BigTIFF of big-endian order as a TIFF file that Pillow reads.

Pillow reads BigTIFF of little-endian order alone. BigTIFF differs from TIFF in the
width of counts and offsets (64 instead of 32 bits); files that are read here are far
below the 4 GiB that 32 bits reach. Values stay where they are; directories are
written again behind them.

Source: TIFF 6.0, section 2; BigTIFF, https://www.awaresystems.be/imaging/tiff/bigtiff.
"""

import struct
from typing import Final

# Bytes of one value by its type, from BYTE to IFD8.
_VALUE_BYTES: Final = dict(
    zip(
        range(1, 19),
        (1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8, 8, 8),
        strict=True,
    )
)
_WIDE_TYPES: Final = frozenset({16, 17, 18})
_LONG: Final = 4

BIG_ENDIAN_MARK: Final = b"MM\0+"
_MOST_DIRECTORIES: Final = 1000
_MOST_ENTRIES: Final = 1000
# Offsets that are written again: those of a million strips.
_MOST_ADDED_BYTES: Final = 1 << 22


def to_classic(data: bytes) -> bytes:
    """Write the directories of a big-endian BigTIFF file as those of a TIFF file.

    Args:
        data: The file.

    Returns:
        The same pictures as a big-endian TIFF file.

    Raises:
        ValueError: A directory is absurdly large.
    """
    content = bytearray(data)
    content[2:8] = struct.pack(">HL", 42, 0)
    (place,), link, seen = struct.unpack_from(">Q", data, 8), 4, set[int]()
    while place and place not in seen and len(seen) < _MOST_DIRECTORIES:
        seen.add(place)
        (count,) = struct.unpack_from(">Q", data, place)
        if count > _MOST_ENTRIES:
            message = "too many entries in a TIFF directory"
            raise ValueError(message)
        first = place + 8
        entries = [_entry(data, first + 20 * index, content) for index in range(count)]
        content += bytes(len(content) % 2)  # directories begin at even places
        struct.pack_into(">L", content, link, len(content))
        content += struct.pack(">H", count) + b"".join(entries) + bytes(4)
        link = len(content) - 4
        (place,) = struct.unpack_from(">Q", data, first + 20 * count)
    return bytes(content)


def _entry(data: bytes, place: int, content: bytearray) -> bytes:
    """Return one entry of a directory; values that need a place of their own get it.

    Raises:
        ValueError: There are absurdly many.
    """
    tag, kind, count = struct.unpack_from(">HHQ", data, place)
    size, begin = _VALUE_BYTES.get(kind, 0) * count, place + 12
    if size > 8:
        (begin,) = struct.unpack_from(">Q", data, begin)
    if kind in _WIDE_TYPES:
        if len(content) - len(data) + 4 * count > _MOST_ADDED_BYTES:
            message = "too many offsets in a TIFF directory"
            raise ValueError(message)
        numbers = struct.unpack_from(f">{count}Q", data, begin)
        kind, size, begin = _LONG, 4 * count, len(content)
        content += struct.pack(f">{count}L", *numbers)
    head = struct.pack(">HHL", tag, kind, count)
    if size > 4:
        return head + struct.pack(">L", begin)
    return head + bytes(content[begin : begin + size]).ljust(4, b"\0")
