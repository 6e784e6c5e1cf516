"""Values of elements, by the places where files of one image keep them.

Values are read from the bytes that stand in the file, not through pydicom's
conversions: these refuse, or warn of, much that can be read, and its warnings quote
the file.
"""

import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, cast

from pydicom.datadict import dictionary_has_tag, dictionary_VR
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import Dataset
from pydicom.tag import BaseTag, Tag

from alzer.scans.dicom.numerals import parse_numbers

# Numbers in binary, by representation. 'US or SS' is read as it is wanted:
# the sign of such values depends on the pixels.
_BINARY: Final = {
    "US": "H", "SS": "h", "UL": "L", "SL": "l", "UV": "Q", "SV": "q",
    "FL": "f", "FD": "d", "US or SS": "H", "US or SS or OW": "H", "US or OW": "H",
}  # fmt: skip

# Representations that say nothing of the value.
_UNKNOWN: Final = frozenset({None, "UN", "OB", "OW"})

_FUNCTIONAL_GROUPS: Final = (
    "PerFrameFunctionalGroupsSequence",
    "SharedFunctionalGroupsSequence",
)

# Macros that can't stand at the top and mean anything else there.
# Source: PS3.3 C.7.6.16.2 and C.8.13.5.
_MACROS: Final = (
    "PixelMeasuresSequence",
    "PlaneOrientationSequence",
    "PlanePositionSequence",
    "FrameVOILUTSequence",
    "PixelValueTransformationSequence",
    "FrameAnatomySequence",
    "MRImageFrameTypeSequence",
)


@dataclass(frozen=True)
class Frame:
    """Everything that a file says of one image.

    Attributes:
        dataset: The elements at the top.
        places: Data sets in which the image's attributes can stand, most specific
            first: functional groups per frame, then shared ones, then the top, and
            macros of functional groups that stand there.

    Source:
        PS3.3 C.7.6.16 (functional groups).
    """

    dataset: Dataset
    places: tuple[Dataset, ...]

    def place_of(self, keyword: str) -> Dataset | None:
        """Return the most specific data set in which an element has a value."""
        for place in self.places:
            if raw_value(place, keyword) is not None or _items(place, keyword):
                return place
        return None

    def numbers(self, keyword: str) -> tuple[float, ...]:
        """Return an element's numbers; none if it is absent or empty."""
        place = self.place_of(keyword)
        return () if place is None else numbers(place, keyword)

    def number(self, keyword: str) -> float | None:
        """Return the first number, NaN if it can't be read, None if absent."""
        values = self.numbers(keyword)
        known = [value for value in values if not math.isnan(value)]
        return known[0] if known else (math.nan if values else None)

    def integer(self, keyword: str) -> int | None:
        """Return the first number as a whole one; None if there is none."""
        value = self.number(keyword)
        return int(value) if value is not None and math.isfinite(value) else None

    def words(self, keyword: str) -> tuple[str, ...]:
        """Return an element's words in capitals, without white space around them."""
        place = self.place_of(keyword)
        return () if place is None else words(place, keyword)

    def items(self, keyword: str) -> tuple[Dataset, ...]:
        """Return the items of a sequence; none if it is absent."""
        place = self.place_of(keyword)
        return () if place is None else _items(place, keyword)


def frame_of(dataset: Dataset, number: int = 0) -> Frame:
    """Collect the places in which a file describes one of its images.

    Args:
        dataset: The elements at the top.
        number: Which frame, counted from 0.

    Returns:
        The dataset and its functional groups of that frame.
    """
    places: list[Dataset] = []
    for keyword, which in zip(_FUNCTIONAL_GROUPS, (number, 0), strict=True):
        for group in _items(dataset, keyword)[which : which + 1]:
            places += [*_macros(group), group]
    # Some converters lay the macros of a frame at the top.
    macros = [item for name in _MACROS for item in _items(dataset, name)[:1]]
    return Frame(dataset, (*places, dataset, *macros))


def _macros(group: Dataset) -> Iterator[Dataset]:
    for tag in sorted(group.keys()):
        # Vendors' own sequences repeat attributes that mean something else.
        if not tag.is_private:
            yield from _items(group, tag)[:1]


def raw_value(dataset: Dataset, keyword: str | int) -> bytes | None:
    """Return the bytes of an element's value.

    Args:
        dataset: What holds the element.
        keyword: Its keyword or tag.

    Returns:
        The bytes as they stand in the file; None if the element is absent, a
        sequence, empty, or text of white space alone.
    """
    element = _element(dataset, keyword)
    if not isinstance(element, RawDataElement) or not element.value:
        return None
    is_text = _binary_code(element) is None
    return None if is_text and not element.value.strip(b" \t\r\n\0") else element.value


def numbers(dataset: Dataset, keyword: str | int) -> tuple[float, ...]:
    """Return an element's numbers, written in binary or as text.

    Args:
        dataset: What holds the element.
        keyword: Its keyword or tag.

    Returns:
        The numbers in their order, NaN for each that can't be read.
    """
    element = _element(dataset, keyword)
    value = raw_value(dataset, keyword)
    if value is None or not isinstance(element, RawDataElement):
        return ()
    code = _binary_code(element)
    if code is None:
        return parse_numbers(value.decode("latin-1"))
    order = "<" if element.is_little_endian else ">"
    count = len(value) // struct.calcsize(f"={code}")
    return tuple(map(float, struct.unpack_from(f"{order}{count}{code}", value)))


def words(dataset: Dataset, keyword: str) -> tuple[str, ...]:
    """Return an element's words in capitals, without white space around them.

    Args:
        dataset: What holds the element.
        keyword: Its keyword.

    Returns:
        The words in their order; none if the element is absent or empty.
    """
    value = raw_value(dataset, keyword)
    text = "" if value is None else _decode(value).upper()
    return tuple(part.strip(" \t\r\n\0") for part in text.split("\\")) if text else ()


def _decode(value: bytes) -> str:
    # What is valid as UTF-8 beyond ASCII is hardly ever anything else.
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")


def _items(dataset: Dataset, keyword: str | int) -> tuple[Dataset, ...]:
    element = _element(dataset, keyword)
    if element is None or _representation(element) != "SQ":
        return ()
    return tuple(dataset[Tag(keyword)].value)


def _element(
    dataset: Dataset, keyword: str | int
) -> RawDataElement | DataElement | None:
    # pydicom's own annotation forgets elements that are not converted yet.
    return cast("RawDataElement | DataElement | None", dataset.get_item(_tag(keyword)))


@lru_cache(256)  # a series asks for the same ones of each of its slices
def _tag(keyword: str | int) -> BaseTag:
    return Tag(keyword)


def _binary_code(element: RawDataElement) -> str | None:
    return _BINARY.get(_representation(element))


def _representation(element: RawDataElement | DataElement) -> str:
    if element.VR in _UNKNOWN and dictionary_has_tag(element.tag):
        return dictionary_VR(element.tag)
    return str(element.VR)
