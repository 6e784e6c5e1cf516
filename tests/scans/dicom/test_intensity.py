"""From stored values to the modality's units."""

import struct

import numpy as np
import pytest
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from alzer.errors import InvalidValues
from alzer.scans.formats import read_slice
from alzer.scans.slice import Slice
from dicom_parts import functional_groups, item_of
from phantoms import as_dicom, dicom_dataset, draw_brain, save_dicom, set_raw

BRAIN = draw_brain((104, 88))
STORED = np.rint(BRAIN * 4095)
CORNER = np.add(*np.indices(STORED.shape)) < 40
SIXTEEN = {"BitsStored": 16, "HighBit": 15}


def read_values(values: NDArray[np.generic], **elements: object) -> Slice:
    """Return an image of sixteen bits, with a sign if a value is below 0."""
    is_signed = bool(values.min() < 0)
    pixels = values.astype("<i2" if is_signed else "<u2").tobytes()
    return read_slice(
        as_dicom(
            BRAIN,
            PixelData=pixels,
            PixelRepresentation=int(is_signed),
            **SIXTEEN,
            **elements,
        )
    )


def test_padding_is_background_before_blocks_of_a_large_image_are_averaged() -> None:
    values = np.full((2004, 1500), 100, np.int16)
    values[::2], values[0, :5] = 60, -2000
    shape = {"Rows": 2004, "Columns": 1500}
    scan = read_values(values, PixelPaddingValue=-2000, **shape)

    assert scan.shape == (1002, 750)
    assert (scan.pixels[1:] == 80.0).all()
    assert (scan.pixels[0] == 80.0).all()
    assert scan.display_range == (80.0, 80.0)


def table_of(values: NDArray[np.uint16], first: int = 0) -> Dataset:
    """Return an item that looks up one of these values for each stored one."""
    item = Dataset()
    item.add_new("LUTDescriptor", "US", [len(values) % 2**16, first, 16])
    item.add_new("LUTData", "OW", values.astype("<u2").tobytes())
    return item


@pytest.mark.parametrize("slope", [b"2", b"2,0", b"2\\3", b"2.0 HU", b"2E0"])
def test_a_slope_is_read_however_it_is_written(slope: bytes) -> None:
    scan = read_values(STORED, RescaleSlope=slope, RescaleIntercept=b"-100\\5")

    assert (scan.pixels == STORED * 2 - 100).all()


@pytest.mark.parametrize("keyword", ["RescaleSlope", "RescaleIntercept"])
def test_an_empty_scaling_is_none(keyword: str) -> None:
    assert (read_values(STORED, **{keyword: b"  "}).pixels == STORED).all()


def test_a_scaling_that_is_no_number_is_refused() -> None:
    with pytest.raises(InvalidValues):
        read_values(STORED, RescaleSlope=b"unknown")


def test_the_scaling_of_functional_groups_is_applied() -> None:
    scaling = item_of(RescaleSlope="3", RescaleIntercept="7", RescaleType="US")
    groups = functional_groups(PixelValueTransformationSequence=scaling)

    scan = read_values(STORED, PerFrameFunctionalGroupsSequence=groups)

    assert (scan.pixels == STORED * 3 + 7).all()


