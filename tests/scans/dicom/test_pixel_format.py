"""How a file describes its pixels."""

import struct

import pytest
from pydicom.dataset import Dataset

from alzer.errors import DamagedFile
from alzer.scans.dicom.elements import Frame, frame_of
from alzer.scans.dicom.pixel_format import PixelFormat, describe
from phantoms import set_raw


def frame_with(**elements: int) -> Frame:
    """Return the image of a file with these elements, as they lie in it."""
    dataset = Dataset()
    for keyword, value in elements.items():
        set_raw(dataset, keyword, struct.pack("<H", value), "US")
    return frame_of(dataset)


def test_what_is_left_out_has_its_usual_meaning() -> None:
    described = describe(frame_with(Rows=20, Columns=30))

    assert described == PixelFormat(
        shape=(20, 30),
        samples=1,
        allocated=16,
        stored=16,
        high_bit=15,
        is_signed=False,
        photometric="MONOCHROME2",
        is_planar=False,
    )


@pytest.mark.parametrize(
    ("allocated", "stored", "high_bit", "expected"),
    [
        (16, 12, 11, (12, 11)),
        (16, 12, 15, (12, 15)),
        (16, 12, 3, (12, 11)),
        (16, 12, 31, (12, 15)),
        (8, 12, 11, (8, 7)),
    ],
)
def test_the_value_lies_within_the_bits_that_it_takes(
    allocated: int, stored: int, high_bit: int, expected: tuple[int, int]
) -> None:
    elements = {"BitsAllocated": allocated, "BitsStored": stored, "HighBit": high_bit}

    described = describe(frame_with(Rows=20, Columns=30, **elements))

    assert (described.stored, described.high_bit) == expected


@pytest.mark.parametrize(("rows", "columns"), [(0, 30), (20, 0)])
def test_an_image_without_rows_or_columns_is_damaged(rows: int, columns: int) -> None:
    with pytest.raises(DamagedFile, match="how large it is"):
        describe(frame_with(Rows=rows, Columns=columns))
