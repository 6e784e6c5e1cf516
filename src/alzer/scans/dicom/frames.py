"""The one compressed frame within the items of encapsulated pixels.

Source: PS3.5 section A.4 (items), PS3.5 annex G (run lengths).
"""

import struct
from typing import Final

from pydicom.uid import (
    JPEG2000,
    UID,
    JPEGBaseline8Bit,
    JPEGExtended12Bit,
    JPEGLosslessSV1,
    JPEGLSLossless,
    RLELossless,
)

from alzer.errors import DamagedFile, NotOneSlice
from alzer.scans.dicom.encoding import EXPLICIT_LITTLE, ITEM, read_header
from alzer.scans.sizes import JPEG_2000_START, JPEG_LS, JPEG_START, jpeg_process

_BY_FRAME_MARKER: Final = {
    0xC0: JPEGBaseline8Bit,
    0xC1: JPEGExtended12Bit,
    0xC3: JPEGLosslessSV1,
    JPEG_LS: JPEGLSLossless,
}

# Of a sequence of items, in little endian.
_DELIMITER: Final = b"\xfe\xff\xdd\xe0\0\0\0\0"

# ITU-T T.87, C.1.
_END_OF_IMAGE: Final = b"\xff\xd9"

_CUT_OFF: Final = "The DICOM file's pixels are cut off; export the file again."


def join_frame(items: memoryview) -> bytes:
    """Join the parts of one compressed frame.

    The table of offsets before them is not needed for one frame, and is often wrong;
    a file may end without the delimiter.

    Args:
        items: The value of the element of pixels: items with their headers.

    Returns:
        The frame's compressed bytes.

    Raises:
        DamagedFile: If an item is longer than what is left of the file.
        NotOneSlice: If several items begin a frame.
    """
    parts = _split(items)
    if parts and _is_offset_table(parts[0]):
        parts = parts[1:]
    if not parts:
        raise DamagedFile(_CUT_OFF)
    count = sum(part.startswith((JPEG_START, JPEG_2000_START)) for part in parts)
    if count > 1:
        message = f"The DICOM file holds {count} compressed frames; send one slice."
        raise NotOneSlice(message)
    return b"".join(parts)


def split_frames(items: memoryview, count: int) -> list[memoryview]:
    """Split the compressed frames of a file with several.

    Frames begin with an item each, and most have no other. Where there are more
    items than frames, the frames are told by how they begin, not by the tables of
    offsets, which are often wrong.

    Args:
        items: The value of the element of pixels: items with their headers.
        count: How many frames the file declares.

    Returns:
        Each frame as one item, as a file of that frame alone would hold it.

    Raises:
        DamagedFile: The items can't be divided among so many frames.
    """
    parts = _split(items)
    if parts and _is_offset_table(parts[0]):
        parts = parts[1:]
    marks = (JPEG_START, JPEG_2000_START)
    are_whole = len(parts) == count or not any(part.startswith(marks) for part in parts)
    frames: list[list[bytes]] = []
    for part in parts:
        if are_whole or part.startswith(marks) or not frames:
            frames.append([])
        frames[-1].append(part)
    if len(frames) != count:
        message = (
            f"The DICOM file declares {count} frames, and holds {len(frames)}; export "
            "it again."
        )
        raise DamagedFile(message)
    return [memoryview(_item(b"".join(frame))) for frame in frames]


def check_end(frame: bytes) -> None:
    """Refuse a JPEG-LS frame without its end: its decoder would take seconds to.

    Args:
        frame: The frame's compressed bytes.

    Raises:
        DamagedFile: If the end is missing.
    """
    # A byte of 0xff within the data is followed by one below 0x80 (T.87, A.1).
    if _END_OF_IMAGE not in frame:
        raise DamagedFile(_CUT_OFF)


def guess_syntax(frame: bytes) -> UID:
    """Guess by its first bytes how a frame is compressed, where the file has no word.

    Args:
        frame: The frame's compressed bytes.

    Returns:
        A transfer syntax whose decoders read it; run lengths if it is none of JPEG's.
    """
    if frame.startswith(JPEG_2000_START):
        return JPEG2000
    process = jpeg_process(frame)
    return RLELossless if process is None else _BY_FRAME_MARKER.get(process[0], UID(""))


def _item(frame: bytes) -> bytes:
    header = struct.pack("<HHL", ITEM >> 16, ITEM & 0xFFFF, len(frame))
    return header + frame


def _split(items: memoryview) -> list[bytes]:
    parts, place = [], 0
    while header := read_header(items, place, EXPLICIT_LITTLE):
        if header.tag != ITEM:
            break
        place = header.value_start + header.length
        if place > len(items):
            # With the delimiter where it belongs, only the length is wrong.
            if bytes(items[-len(_DELIMITER) :]) != _DELIMITER:
                raise DamagedFile(_CUT_OFF)
            place = len(items) - len(_DELIMITER)
        parts.append(bytes(items[header.value_start : place]))
    return parts


def _is_offset_table(part: bytes) -> bool:
    # Offsets begin with 0; a frame begins with a marker or the count of segments.
    return len(part) < 4 or struct.unpack_from("<L", part)[0] == 0
