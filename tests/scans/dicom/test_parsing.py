"""From a file's bytes to its elements and its pixels."""

import logging
import struct
import threading
import warnings
import zlib

import numpy as np
import pytest
from pydicom.sequence import Sequence
from pydicom.uid import DeflatedExplicitVRLittleEndian, ImplicitVRLittleEndian

from alzer.errors import (
    DamagedFile,
    NotAnImage,
    NotOneSlice,
    TooManyPixels,
    UnusableScan,
)
from alzer.scans.dicom.parsing import parse
from alzer.scans.formats import read_slice
from alzer.settings import Limits
from phantoms import as_dicom, dicom_dataset, draw_brain, save_dicom

BRAIN = draw_brain((104, 88))
STORED = np.rint(BRAIN * 4095)
LIMITS = Limits(max_decoded_bytes=1_000_000)


def deflated(pixels: bytes = STORED.astype("<u2").tobytes()) -> bytes:
    """Return a deflated file."""
    dataset = dicom_dataset(BRAIN, PixelData=pixels)
    dataset.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    return save_dicom(dataset)


def meta_end(content: bytes) -> int:
    """Return where the data set begins."""
    return 144 + int.from_bytes(content[140:144], "little")


BOMB = deflated(bytes(8_000_000))


@pytest.mark.parametrize("length", [0, 1, 20, 2**32 - 1])
def test_a_wrong_length_of_the_file_meta_does_not_matter(length: int) -> None:
    for content in (as_dicom(BRAIN), deflated()):
        wrong = content[:140] + struct.pack("<L", length) + content[144:]

        assert (read_slice(wrong).pixels == STORED).all()


def test_file_meta_without_its_length_is_read() -> None:
    for content in (as_dicom(BRAIN), deflated()):
        assert (read_slice(content[:132] + content[144:]).pixels == STORED).all()


def hidden_syntaxes() -> list[bytes]:
    """Return bombs whose transfer syntax is not where a search finds it."""
    decoy = b"\x02\0\x10\0UI\x14\x001.2.840.10008.1.2.1\0"
    private = struct.pack("<HH2sHL", 0x0002, 0x0102, b"OB", 0, 4000) + bytes(4000)
    version = struct.pack("<HH2sHL", 0x0002, 0x0001, b"OB", 0, len(decoy)) + decoy
    start, syntax = 144, BOMB.index(b"\x02\0\x10\0UI")
    return [
        b"\0" * 40 + decoy + BOMB[40 + len(decoy) :],
        BOMB[:start] + version + BOMB[start:],
        BOMB[:start] + private + BOMB[start:],
        BOMB[:132] + BOMB[start:],
        BOMB[132:],
        BOMB[:140] + b"\xff\xff\xff\xff" + BOMB[144:],
        BOMB[:syntax] + BOMB[syntax:],
    ]


@pytest.mark.parametrize("content", hidden_syntaxes(), ids=range(7))
def test_a_deflated_bomb_is_stopped_however_it_is_hidden(content: bytes) -> None:
    assert len(content) < 20_000
    with pytest.raises(TooManyPixels, match="unpacks"):
        read_slice(content, LIMITS)


def test_no_more_than_the_limit_is_unpacked() -> None:
    assert (read_slice(deflated(), LIMITS).pixels == STORED).all()
    with pytest.raises(TooManyPixels, match="unpacks"):
        read_slice(deflated(), Limits(max_decoded_bytes=10_000))


def test_no_more_is_unpacked_than_pixels_and_header_may_take() -> None:
    limits = Limits(max_pixels=20_000)

    assert (read_slice(deflated(), limits).pixels == STORED).all()
    with pytest.raises(TooManyPixels, match="unpacks to more than 16"):
        read_slice(deflated(bytes(30_000_000)), limits)


