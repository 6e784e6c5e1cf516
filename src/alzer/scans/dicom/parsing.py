"""From a file's bytes to its elements and its pixels, neither of them decoded.

Nothing here trusts what the file says of itself where its bytes say otherwise:
encodings are told by the elements, and the element of the pixels is found even where
what comes before it can't be followed.
"""

import io
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pydicom.dataset import Dataset
from pydicom.filereader import data_element_generator
from pydicom.tag import BaseTag
from pydicom.uid import UID, DeflatedExplicitVRLittleEndian

from alzer.errors import DamagedFile, NotAnImage, TooManyPixels
from alzer.scans.dicom.elements import words
from alzer.scans.dicom.encoding import (
    EXPLICIT_BIG,
    EXPLICIT_LITTLE,
    IMPLICIT_LITTLE,
    UNDEFINED_LENGTH,
    Encoding,
    Header,
    begins_with_item,
    find_encoding,
    find_start,
    read_header,
)
from alzer.settings import Limits

if TYPE_CHECKING:
    from pydicom.dataelem import DataElement, RawDataElement

# Source: PS3.3 C.7.6.3 and C.7.6.24.
PIXEL_KEYWORDS: Final = {
    0x7FE00008: "FloatPixelData",
    0x7FE00009: "DoubleFloatPixelData",
    0x7FE00010: "PixelData",
}

_PIXEL_REPRESENTATIONS: Final = frozenset({b"", b"OB", b"OW", b"OF", b"OD", b"UN"})

_META_GROUP: Final = 0x0002

_ENCODINGS: Final = {
    "1.2.840.10008.1.2": IMPLICIT_LITTLE,
    "1.2.840.10008.1.2.2": EXPLICIT_BIG,
    # GE's own: elements as implicit little endian, pixels big endian.
    "1.2.840.113619.5.2": IMPLICIT_LITTLE,
}
_GE_BIG_ENDIAN_PIXELS: Final = "1.2.840.113619.5.2"

# Asked of tag, representation and length before an element is read.
_Stop = Callable[[BaseTag, str | None, int], bool]

# Values longer than this are passed over: no element before the pixels that is asked
# for has one, but private ones may be as large as the file.
_LONGEST_VALUE_BYTES: Final = 1 << 20

# What a deflated data set may hold: pixels, and much besides.
_MOST_PIXEL_BYTES: Final = 4
_MOST_HEADER_BYTES: Final = 1 << 24
_PIECE_BYTES: Final = 1 << 20

# Elements that can't be followed end in one of these.
_LOST: Final = (EOFError, OSError, struct.error, NotImplementedError)

_NO_IMAGE: Final = "The DICOM file holds no image; send the slice's own file."
_LOST_WAY: Final = "The DICOM file is cut off or damaged; export it again."


@dataclass(frozen=True)
class ParsedFile:
    """The parts of a DICOM file.

    Attributes:
        dataset: The elements before the pixels, as bytes.
        syntax: The transfer syntax; empty if the file does not say.
        keyword: Which element holds the pixels.
        pixels: Its bytes; of compressed pixels, the items with their headers.
        has_words: Whether the pixels are written as words of 16 bits.
        encoding: How the elements are written.
        is_complete: Whether all elements before the pixels could be followed.
    """

    dataset: Dataset
    syntax: UID
    keyword: str
    pixels: memoryview
    has_words: bool
    encoding: Encoding
    is_complete: bool

    @property
    def has_items(self) -> bool:
        """Whether the pixels are compressed, and lie in items."""
        return begins_with_item(self.pixels, 0, self.encoding)

    @property
    def pixel_order(self) -> str:
        """Byte order of pixels that are not compressed, `<` or `>`."""
        return ">" if self.syntax == _GE_BIG_ENDIAN_PIXELS else self.encoding.order


def parse(data: bytes, limits: Limits) -> ParsedFile:
    """Read a DICOM file's elements up to the pixels.

    Args:
        data: The file.
        limits: How large it may be once it is inflated.

    Returns:
        Elements and pixels, not decoded.

    Raises:
        NotAnImage: If there are no pixels.
        DamagedFile: If elements can't be followed and pixels are not found.
    """
    syntax, start = _read_meta(data, find_start(data))
    expected = _ENCODINGS.get(syntax, EXPLICIT_LITTLE)
    encoding = find_encoding(data, start, expected)
    if syntax == DeflatedExplicitVRLittleEndian and encoding is None:
        data, start = _inflate(data[start:], limits), 0
        encoding = find_encoding(data, start)
    encoding = encoding or expected
    dataset, place, is_sound = _read_elements(data, start, encoding)
    header = read_header(data, place, encoding)
    if header is None or header.tag not in PIXEL_KEYWORDS or not is_sound:
        may_hold = not is_sound and "Rows" in dataset
        header = _find_pixels(data, start, encoding) if may_hold else None
    if header is None:
        raise NotAnImage(_NO_IMAGE) if is_sound else DamagedFile(_LOST_WAY)
    end = None
    if header.length != UNDEFINED_LENGTH:
        end = header.value_start + header.length
    return ParsedFile(
        dataset,
        syntax,
        PIXEL_KEYWORDS[header.tag],
        memoryview(data)[header.value_start : end],
        header.representation == b"OW",
        encoding,
        is_sound,
    )


