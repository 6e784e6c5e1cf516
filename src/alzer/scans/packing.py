"""Gzip, unpacked no further than a bound, whatever it is made of.

A gzip file is one member after another, each with its own header and checksum
(RFC 1952, section 2.2): tools that work in parallel or append write thousands.
"""

import re
import zlib
from collections.abc import Iterator
from typing import Final

from alzer.errors import DamagedFile, TooDemanding, TooManyPixels

GZIP: Final = b"\x1f\x8b"

# Enough for every header: NIfTI-2 has 540 bytes, MGH 284.
HEAD_BYTES: Final = 4096

# What is given to zlib at a time. Small, as the rest of a chunk behind a member's
# end is copied once for each member.
_CHUNK_BYTES: Final = 1 << 14

# What is unpacked at a time: a chunk may hold a thousand times its size.
_PART_BYTES: Final = 1 << 20

# Members cost time even if they hold little or nothing. Block gzip with blocks of
# 64 KiB needs 5,000 for the largest image that is read, and one that is empty.
_MOST_MEMBERS: Final = 1 << 16
_MOST_EMPTY_MEMBERS: Final = 16

_ZEROS: Final = re.compile(rb"\0*")


class _Unpacker:
    """Goes through the members of a file, one after another."""

    def __init__(self, data: bytes, most_bytes: int) -> None:
        self.length = 0
        self._data = data
        self._most_bytes = most_bytes
        self._place = 0
        self._members = self._empty_members = 0

    def parts(self) -> Iterator[bytes]:
        """Return what they hold, up to the bound, in small parts.

        Raises:
            DamagedFile: The file ends before a member does.
        """
        while not self._is_done():
            yield from self._parts_of_member()

    def _is_done(self) -> bool:
        if self.length >= self._most_bytes:
            return True
        # Tapes and block devices pad with zeros; other bytes behind the last
        # member are ignored, as gzip itself does.
        padding = _ZEROS.match(self._data, self._place)
        self._place = padding.end() if padding else self._place
        return not self._data.startswith(GZIP, self._place)

    def _parts_of_member(self) -> Iterator[bytes]:
        """Unpack the next one, until its end or the bound.

        Raises:
            DamagedFile: The file ends before the member does.
        """
        member, before = zlib.decompressobj(16 + zlib.MAX_WBITS), self.length
        while not member.eof and (left := self._most_bytes - self.length) > 0:
            chunk = self._data[self._place : self._place + _CHUNK_BYTES]
            if not chunk:
                message = "The gzipped file ends too early; compress and send it again."
                raise DamagedFile(message)
            part = member.decompress(chunk, min(left, _PART_BYTES))
            self.length += len(part)
            self._place += (
                len(chunk) - len(member.unused_data) - len(member.unconsumed_tail)
            )
            yield part
        self._count(is_empty=self.length == before)

    def _count(self, *, is_empty: bool) -> None:
        self._members += 1
        self._empty_members += is_empty
        too_many = self._members > _MOST_MEMBERS
        if too_many or self._empty_members > _MOST_EMPTY_MEMBERS:
            message = (
                "The gzipped file is made of too many small or empty parts; "
                "compress it again in one piece."
            )
            raise TooDemanding(message)


def unpacked_head(data: bytes) -> bytes:
    """Return the first bytes of a file, unpacked if it is gzipped.

    Args:
        data: The file.

    Returns:
        At most 4096 bytes; fewer, or none, if the packing is damaged.
    """
    if not data.startswith(GZIP):
        return data[:HEAD_BYTES]
    head = bytearray()
    try:
        for part in _Unpacker(data, HEAD_BYTES).parts():
            head += part
    except (zlib.error, DamagedFile):
        pass  # whoever reads on will say so
    return bytes(head)


def unpack(data: bytes, most_bytes: int) -> bytes | bytearray:
    """Return all that a file holds, unpacked if it is gzipped.

    Args:
        data: The file.
        most_bytes: How much it may be; one byte more is unpacked to know.

    Returns:
        The content of all members, one after another.

    Raises:
        DamagedFile: The packing is damaged or ends too early.
        TooManyPixels: There is more.
        TooDemanding: It is packed in an absurd number of parts.
    """
    if not data.startswith(GZIP):
        return data
    content = bytearray()
    for part in unpacked_parts(data, most_bytes):
        content += part
    return content


def unpacked_parts(data: bytes, most_bytes: int) -> Iterator[bytes]:
    """Unpack a gzipped file without holding what it holds.

    Args:
        data: The file.
        most_bytes: As for `unpack`.

    Yields:
        The content in parts of at most 1 MiB.

    Raises:
        DamagedFile: As for `unpack`, as are the others; parts come before.
        TooManyPixels: There is more.
    """
    unpacker = _Unpacker(data, most_bytes + 1)
    try:
        yield from unpacker.parts()
    except zlib.error as error:
        message = "The gzipped file is damaged; compress and send it again."
        raise DamagedFile(message) from error
    if unpacker.length > most_bytes:
        message = (
            f"The file unpacks to more than {most_bytes / 2**20:.1f} MiB, which its "
            "header or the limit allows; export the scan again, or send a smaller one."
        )
        raise TooManyPixels(message)
