"""How a DICOM data set is encoded, told by its first elements.

Many data sets lie in files without the prefix that DICOM asks for, and some are
encoded otherwise than their header says. The first elements give both away: tags
grow, representations are known words, lengths stay within the file.

Source: PS3.5 section 7.1 (elements), PS3.10 section 7.1 (files).
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from alzer.scans.signatures import has_dicom_prefix

# Of an element or item that ends with a delimiter.
UNDEFINED_LENGTH: Final = 0xFFFFFFFF
ITEM: Final = 0xFFFEE000

# Groups that a data set can begin with: file meta information, identification,
# patient, acquisition, relationship, image presentation, and those between.
_FIRST_GROUPS: Final = frozenset({0x02, 0x04, 0x08, 0x10, 0x12, 0x18, 0x20, 0x28})

# Chance makes one element of random bytes, but not three in a row.
_ENOUGH_ELEMENTS: Final = 3

# Where a data set without prefix can begin: at once, or behind the free bytes.
_BARE_STARTS: Final = (0, 128)
_PREFIXED_START: Final = 132

_LONG: Final = frozenset(b"OB OD OF OL OV OW SQ SV UC UN UR UT UV".split())
_SHORT: Final = frozenset(
    b"AE AS AT CS DA DS DT FD FL IS LO LT PN SH SL SS ST TM UI UL US".split()
)


@dataclass(frozen=True)
class Encoding:
    """How elements are written.

    Attributes:
        is_implicit: Whether elements leave out how their value is represented.
        is_little_endian: Whether the lowest byte of a number comes first.
    """

    is_implicit: bool
    is_little_endian: bool

    @property
    def order(self) -> str:
        """The byte order as `struct` and numpy write it."""
        return "<" if self.is_little_endian else ">"


EXPLICIT_LITTLE: Final = Encoding(is_implicit=False, is_little_endian=True)
EXPLICIT_BIG: Final = Encoding(is_implicit=False, is_little_endian=False)
IMPLICIT_LITTLE: Final = Encoding(is_implicit=True, is_little_endian=True)
IMPLICIT_BIG: Final = Encoding(is_implicit=True, is_little_endian=False)

_ALL: Final = (EXPLICIT_LITTLE, EXPLICIT_BIG, IMPLICIT_LITTLE, IMPLICIT_BIG)


@dataclass(frozen=True)
class Header:
    """What stands before an element's value.

    Attributes:
        tag: Group and element number, 32 bits.
        representation: Two letters; empty if they are left out.
        length: Bytes of the value, or `UNDEFINED_LENGTH`.
        value_start: Where the value begins in the file.
    """

    tag: int
    representation: bytes
    length: int
    value_start: int


def is_bare_dicom(data: bytes) -> bool:
    """Check whether a file is a DICOM data set without its prefix.

    Args:
        data: The file.

    Returns:
        True if the first elements are plausible in any encoding.
    """
    return any(find_encoding(data, start) for start in _BARE_STARTS)


def find_start(data: bytes) -> int:
    """Find where the elements of a DICOM file begin.

    Args:
        data: The file.

    Returns:
        Behind the prefix; without one, where elements are plausible, or 0.
    """
    if has_dicom_prefix(data):
        return _PREFIXED_START
    return next((start for start in _BARE_STARTS if find_encoding(data, start)), 0)


def find_encoding(
    data: bytes, start: int, expected: Encoding = EXPLICIT_LITTLE
) -> Encoding | None:
    """Find the encoding in which the elements at a place are plausible.

    Args:
        data: The file.
        start: Where its first element should begin.
        expected: Which encoding to try first.

    Returns:
        The encoding, or None if there is none.
    """
    group = data[start : start + 2]
    if len(group) < 2 or (group[0] or group[1]) not in _FIRST_GROUPS:
        return None
    for encoding in (expected, *_ALL):
        if _is_plausible(data, start, encoding):
            return encoding
    return None


def read_header(
    data: bytes | memoryview, start: int, encoding: Encoding
) -> Header | None:
    """Read what stands before the value of the element at a place.

    Args:
        data: The file.
        start: Where the element begins.
        encoding: How it is written.

    Returns:
        The header; None where the file ends before.
    """
    order = encoding.order
    if len(data) < start + 8:
        return None
    group, element, length = struct.unpack_from(f"{order}HHL", data, start)
    tag = group << 16 | element
    representation = bytes(data[start + 4 : start + 6])
    if encoding.is_implicit or group == ITEM >> 16:
        return Header(tag, b"", length, start + 8)
    if representation not in _LONG:
        (length,) = struct.unpack_from(f"{order}H", data, start + 6)
        return Header(tag, representation, length, start + 8)
    if len(data) < start + 12:
        return None
    (length,) = struct.unpack_from(f"{order}L", data, start + 8)
    return Header(tag, representation, length, start + 12)


def begins_with_item(data: bytes | memoryview, start: int, encoding: Encoding) -> bool:
    """Check whether an item, of a sequence or of compressed pixels, begins here."""
    header = read_header(data, start, encoding)
    return header is not None and header.tag == ITEM


def _is_plausible(data: bytes, start: int, encoding: Encoding) -> bool:
    headers = list(_walk(data, start, encoding))
    if not headers or headers[0].tag >> 16 not in _FIRST_GROUPS:
        return False
    grows = all(one.tag < other.tag for one, other in pairwise(headers))
    last = headers[-1]
    is_enough = len(headers) == _ENOUGH_ELEMENTS or last.length == UNDEFINED_LENGTH
    return grows and is_enough


def _walk(data: bytes, start: int, encoding: Encoding) -> Iterator[Header]:
    """Yield the first headers, as long as they are plausible by themselves."""
    for _ in range(_ENOUGH_ELEMENTS):
        header = read_header(data, start, encoding)
        if header is None or not _may_be(header, encoding):
            return
        if header.length == UNDEFINED_LENGTH:
            if begins_with_item(data, header.value_start, encoding):
                yield header
            return
        start = header.value_start + header.length
        if start > len(data):
            return
        yield header


def _may_be(header: Header, encoding: Encoding) -> bool:
    if header.tag & 0xFFFF == 0 and header.length != 4:  # a group's length
        return False
    return encoding.is_implicit or header.representation in _LONG | _SHORT