def _read_meta(data: bytes, start: int) -> tuple[UID, int]:
    """Read the transfer syntax, and find where the data set begins."""
    encoding = find_encoding(data, start) or EXPLICIT_LITTLE

    def is_other_group(tag: BaseTag, _: str | None, __: int) -> bool:
        return tag.group != _META_GROUP

    first = read_header(data, start, encoding)
    if first is None or first.tag >> 16 != _META_GROUP:
        return UID(""), start
    meta, end, _ = _collect(data, start, encoding, is_other_group)
    return UID("".join(words(meta, "TransferSyntaxUID")[:1])), end


def _read_elements(
    data: bytes, start: int, encoding: Encoding
) -> tuple[Dataset, int, bool]:
    def is_pixels(tag: BaseTag, _: str | None, __: int) -> bool:
        return tag in PIXEL_KEYWORDS

    return _collect(data, start, encoding, is_pixels)


def _collect(
    data: bytes, start: int, encoding: Encoding, stop: _Stop
) -> tuple[Dataset, int, bool]:
    """Read elements until one that is not wanted, or as far as they make sense.

    Returns:
        The elements, where the next one begins, and whether all made sense: a length
        that is too small leads into the middle of a sequence.
    """
    stream = io.BytesIO(data)
    stream.seek(start)
    elements: dict[BaseTag, RawDataElement | DataElement] = {}
    is_sound = True
    try:
        for element in data_element_generator(
            stream,
            encoding.is_implicit,
            encoding.is_little_endian,
            stop,
            defer_size=_LONGEST_VALUE_BYTES,
        ):
            is_sound = is_sound and not _is_cut_off(element)
            if not _is_passed_over(element):
                elements.setdefault(element.tag, element)
    except _LOST:
        is_sound = False
    is_sound = is_sound and stream.tell() <= len(data)  # a long value was passed over
    dataset = Dataset(elements)
    dataset.set_original_encoding(encoding.is_implicit, encoding.is_little_endian)
    return dataset, stream.tell(), is_sound and list(elements) == sorted(elements)


def _is_passed_over(element: "RawDataElement | DataElement") -> bool:
    length = getattr(element, "length", 0)
    return length > _LONGEST_VALUE_BYTES and element.value is None


def _is_cut_off(element: "RawDataElement | DataElement") -> bool:
    length = getattr(element, "length", UNDEFINED_LENGTH)
    if length == UNDEFINED_LENGTH or not isinstance(element.value, bytes):
        return False
    return len(element.value) < length


def _find_pixels(data: bytes, start: int, encoding: Encoding) -> Header | None:
    """Find the last element of pixels whose length fits the file.

    Lengths of sequences that are wrong (of icons, above all) lead astray what reads
    one element after the other.
    """
    mark = struct.pack(f"{encoding.order}HH", 0x7FE0, 0x0010)
    place = data.rfind(mark, start)
    while place >= 0:
        header = read_header(data, place, encoding)
        if header is not None and _fits(header, data, encoding):
            return header
        place = data.rfind(mark, start, place)
    return None


def _fits(header: Header, data: bytes, encoding: Encoding) -> bool:
    if header.representation not in _PIXEL_REPRESENTATIONS:
        return False
    if header.length == UNDEFINED_LENGTH:
        return begins_with_item(data, header.value_start, encoding)
    return header.value_start + header.length <= len(data)


def _inflate(data: bytes, limits: Limits) -> bytes:
    # A megabyte can become gigabytes.
    has_zlib_header = data[:1] == b"\x78" and int.from_bytes(data[:2]) % 31 == 0
    window_bits = zlib.MAX_WBITS if has_zlib_header else -zlib.MAX_WBITS
    unpacker, content = zlib.decompressobj(window_bits), io.BytesIO()
    most_bytes = min(limits.max_decoded_bytes, _most_inflated_bytes(limits))
    # Piece by piece into one buffer: zlib would join its own ones at the end.
    for place in range(0, len(data), _PIECE_BYTES):
        packed = data[place : place + _PIECE_BYTES]
        while packed and not unpacker.eof:
            content.write(unpacker.decompress(packed, _PIECE_BYTES))
            packed = unpacker.unconsumed_tail
            _check_inflated(content.tell(), most_bytes)
    content.write(unpacker.flush())
    return content.getvalue()


def _check_inflated(size: int, most_bytes: int) -> None:
    if size > most_bytes:
        message = (
            f"The file unpacks to more than {most_bytes / 2**20:.1f} MiB; "
            "send a smaller scan of a head."
        )
        raise TooManyPixels(message)


def _most_inflated_bytes(limits: Limits) -> int:
    return limits.max_pixels * _MOST_PIXEL_BYTES + _MOST_HEADER_BYTES
