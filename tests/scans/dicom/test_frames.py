"""Compressed frames within their items, as files in the field keep them."""

import struct

import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate, generate_fragments
from pydicom.sequence import Sequence
from pydicom.uid import (
    JPEG2000,
    UID,
    JPEG2000Lossless,
    JPEGLSLossless,
    RLELossless,
)

from alzer.errors import DamagedFile, NotOneSlice, UnusableScan
from alzer.scans.dicom.frames import check_end, guess_syntax, join_frame
from alzer.scans.formats import read_slice
from dicom_parts import encode_elements, item_of
from phantoms import dicom_dataset, draw_brain, save_dicom

BRAIN = draw_brain((104, 88))
STORED = np.rint(BRAIN * 4095)
SYNTAXES = [RLELossless, JPEGLSLossless, JPEG2000Lossless]
DELIMITER = b"\xfe\xff\xdd\xe0\0\0\0\0"


def compressed(syntax: UID) -> Dataset:
    """Return the phantom, compressed."""
    dataset = dicom_dataset(BRAIN)
    dataset.compress(syntax, generate_instance_uid=False)
    return dataset


def frame_of(syntax: UID) -> bytes:
    """Return the phantom's compressed bytes alone."""
    *_, frame = generate_fragments(compressed(syntax).PixelData)
    return frame


def item(content: bytes) -> bytes:
    """Return bytes as an item."""
    return struct.pack("<HHL", 0xFFFE, 0xE000, len(content)) + content


@pytest.mark.parametrize("syntax", SYNTAXES, ids=str)
def test_the_delimiter_at_the_end_may_be_missing(syntax: UID) -> None:
    content = save_dicom(compressed(syntax))
    assert content.endswith(DELIMITER)

    assert (read_slice(content[:-8]).pixels == STORED).all()


@pytest.mark.parametrize("syntax", SYNTAXES, ids=str)
@pytest.mark.parametrize("lost", [9, 100, 3000])
def test_a_frame_that_is_cut_off_is_damaged(syntax: UID, lost: int) -> None:
    with pytest.raises(DamagedFile):
        read_slice(save_dicom(compressed(syntax))[:-lost])


@pytest.mark.parametrize("syntax", SYNTAXES, ids=str)
@pytest.mark.parametrize("table", [None, b"", b"\0\0\0\0", struct.pack("<3L", 0, 7, 9)])
def test_the_table_of_offsets_is_not_believed(syntax: UID, table: bytes | None) -> None:
    first = b"" if table is None else item(table)
    dataset = compressed(syntax)
    dataset.PixelData = first + item(frame_of(syntax)) + DELIMITER

    assert (read_slice(save_dicom(dataset)).pixels == STORED).all()


def test_an_item_that_says_too_much_ends_before_the_delimiter() -> None:
    dataset = compressed(RLELossless)
    frame = frame_of(RLELossless)
    wrong = item(frame)[:4] + struct.pack("<L", len(frame) + 500) + frame
    dataset.PixelData = item(b"") + wrong + DELIMITER

    assert (read_slice(save_dicom(dataset)).pixels == STORED).all()


def test_a_frame_in_several_items_is_joined() -> None:
    frame = frame_of(JPEG2000Lossless)
    parts = [frame[place : place + 1000] for place in range(0, len(frame), 1000)]

    assert join_frame(memoryview(b"".join(map(item, [b"", *parts])))) == frame


def test_several_frames_are_counted_and_refused() -> None:
    dataset = compressed(JPEG2000Lossless)
    dataset.PixelData = encapsulate([frame_of(JPEG2000Lossless)] * 3)

    with pytest.raises(NotOneSlice, match="3 compressed frames"):
        read_slice(save_dicom(dataset))


@pytest.mark.parametrize("syntax", SYNTAXES, ids=str)
def test_a_bare_data_set_gives_its_compression_away(syntax: UID) -> None:
    content = encode_elements(compressed(syntax))

    assert (read_slice(content).pixels == STORED).all()


def test_frames_are_told_by_their_first_bytes() -> None:
    assert guess_syntax(frame_of(JPEG2000Lossless)) == JPEG2000
    assert guess_syntax(frame_of(JPEGLSLossless)) == JPEGLSLossless
    assert guess_syntax(frame_of(RLELossless)) == RLELossless


@pytest.mark.parametrize("short", [2, 24, 26, 100, 200, 230])
def test_an_icon_with_a_wrong_length_does_not_hide_the_image(short: int) -> None:
    icon = item_of(Rows=4, Columns=4, BitsAllocated=8)
    icon.add_new("PixelData", "OB", encapsulate([b"\xff\xd8\xff" + bytes(199)]))
    icon["PixelData"].is_undefined_length = True
    dataset = compressed(RLELossless)
    dataset.IconImageSequence = Sequence([icon])
    content = save_dicom(dataset)
    place = content.index(b"\x88\0\0\2SQ")
    lengths = struct.unpack_from("<L", content, place + 8)[0], place + 8
    inner = struct.unpack_from("<L", content, place + 16)[0], place + 16
    wrong = bytearray(content)
    for length, at in (lengths, inner):
        struct.pack_into("<L", wrong, at, length - short)

    assert (read_slice(content).pixels == STORED).all()
    assert (read_slice(bytes(wrong)).pixels == STORED).all()


def test_items_without_a_frame_are_damage() -> None:
    dataset = compressed(RLELossless)
    dataset.PixelData = item(b"") + DELIMITER

    with pytest.raises(UnusableScan):
        read_slice(save_dicom(dataset))


def test_a_jpeg_ls_frame_needs_its_end() -> None:
    frame = b"\xff\xd8\xff\xf7 values \xff\x10"

    check_end(frame + b"\xff\xd9\0")
    with pytest.raises(DamagedFile, match="cut off"):
        check_end(frame)
