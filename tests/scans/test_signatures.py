"""What a file is by its first bytes."""

import struct

import pytest

from alzer.scans.signatures import (
    VolumeKind,
    altered_format,
    has_dicom_prefix,
    picture_format,
    volume_kind,
)

PNG = b"\x89PNG\r\n\x1a\n"


@pytest.mark.parametrize(
    ("begin", "name"),
    [
        (PNG, "PNG"),
        (b"\xff\xd8\xff\xe0", "JPEG"),
        (b"II*\0", "TIFF"),
        (b"MM\0+\0\x08", "TIFF"),
        (b"BM", "BMP"),
        (b"GIF89a", "GIF"),
        (b"RIFF\0\0\0\0WEBP", "WebP"),
        (b"RIFF\0\0\0\0WAVE", None),
        (b"", None),
    ],
)
def test_pictures_are_known_by_how_they_begin(begin: bytes, name: str | None) -> None:
    assert picture_format(begin) == name


@pytest.mark.parametrize(
    ("altered", "name"),
    [
        (PNG.decode("latin-1").encode(), "PNG"),
        (PNG.decode("ascii", "replace").encode(), "PNG"),
        (bytes(byte & 0x7F for byte in PNG), "PNG"),
        (b"\xff\xd8\xff".decode("latin-1").encode(), "JPEG"),
        (b"\x1f\x8b\x08".decode("latin-1").encode(), "gzip"),
        (PNG.replace(b"\r\n", b"\n"), "PNG"),
        (b"GIF89a", None),
    ],
)
def test_a_file_that_was_sent_as_text_is_told(altered: bytes, name: str | None) -> None:
    assert altered_format(altered) == name


def test_the_prefix_of_dicom_counts_where_it_belongs_only() -> None:
    assert has_dicom_prefix(bytes(128) + b"DICM")
    assert not has_dicom_prefix(bytes(127) + b"DICM")


def analyze(order: str, voxel: int = 4, bits: int = 16) -> bytes:
    head = bytearray(348)
    struct.pack_into(f"{order}l", head, 0, 348)
    struct.pack_into(f"{order}3h", head, 40, 3, 20, 30)
    struct.pack_into(f"{order}2h", head, 70, voxel, bits)
    return bytes(head)


def test_volumes_are_known_by_mark_or_by_a_header_that_makes_sense() -> None:
    assert volume_kind(bytes(344) + b"ni1\0") is VolumeKind.NIFTI1
    assert volume_kind(bytes(4) + b"n+2\0") is VolumeKind.NIFTI2
    assert volume_kind(analyze("<")) is VolumeKind.NIFTI1
    assert volume_kind(analyze(">")) is VolumeKind.NIFTI1
    assert volume_kind(analyze("<", bits=8)) is None
    mgh = struct.pack(">6l", 1, 20, 30, 1, 1, 3)
    assert volume_kind(mgh.ljust(284, b"\0")) is VolumeKind.MGH
    assert volume_kind(mgh) is None
