"""Which of the bits that are kept for a value are the value."""

import numpy as np
import pytest
from numpy.typing import NDArray
from pydicom.uid import JPEG2000Lossless, RLELossless

from alzer.errors import InvalidValues
from alzer.scans.formats import read_slice
from alzer.scans.slice import Slice
from phantoms import dicom_dataset, draw_brain, save_dicom

BRAIN = draw_brain((104, 88))
STORED = np.rint(BRAIN * 4095).astype(np.uint16)
STRIPES = np.indices(STORED.shape)[0] % 10 == 0
SIGNED = STORED.astype(np.int16) - 300


def read_words(words: NDArray[np.generic], **elements: object) -> Slice:
    """Return an image of twelve bits that is stored in these words of sixteen."""
    return read_slice(save_dicom(dicom_dataset(
        BRAIN, PixelData=words.astype(np.uint16).tobytes(), **elements
    )))  # fmt: skip


def test_values_in_the_highest_bits_are_shifted() -> None:
    scan = read_words(STORED << 4, HighBit=15)

    assert (scan.pixels == STORED).all()


def test_values_in_the_middle_are_shifted_past_overlays_on_both_sides() -> None:
    words = STORED << 2 | np.where(STRIPES, 0x8001, 0)
    overlay = {0x60000102: 15, 0x60020102: 0}
    dataset = dicom_dataset(BRAIN, PixelData=words.astype("<u2").tobytes(), HighBit=13)
    for tag, position in overlay.items():
        dataset.add_new(tag, "US", position)

    assert (read_slice(save_dicom(dataset)).pixels == STORED).all()


def test_signed_values_in_the_highest_bits_keep_their_sign() -> None:
    small = SIGNED // 2

    scan = read_words(small << 4, HighBit=15, PixelRepresentation=1)

    assert (scan.pixels == small).all()


def test_values_that_are_not_where_the_file_says_are_read_where_they_are() -> None:
    scan = read_words(STORED, HighBit=15)

    assert (scan.pixels == STORED).all()
    assert any("lowest" in note for note in scan.notes)


@pytest.mark.parametrize("high_bit", [None, 7, 99])
def test_an_impossible_high_bit_is_not_believed(high_bit: int | None) -> None:
    scan = read_words(STORED, HighBit=high_bit)

    assert (scan.pixels == STORED).all()


@pytest.mark.parametrize("syntax", [None, RLELossless, JPEG2000Lossless])
def test_overlays_in_unused_bits_are_left_out_after_every_decoder(
    syntax: str | None,
) -> None:
    words = STORED | np.where(STRIPES, 0x9000, 0).astype(np.uint16)
    dataset = dicom_dataset(BRAIN, PixelData=words.tobytes())
    if syntax is not None:
        dataset.BitsStored, dataset.HighBit = 16, 15
        dataset.compress(syntax, generate_instance_uid=False)
        dataset.BitsStored, dataset.HighBit = 12, 11
    scan = read_slice(save_dicom(dataset))

    assert (scan.pixels == STORED).all()
    assert any("overlay" in note for note in scan.notes)


def test_a_declared_overlay_is_left_out_wherever_it_is() -> None:
    # By itself this one could be a part of the values.
    words = STORED | np.where(STORED > 2000, 0x1000, 0).astype(np.uint16)
    dataset = dicom_dataset(BRAIN, PixelData=words.tobytes())
    dataset.add_new(0x60000102, "US", 12)

    assert (read_slice(save_dicom(dataset)).pixels == STORED).all()


@pytest.mark.parametrize("stored", [8, 10, 11])
def test_values_that_use_more_bits_than_declared_are_refused(stored: int) -> None:
    with pytest.raises(InvalidValues, match="more bits than it declares"):
        read_words(STORED, BitsStored=stored, HighBit=stored - 1)
    with pytest.raises(InvalidValues, match="more bits than it declares"):
        read_words(SIGNED, BitsStored=stored, HighBit=stored - 1, PixelRepresentation=1)


def test_more_patterns_than_overlays_make_are_values() -> None:
    # Noise hides how values fall back where higher bits count up.
    words = np.random.default_rng(0).integers(0, 2**16, STORED.shape)

    with pytest.raises(InvalidValues, match="more bits than it declares"):
        read_words(words, BitsStored=8, HighBit=7)


def test_copies_of_the_sign_are_no_overlay() -> None:
    scan = read_words(SIGNED, BitsStored=13, HighBit=12, PixelRepresentation=1)

    assert (scan.pixels == SIGNED).all()
    assert scan.notes == ()


def test_a_sign_without_copies_is_a_sign() -> None:
    scan = read_words(SIGNED & 0x1FFF, BitsStored=13, HighBit=12, PixelRepresentation=1)

    assert (scan.pixels == SIGNED).all()


def test_values_too_large_for_their_sign_have_none() -> None:
    scan = read_words(STORED, PixelRepresentation=1)

    assert (scan.pixels == STORED).all()
    assert any("too few bits" in note for note in scan.notes)


def test_padding_below_all_values_does_not_take_away_their_sign() -> None:
    values = np.where(STRIPES, -2048, (BRAIN * 1500).astype(np.int16))
    scan = read_words(values & 0x0FFF, PixelRepresentation=1)

    assert scan.pixels.max() < 1600


def test_more_bits_stored_than_allocated_are_not_believed() -> None:
    scan = read_words(STORED, BitsStored=20, HighBit=19)

    assert (scan.pixels == STORED).all()


@pytest.mark.parametrize("kind", ["u1", "i1", "u2", "i2", "u4", "i4"])
def test_every_width_comes_back(kind: str) -> None:
    values = np.rint(BRAIN * 100).astype(kind)
    if kind.startswith("i"):
        values -= 50
    bits = 8 * values.dtype.itemsize
    dataset = dicom_dataset(
        BRAIN,
        PixelData=values.tobytes(),
        PixelRepresentation=int(kind.startswith("i")),
        BitsAllocated=bits,
        BitsStored=bits,
        HighBit=bits - 1,
    )
    dataset["PixelData"].VR = "OB" if bits == 8 else "OW"

    assert (read_slice(save_dicom(dataset)).pixels == values).all()


def test_single_bits_come_back() -> None:
    mask = BRAIN > 0.3
    packed = np.packbits(mask.ravel(), bitorder="little").tobytes()
    dataset = dicom_dataset(
        BRAIN, PixelData=packed, BitsAllocated=1, BitsStored=1, HighBit=0
    )

    assert (read_slice(save_dicom(dataset)).pixels == mask).all()


def test_bits_of_a_jpeg_2000_image_with_a_sign_come_back() -> None:
    dataset = dicom_dataset(
        BRAIN,
        PixelData=SIGNED.tobytes(),
        BitsStored=13,
        HighBit=12,
        PixelRepresentation=1,
    )
    dataset.compress(JPEG2000Lossless, generate_instance_uid=False)

    assert (read_slice(save_dicom(dataset)).pixels == SIGNED).all()