def test_the_modality_table_is_applied() -> None:
    squares = (np.arange(4096) ** 2 // 256).astype(np.uint16)

    scan = read_values(STORED, ModalityLUTSequence=Sequence([table_of(squares)]))

    assert (scan.pixels == squares[STORED.astype(int)]).all()
    assert any("table" in note for note in scan.notes)


def test_a_table_that_begins_below_zero_is_applied() -> None:
    rising = np.arange(5000).astype(np.uint16)
    item = table_of(rising, first=2**16 - 300)

    scan = read_values(STORED - 300, ModalityLUTSequence=Sequence([item]))

    assert (scan.pixels == STORED).all()


def test_values_beyond_a_table_get_its_ends() -> None:
    item = table_of(np.array([5, 6, 7], np.uint16), first=1000)

    scan = read_values(STORED, ModalityLUTSequence=Sequence([item]))

    assert set(np.unique(scan.pixels[STORED < 1000])) == {5.0}
    assert set(np.unique(scan.pixels[STORED > 1002])) == {7.0}


def test_a_table_that_is_cut_off_is_refused() -> None:
    item = table_of(np.arange(4096, dtype=np.uint16))
    set_raw(item, "LUTData", b"\0\1" * 99, "OW")

    with pytest.raises(InvalidValues):
        read_values(STORED, ModalityLUTSequence=Sequence([item]))


US, SS, DS = (("US", "<H"), ("SS", "<h"), ("DS", ""))
VALUE, LIMIT = "PixelPaddingValue", "PixelPaddingRangeLimit"


def padded(fill: int, *elements: tuple[str, int, tuple[str, str]]) -> Slice:
    """Return an image whose corner is filled, with elements in any representation."""
    values = np.where(CORNER, fill, STORED)
    kind, is_signed = ("<i2", 1) if fill < 0 else ("<u2", 0)
    dataset = dicom_dataset(
        BRAIN,
        PixelData=values.astype(kind).tobytes(),
        PixelRepresentation=is_signed,
        **SIXTEEN,
    )
    for keyword, number, (letters, code) in elements:
        value = struct.pack(code, number) if code else str(number).encode()
        set_raw(dataset, keyword, value, letters)
    return read_slice(save_dicom(dataset))


@pytest.mark.parametrize(
    ("fill", "elements"),
    [
        (4095, [(VALUE, 4095, US)]),
        (-2000, [(VALUE, 63536, US)]),
        (-2000, [(VALUE, -2000, SS)]),
        (-2000, [(VALUE, -2000, DS)]),
        (63536, [(VALUE, 63536, US)]),
        (63536, [(VALUE, -2000, SS)]),
        (9000, [(VALUE, 8000, US), (LIMIT, 9999, US)]),
        (9000, [(VALUE, 9999, US), (LIMIT, 8000, US)]),
        (-1900, [(VALUE, 63536, US), (LIMIT, -1000, SS)]),
    ],
)
def test_padding_is_background_by_either_representation(
    fill: int, elements: list[tuple[str, int, tuple[str, str]]]
) -> None:
    scan = padded(fill, *elements)

    assert (scan.pixels == np.where(CORNER, STORED[~CORNER].min(), STORED)).all()


def test_padding_of_inverted_images_is_black() -> None:
    values = np.where(CORNER, 0, 4095 - STORED)

    scan = read_values(
        values, PhotometricInterpretation="MONOCHROME1", PixelPaddingValue=0
    )

    assert (scan.pixels[CORNER] == scan.pixels.min()).all()
    assert (scan.as_grey()[CORNER] == 0).all()
    assert np.corrcoef(scan.pixels[~CORNER], STORED[~CORNER])[0, 1] > 0.9999


def test_padding_of_functional_groups_is_background() -> None:
    padding = item_of()
    set_raw(padding, "PixelPaddingValue", (4095).to_bytes(2, "little"), "US")
    groups = functional_groups(PixelValueTransformationSequence=padding)

    scan = read_values(
        np.where(CORNER, 4095, STORED), SharedFunctionalGroupsSequence=groups
    )

    assert (scan.pixels[CORNER] == scan.pixels.min()).all()


def test_an_image_of_padding_alone_has_none() -> None:
    scan = read_values(np.full(STORED.shape, 7), PixelPaddingValue=7)

    assert (scan.pixels == 7).all()


@pytest.mark.parametrize("mask", [CORNER, np.indices(STORED.shape).sum(axis=0) == 0])
def test_a_fill_value_that_is_not_declared_is_background(
    mask: NDArray[np.bool_],
) -> None:
    scan = read_values(np.where(mask, -32768, STORED))

    assert (scan.pixels[mask] == STORED[~mask].min()).all()
    assert any("background" in note for note in scan.notes)


@pytest.mark.parametrize("fill", [32767, 65535])
def test_a_fill_value_far_above_is_background_too(fill: int) -> None:
    values = np.where(CORNER, fill, STORED)

    scan = read_values(values)

    assert (scan.pixels[CORNER] == STORED[~CORNER].min()).all()
    assert (scan.pixels[~CORNER] == STORED[~CORNER]).all()


def test_values_below_zero_alone_are_no_fill_value() -> None:
    ringing = np.where(CORNER, -300, STORED)

    assert (read_values(ringing).pixels == ringing).all()


def float_image(values: NDArray[np.floating], **elements: object) -> bytes:
    keyword = "FloatPixelData" if values.itemsize == 4 else "DoubleFloatPixelData"
    bits = {"BitsAllocated": 8 * values.itemsize, "BitsStored": None, "HighBit": None}
    return as_dicom(
        BRAIN, PixelData=None, **bits, **{keyword: values.tobytes()}, **elements
    )


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_floats_come_back(kind: type) -> None:
    scan = read_slice(float_image(BRAIN.astype(kind)))

    assert np.allclose(scan.pixels, BRAIN)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_floats_that_are_no_numbers_are_background(value: float) -> None:
    scan = read_slice(float_image(np.where(CORNER, value, BRAIN).astype(np.float32)))

    assert (scan.pixels[CORNER] == scan.pixels[~CORNER].min()).all()
    assert any("no numbers" in note for note in scan.notes)


def test_an_image_without_any_number_is_refused() -> None:
    with pytest.raises(InvalidValues):
        read_slice(float_image(np.full(BRAIN.shape, np.nan, np.float32)))


def test_padding_of_floats_is_background() -> None:
    values = np.where(CORNER, 9.5, BRAIN)
    padding = {"DoubleFloatPixelPaddingValue": 9.5}

    scan = read_slice(float_image(values, **padding))

    assert scan.pixels.max() < 1.1
