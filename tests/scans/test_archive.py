"""Zip archives of a scan are read, and those that are made to harm refused."""

import io
import struct
import zipfile
from collections.abc import Callable

import pytest

from alzer.errors import (
    DamagedFile,
    TooManyBytes,
    UnsafeArchive,
    UnsupportedVariant,
    UnusableScan,
)
from alzer.scans.archive import unpack_archive
from alzer.settings import Limits
from volume_files import as_zip

FILES = {"scan/IM1": b"one" * 99, "scan/IM2": b"two" * 99}


def names_in(data: bytes, limits: Limits | None = None) -> list[str]:
    """Return the names of the files that are unpacked."""
    return [name for name, _ in unpack_archive(data, limits or Limits())]


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_files_come_as_they_were_put_in(method: int) -> None:
    assert dict(unpack_archive(as_zip(FILES, method), Limits())) == FILES


def test_folders_and_what_systems_add_are_left_out() -> None:
    added = ("scan/", "__MACOSX/scan/._IM1", ".DS_Store", "scan/.hidden", "Thumbs.db")
    archive = as_zip({**FILES, **dict.fromkeys(added, b"")})

    assert names_in(archive) == list(FILES)


@pytest.mark.parametrize(
    "name",
    ["../IM1", "a/../../IM1", "/etc/IM1", "C:\\IM1", "a\\..\\IM1", "\\\\host\\IM1"],
)
def test_names_that_lead_out_are_refused(name: str) -> None:
    with pytest.raises(UnsafeArchive, match="leads out"):
        names_in(as_zip({name: b"x"}))


def test_names_that_only_look_so_are_not() -> None:
    assert names_in(as_zip({"a..b/c..": b"x", "T1: 3D": b"y"})) == [
        "a..b/c..",
        "T1: 3D",
    ]


def with_link() -> bytes:
    archive, link = io.BytesIO(), zipfile.ZipInfo("IM1")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(archive, "w") as opened:
        opened.writestr(link, "/etc/passwd")
    return archive.getvalue()


def encrypted() -> bytes:
    """Set the flag of encryption in both headers."""
    data = bytearray(as_zip({"IM1": b"x" * 50}, zipfile.ZIP_STORED))
    for place in (6, data.index(b"PK\1\2") + 8):
        data[place] |= 1
    return bytes(data)


def overlapping(count: int = 300) -> bytes:
    """Let many entries of the directory lead to the same bytes."""
    data = as_zip({"IM1": bytes(1 << 16)})
    first = data.index(b"PK\1\2")
    end = data.index(b"PK\5\6")
    entry, tail = data[first:end], data[end:]
    fields = list(struct.unpack("<4s4H2LH", tail))
    fields[3] = fields[4] = count
    fields[5] *= count
    return data[:first] + entry * count + struct.pack("<4s4H2LH", *fields)


def nested_overlap() -> bytes:
    """Let one entry hold the whole of another one, quoted by an extra field."""
    inner = as_zip({"a": bytes(9000)})
    data = bytearray(as_zip({"a": inner, "b": b""}, zipfile.ZIP_STORED))
    directory = data.index(b"PK\1\2", data.rindex(b"PK\5\6", 0, len(data) - 22) + 22)
    second = data.index(b"PK\1\2", directory + 4)
    struct.pack_into("<L", data, second + 42, 31)  # where the inner archive begins
    return bytes(data)


def unpacking_to_much() -> bytes:
    return as_zip({str(number): bytes(1 << 22) for number in range(9)})


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (with_link, "links"),
        (encrypted, "encrypted"),
        (overlapping, "overlap"),
        (nested_overlap, "overlap"),
        (unpacking_to_much, "times its size"),
    ],
)
def test_what_is_made_to_harm_is_refused_before_it_is_unpacked(
    make: Callable[[], bytes], said: str
) -> None:
    with pytest.raises(UnsafeArchive, match=said):
        next(unpack_archive(make(), Limits()))


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_other_ways_to_compress_are_named(method: int) -> None:
    with pytest.raises(UnsupportedVariant, match="deflate"):
        names_in(as_zip(FILES, method))


def test_entries_and_their_sizes_are_limited() -> None:
    archive = as_zip(FILES)
    with pytest.raises(TooManyBytes, match="2 entries, over the limit of 1"):
        names_in(archive, Limits(max_files=1))
    with pytest.raises(TooManyBytes, match="together"):
        names_in(archive, Limits(max_scan_bytes=500))


def test_an_entry_that_unpacks_to_more_than_it_declares_stops_there() -> None:
    data = bytearray(as_zip({"IM1": bytes(1 << 20)}))
    struct.pack_into("<L", data, data.index(b"PK\1\2") + 24, 1000)
    with pytest.raises(DamagedFile):
        names_in(bytes(data))


@pytest.mark.parametrize("cut", range(5, 100, 7))
def test_a_damaged_archive_is_refused_as_such(cut: int) -> None:
    data = as_zip(FILES)
    with pytest.raises(UnusableScan):
        names_in(data[:-cut])


def test_a_changed_byte_is_noticed() -> None:
    data = bytearray(as_zip(FILES, zipfile.ZIP_STORED))
    data[data.index(b"oneone")] ^= 1
    with pytest.raises(DamagedFile):
        names_in(bytes(data))
