"""From bytes to the values that were stored."""

import struct

import numpy as np
import pytest
from pydicom.encaps import encapsulate
from pydicom.uid import (
    UID,
    ExplicitVRBigEndian,
    JPEGBaseline8Bit,
    JPEGExtended12Bit,
    JPEGLosslessSV1,
    RLELossless,
)

from alzer.errors import DamagedFile, MissingDecoder, TooManyPixels
from alzer.scans.dicom import stored
from alzer.scans.formats import read_slice
from alzer.settings import Limits
from dicom_parts import encode_elements
from phantoms import (
    as_bytes,
    as_dicom,
    as_jpeg,
    dicom_dataset,
    draw_brain,
    save_dicom,
    set_raw,
)

BRAIN = draw_brain((104, 88))
STORED = np.rint(BRAIN * 4095)
EIGHT = {"BitsAllocated": 8, "BitsStored": 8, "HighBit": 7}


def compressed_as(syntax: str, **elements: object) -> bytes:
    """Return a file that says that its pixels are compressed in this way."""
    dataset = dicom_dataset(BRAIN, **elements)
    dataset.PixelData = encapsulate([as_jpeg(BRAIN)])
    dataset["PixelData"].VR = "OB"
    dataset.file_meta.TransferSyntaxUID = JPEGBaseline8Bit
    before, after = (
        b"UI" + struct.pack("<H", len(uid)) + uid
        for uid in map(_padded, (JPEGBaseline8Bit, syntax))
    )
    return save_dicom(dataset).replace(before, after)


def _padded(uid: str) -> bytes:
    return uid.encode() + b"\0" * (len(uid) % 2)


@pytest.mark.parametrize("meaning", [b"MONOCHROME", b"MONOCHROME 2", b"monochrome2"])
def test_unusual_spellings_of_grey_are_read(meaning: bytes) -> None:
    scan = read_slice(as_dicom(BRAIN, PhotometricInterpretation=meaning))

    assert (scan.pixels == np.rint(BRAIN * 4095)).all()


def test_a_syntax_without_a_decoder_names_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class WithoutGdcm:
        available_plugins = ()
        missing_dependencies = ("gdcm - requires gdcm>=3.0.10",)

    monkeypatch.setattr(stored, "get_decoder", lambda _: WithoutGdcm())

    with pytest.raises(MissingDecoder, match=r"install alzer\[codecs\]"):
        read_slice(compressed_as(JPEGLosslessSV1))


@pytest.mark.parametrize(
    "syntax",
    [
        "1.2.840.10008.1.2.4.110",  # JPEG XL
        "1.2.840.10008.1.2.8.1",  # each frame deflated
        "1.2.840.10008.1.2.4.102",  # MPEG-4
        "1.2.3.4.5",
    ],
)
def test_a_syntax_that_nothing_decodes_is_no_damage(syntax: str) -> None:
    with pytest.raises(MissingDecoder, match="send the file uncompressed") as refusal:
        read_slice(compressed_as(syntax))

    assert "install alzer" not in refusal.value.message
    assert "1.2.3.4.5" not in refusal.value.message


def test_twelve_bits_of_jpeg_are_no_damage() -> None:
    with pytest.raises(MissingDecoder, match="Extended"):
        read_slice(compressed_as(JPEGExtended12Bit))


def test_packed_values_are_no_damage() -> None:
    with pytest.raises(MissingDecoder, match="12 bits"):
        read_slice(as_dicom(BRAIN, BitsAllocated=12))


def test_eight_bits_of_jpeg_are_read() -> None:
    scan = read_slice(compressed_as(JPEGBaseline8Bit, **EIGHT))

    assert np.corrcoef(scan.pixels.ravel(), BRAIN.ravel())[0, 1] > 0.999


def test_native_pixels_under_a_compressed_syntax_are_read() -> None:
    dataset = dicom_dataset(BRAIN)
    dataset.file_meta.TransferSyntaxUID = RLELossless
    dataset["PixelData"].is_undefined_length = False
    body = encode_elements(dataset)
    head = compressed_as(RLELossless)
    end = head.index(b"\x08\0\x16\0")

    assert (read_slice(head[:end] + body).pixels == STORED).all()


@pytest.mark.parametrize("letters", ["OB", "OW", "UN"])
def test_the_representation_of_the_pixels_does_not_matter(letters: str) -> None:
    dataset = dicom_dataset(BRAIN)
    set_raw(dataset, "PixelData", STORED.astype("<u2").tobytes(), letters)

    assert (read_slice(save_dicom(dataset)).pixels == STORED).all()


def test_bytes_in_words_of_big_endian_are_swapped() -> None:
    grey = as_bytes(BRAIN)
    dataset = dicom_dataset(BRAIN, **EIGHT)
    dataset.file_meta.TransferSyntaxUID = ExplicitVRBigEndian
    dataset.PixelData = grey.view("<u2").byteswap().tobytes()
    dataset["PixelData"].VR = "OW"

    assert (read_slice(save_dicom(dataset)).pixels == grey).all()


def test_big_endian_pixels_in_implicit_little_endian_are_read() -> None:
    dataset = dicom_dataset(BRAIN, PixelData=STORED.astype(">u2").tobytes())
    body = encode_elements(dataset, is_implicit=True)
    dataset.file_meta.TransferSyntaxUID = UID("1.2.840.113619.5.2")
    dataset.PixelData = b""
    head = save_dicom(dataset, implicit_vr=True, little_endian=True)
    end = 144 + int.from_bytes(head[140:144], "little")

    assert (read_slice(head[:end] + body).pixels == STORED).all()


@pytest.mark.parametrize("missing", ["Rows", "Columns"])
def test_an_image_without_a_size_is_damaged(missing: str) -> None:
    with pytest.raises(DamagedFile):
        read_slice(as_dicom(BRAIN, **{missing: None}))


@pytest.mark.parametrize(
    "missing",
    ["SamplesPerPixel", "PhotometricInterpretation", "BitsStored", "HighBit",
     "PixelRepresentation"],
)  # fmt: skip
def test_what_is_usual_may_be_left_out(missing: str) -> None:
    assert (read_slice(as_dicom(BRAIN, **{missing: None})).pixels == STORED).all()


@pytest.mark.parametrize("frames", [None, b"", b"0", b"1 "])
def test_one_frame_may_be_said_in_many_ways(frames: bytes | None) -> None:
    elements = {} if frames is None else {"NumberOfFrames": frames}

    assert (read_slice(as_dicom(BRAIN, **elements)).pixels == STORED).all()


def test_what_decoding_takes_is_limited() -> None:
    content = as_dicom(BRAIN)

    assert read_slice(content, Limits(max_decoded_bytes=BRAIN.size * 6)).shape
    with pytest.raises(TooManyPixels, match="MiB"):
        read_slice(content, Limits(max_decoded_bytes=BRAIN.size * 6 - 1))


def test_a_frame_of_another_size_is_damaged() -> None:
    with pytest.raises(DamagedFile, match=r"104 x 87 pixels.*104 x 88"):
        read_slice(compressed_as(JPEGBaseline8Bit, **EIGHT, Columns=87))
