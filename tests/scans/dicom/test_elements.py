"""Values of elements, by the places where files keep them."""

import math
import struct

import pytest
from pydicom.dataset import Dataset

from alzer.scans.dicom.elements import frame_of, numbers, raw_value, words
from phantoms import set_raw


def holding(keyword: str, value: bytes, letters: str) -> Dataset:
    """Return a data set with one element as it would lie in a file."""
    dataset = Dataset()
    set_raw(dataset, keyword, value, letters)
    return dataset


@pytest.mark.parametrize(
    ("letters", "value"),
    [
        ("US", struct.pack("<H", 300)),
        ("SS", struct.pack("<h", 300)),
        ("UL", struct.pack("<L", 300)),
        ("FL", struct.pack("<f", 300)),
        ("FD", struct.pack("<d", 300)),
        ("IS", b"300 "),
        ("DS", b"300.0\0"),
        ("LO", b"300 "),
        ("UN", struct.pack("<H", 300)),
        ("OB", struct.pack("<H", 300)),
    ],
)
def test_numbers_are_read_in_any_representation(letters: str, value: bytes) -> None:
    assert numbers(holding("Rows", value, letters), "Rows") == (300.0,)


@pytest.mark.parametrize("value", [b"", b"  ", b"\0\0"])
def test_white_space_is_no_value(value: bytes) -> None:
    dataset = holding("WindowCenter", value, "DS")

    assert raw_value(dataset, "WindowCenter") is None
    assert frame_of(dataset).number("WindowCenter") is None


def test_zero_in_binary_is_a_value() -> None:
    dataset = holding("PixelPaddingValue", b"\0\0", "US")

    assert frame_of(dataset).number("PixelPaddingValue") == 0.0


def test_the_first_number_of_a_list_counts() -> None:
    frame = frame_of(holding("RescaleSlope", b"x\\2\\3 ", "DS"))

    assert frame.number("RescaleSlope") == 2.0


def test_a_value_that_is_no_number_is_told_from_none() -> None:
    frame = frame_of(holding("RescaleSlope", b"two ", "DS"))

    assert math.isnan(frame.number("RescaleSlope") or 0.0)
    assert frame.integer("RescaleSlope") is None
    assert frame.number("RescaleIntercept") is None


def test_words_are_in_capitals_and_alone() -> None:
    dataset = holding("ImageType", b" derived\\SECONDARY \\\\m\0", "CS")

    assert words(dataset, "ImageType") == ("DERIVED", "SECONDARY", "", "M")


def test_a_sequence_is_no_value() -> None:
    dataset = Dataset()
    dataset.VOILUTSequence = [Dataset(), Dataset()]

    assert raw_value(dataset, "VOILUTSequence") is None
    assert len(frame_of(dataset).items("VOILUTSequence")) == 2
    assert frame_of(dataset).items("ModalityLUTSequence") == ()
