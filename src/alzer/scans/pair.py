"""One file of the two of a NIfTI or Analyze 7.5 pair, so that one reader reads both.

Nothing but the header is unpacked or looked at here: the joined file is read, and
judged, like any other, in an isolated process where there is one.
"""

import gzip
import math
import struct
from dataclasses import dataclass
from typing import Final

from alzer.errors import DamagedFile, EmptyFile
from alzer.scans.packing import GZIP, unpacked_head
from alzer.scans.signatures import VolumeKind, volume_kind


@dataclass(frozen=True)
class _Layout:
    """Where fields of a header are.

    Attributes:
        size: Of the header.
        offset: Place of the field that says where the values begin.
        offset_type: Its type, as `struct` names it.
        mark: Place of the mark, `ni1` or `n+1`.
    """

    size: int
    offset: int
    offset_type: str
    mark: int


_LAYOUTS: Final = {
    VolumeKind.NIFTI1: _Layout(348, 108, "f", 344),
    VolumeKind.NIFTI2: _Layout(540, 168, "q", 4),
}


def join_pair(header: bytes, image: bytes) -> bytes:
    """Join the two files of a pair.

    Args:
        header: The file whose name ends in `.hdr`; may be gzipped.
        image: The file whose name ends in `.img`, with the values; may be gzipped.

    Returns:
        One file with both, for `read_slice`.

    Raises:
        DamagedFile: The first is no header of a pair.
        EmptyFile: There are no values.
    """
    head = unpacked_head(header)
    layout = _LAYOUTS.get(volume_kind(head) or VolumeKind.MGH)
    if layout is None:
        message = "The .hdr file is no NIfTI or Analyze 7.5 header; export it again."
        raise DamagedFile(message)
    if not image:
        message = "The .img file is empty; choose the file again."
        raise EmptyFile(message)
    joined = _joinable(head, layout)
    # Gzip's members are read one after another, as if they were one.
    return (gzip.compress(joined) if image.startswith(GZIP) else joined) + image


def _joinable(head: bytes, layout: _Layout) -> bytes:
    """Return a header alone that says that the values follow it.

    Analyze 7.5 stays without a mark: what it says of orientation is another thing.
    """
    size, mark = layout.size, layout.mark
    order = "<" if head[:4] == struct.pack("<l", size) else ">"
    (offset,) = struct.unpack_from(order + layout.offset_type, head, layout.offset)
    is_whole = head[mark : mark + 2] == b"n+"
    if not (math.isfinite(offset) and offset >= 0) or (is_whole and offset >= size):
        offset = 0
    joined = bytearray(head[:size])
    begin = size + int(offset)
    struct.pack_into(order + layout.offset_type, joined, layout.offset, begin)
    if joined[mark : mark + 2] == b"ni":
        joined[mark + 1 : mark + 2] = b"+"
    return bytes(joined)