def test_long_private_elements_are_passed_over_and_not_held() -> None:
    dataset = dicom_dataset(BRAIN, ImageComments="seen")
    dataset.add_new(0x00090010, "LO", "SOMEBODY")
    dataset.add_new(0x00091010, "OB", bytes(3_000_000))
    content = save_dicom(dataset)

    parsed = parse(content, Limits())

    assert 0x00091010 not in parsed.dataset
    assert (read_slice(content).pixels == STORED).all()
    with pytest.raises(DamagedFile):
        read_slice(content[:2_000_000])


def test_deflate_in_a_zlib_stream_is_read() -> None:
    content = deflated()
    end = meta_end(content)
    elements = zlib.decompress(content[end:], -zlib.MAX_WBITS)

    packed = content[:end] + zlib.compress(elements)

    assert (read_slice(packed).pixels == STORED).all()


def test_what_is_said_to_be_deflated_and_is_not_is_read() -> None:
    plain = as_dicom(BRAIN)
    content = deflated()

    mixed = content[: meta_end(content)] + plain[meta_end(plain) :]

    assert (read_slice(mixed).pixels == STORED).all()


def test_implicit_elements_behind_explicit_file_meta_are_read() -> None:
    dataset = dicom_dataset(BRAIN, PixelPaddingValue=9)
    dataset.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian

    assert (read_slice(save_dicom(dataset)).pixels[BRAIN > 0] > 0).all()


@pytest.mark.parametrize("lost", range(1, 8))
def test_missing_padding_is_no_damage(lost: int) -> None:
    odd = draw_brain((105, 87))[:, :, None].repeat(1, axis=2)[..., 0]
    eight = {"BitsAllocated": 8, "BitsStored": 8, "HighBit": 7}
    pixels = np.rint(odd * 255).astype(np.uint8)
    dataset = dicom_dataset(odd, **eight, PixelData=pixels.tobytes() + b"\0")
    dataset["PixelData"].VR = "OB"
    content = save_dicom(dataset)

    if lost == 1:
        assert (read_slice(content[:-lost]).pixels == pixels).all()
    else:
        with pytest.raises(UnusableScan):
            read_slice(content[:-lost])


def test_more_pixels_than_one_image_are_several() -> None:
    pixels = STORED.astype("<u2").tobytes()

    with pytest.raises(NotOneSlice, match="5 images"):
        read_slice(as_dicom(BRAIN, PixelData=pixels * 5))
    assert read_slice(as_dicom(BRAIN, PixelData=pixels + bytes(64))).shape == (104, 88)


def test_pixels_of_a_sequence_are_not_the_image() -> None:
    icon = dicom_dataset(BRAIN)
    report = dicom_dataset(BRAIN, PixelData=None)
    report.IconImageSequence = Sequence([icon])

    with pytest.raises(NotAnImage):
        read_slice(save_dicom(report))


def test_patients_are_not_quoted_by_warnings_or_logs(
    caplog: pytest.LogCaptureFixture,
) -> None:
    content = as_dicom(
        BRAIN,
        SpecificCharacterSet="ISO_IR 192",
        WindowCenter=b"Doe^Jane",
        PixelSpacing=b"Doe^Jane",
        BurnedInAnnotation=b"Doe^Jane" * 9,
    )
    content = content.replace(b"ISO_IR 192", b"Doe^Jane  ")
    with caplog.at_level(logging.DEBUG), warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        scan = read_slice(content)

    assert said == []
    assert caplog.records == []
    assert "Doe" not in repr(scan)


def test_the_processs_own_warnings_stay_as_they_were() -> None:
    before = list(warnings.filters)
    threads = [
        threading.Thread(target=read_slice, args=(as_dicom(BRAIN),)) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert warnings.filters == before
    assert not logging.getLogger("pydicom").disabled


def test_a_file_without_an_image_is_told_from_one_that_is_cut_off() -> None:
    content = as_dicom(BRAIN)
    pixels = content.index(b"\xe0\x7f\x10\0")

    with pytest.raises(NotAnImage):
        read_slice(content[:pixels])
    with pytest.raises(DamagedFile, match="cut off"):
        read_slice(content[: pixels - 1])


def test_a_parsed_file_says_what_was_lost() -> None:
    assert parse(as_dicom(BRAIN), LIMITS).is_complete
