"""Gzip of every make, within bounds."""

import gzip

import pytest

from alzer.errors import DamagedFile, TooDemanding, TooManyPixels
from alzer.scans.packing import HEAD_BYTES, unpack, unpacked_head

TEXT = bytes(range(256)) * 40
EMPTY = gzip.compress(b"", mtime=0)


def members(size: int) -> bytes:
    parts = [TEXT[first : first + size] for first in range(0, len(TEXT), size)]
    return b"".join(gzip.compress(part) for part in parts)


@pytest.mark.parametrize("size", [10, 1000, 5000, len(TEXT)])
def test_all_members_are_unpacked(size: int) -> None:
    content = members(size)

    assert unpack(content, len(TEXT)) == TEXT
    assert unpacked_head(content) == TEXT[:HEAD_BYTES]


@pytest.mark.parametrize(
    "behind", [EMPTY, bytes(1000), b"garbage", bytes(9) + EMPTY], ids=repr
)
def test_what_stands_behind_the_last_member_does_not_matter(behind: bytes) -> None:
    assert unpack(gzip.compress(TEXT) + behind, len(TEXT)) == TEXT


def test_zeros_between_members_are_padding() -> None:
    half = len(TEXT) // 2
    content = gzip.compress(TEXT[:half]) + bytes(512) + gzip.compress(TEXT[half:])

    assert unpack(content, len(TEXT)) == TEXT


@pytest.mark.parametrize("size", [100, len(TEXT)])
def test_the_bound_holds_for_all_members_together(size: int) -> None:
    with pytest.raises(TooManyPixels, match="unpacks to more"):
        unpack(members(size), len(TEXT) - 1)


def test_what_is_not_packed_is_given_back() -> None:
    assert unpack(TEXT, 1) is TEXT
    assert unpacked_head(TEXT) == TEXT[:HEAD_BYTES]


@pytest.mark.parametrize("cut", [1, 8, 9, 100])
def test_a_cut_file_is_damage(cut: int) -> None:
    with pytest.raises(DamagedFile, match="too early"):
        unpack(gzip.compress(TEXT)[:-cut], len(TEXT) * 2)


def test_a_wrong_checksum_is_damage() -> None:
    content = bytearray(gzip.compress(TEXT))
    content[-6] ^= 1

    with pytest.raises(DamagedFile):
        unpack(bytes(content), len(TEXT) * 2)


@pytest.mark.parametrize(
    "content", [EMPTY * 100, gzip.compress(b"a", mtime=0) * 100_000]
)
def test_members_without_content_are_counted(content: bytes) -> None:
    with pytest.raises(TooDemanding, match="parts"):
        unpack(content, 2**30)
