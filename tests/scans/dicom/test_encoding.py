"""Telling how a data set is encoded by its first elements."""

import itertools
import sys
from pathlib import Path

import numpy as np
import pytest

from alzer.errors import NotAnImage
from alzer.scans.dicom.encoding import (
    EXPLICIT_LITTLE,
    Encoding,
    find_encoding,
    find_start,
    is_bare_dicom,
    read_header,
)
from alzer.scans.formats import read_slice
from dicom_parts import encode_elements
from hostile.formats import FORMATS
from phantoms import as_dicom, dicom_dataset, draw_brain

BRAIN = draw_brain((104, 88))
STORED = np.rint(BRAIN * 4095)
ENCODINGS = [
    Encoding(is_implicit=implicit, is_little_endian=little)
    for implicit, little in itertools.product((False, True), repeat=2)
]


def bare(first_tag: int, encoding: Encoding) -> bytes:
    """Return the phantom's elements from one tag on, without prefix or file meta."""
    dataset = dicom_dataset(BRAIN)
    for tag in [tag for tag in dataset.keys() if tag < first_tag]:  # noqa: SIM118 - a Dataset iterates over elements
        del dataset[tag]
    dataset.PixelData = STORED.astype(f"{encoding.order}u2").tobytes()
    dataset["PixelData"].VR = "OW"
    return encode_elements(
        dataset,
        is_implicit=encoding.is_implicit,
        is_little_endian=encoding.is_little_endian,
    )


@pytest.mark.parametrize("encoding", ENCODINGS, ids=str)
@pytest.mark.parametrize(
    "first_tag", [0x00080016, 0x00080060, 0x00100010, 0x00280002], ids=hex
)
def test_a_data_set_without_prefix_is_read_wherever_it_begins(
    first_tag: int, encoding: Encoding
) -> None:
    content = bare(first_tag, encoding)

    assert find_encoding(content, 0) == encoding
    assert (read_slice(content).pixels == STORED).all()


def test_file_meta_without_prefix_is_read() -> None:
    assert (read_slice(as_dicom(BRAIN)[132:]).pixels == STORED).all()


def test_free_bytes_without_prefix_are_skipped() -> None:
    content = bytes(128) + bare(0x00080016, EXPLICIT_LITTLE)

    assert find_start(content) == 128
    assert (read_slice(content).pixels == STORED).all()


def test_the_elements_count_more_than_the_transfer_syntax() -> None:
    said = as_dicom(BRAIN)
    end_of_meta = 144 + int.from_bytes(said[140:144], "little")

    for encoding in ENCODINGS:
        content = said[:end_of_meta] + bare(0x00080016, encoding)
        assert (read_slice(content).pixels == STORED).all()


def test_random_bytes_are_no_dicom() -> None:
    generator = np.random.default_rng(0)

    for group in (0x02, 0x08, 0x10, 0x28):
        for start in (bytes((group, 0)), bytes((0, group))):
            for _ in range(500):
                assert not is_bare_dicom(start + generator.bytes(300))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x08",
        b"\x08\0\x05\0",
        bytes(5000),
        b"\xff" * 5000,
        b"\x08\0" * 2000,
        bytes(range(256)) * 20,
        (b"(0028,0010) US 208\n" * 100),
        "(1234) ein Text".encode("utf-16-le") * 50,
        "\x10 und noch einer".encode("utf-16-be") * 50,
        b"\x28\0\0\0\0\1\0\0\0\1\0\0\1\0\x18\0" + bytes(3000),  # a bitmap without head
        b"\2\0\0\0" * 900,  # numbers of 32 bits
        b"\x08\0\0\0\x10\0\0\0\x18\0\0\0" * 300,
        np.arange(8, 3000, dtype="<u2").tobytes(),
        np.arange(8, 3000, dtype=">u2").tobytes(),
        np.arange(8, 3000, dtype="<u4").tobytes(),
        np.full(3000, 8.0, "<f8").tobytes(),
    ],
    ids=range(17),
)
def test_other_content_is_no_dicom(content: bytes) -> None:
    assert not is_bare_dicom(content)
    with pytest.raises(NotAnImage):
        read_slice(content or b"\0")


def test_files_of_other_kinds_are_no_dicom() -> None:
    folder = Path(sys.executable).resolve().parent.parent / "lib"
    others = [content for name, content in FORMATS.items() if "DICOM" not in name]
    for path in itertools.islice(folder.rglob("*.*"), 1500):
        if path.is_file() and not path.is_symlink():
            with path.open("rb") as file:
                others.append(file.read(4096))

    assert len(others) > 500
    assert not any(map(is_bare_dicom, others))


@pytest.mark.parametrize("length", range(12))
def test_a_header_that_is_cut_off_is_none(length: int) -> None:
    content = b"\xe0\x7f\x10\0OW\0\0\x08\0\0\0"[:length]

    assert read_header(content, 0, EXPLICIT_LITTLE) is None
