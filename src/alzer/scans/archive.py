"""Zip archives, checked as a whole before anything in them is unpacked.

Nothing is written to a disk, and names lead nowhere. What is refused here is made to
take much memory or time, or is of a kind that people do not make.

Source: PKWARE's APPNOTE.TXT 6.3.10.
"""

import io
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import Final

from alzer.errors import DamagedFile, TooManyBytes, UnsafeArchive, UnsupportedVariant
from alzer.scans.names import is_of_system
from alzer.scans.sizes import check_together
from alzer.settings import Limits

SIGNATURE: Final = b"PK\3\4"

# An archive without entries begins with its end.
_EMPTY: Final = b"PK\5\6"

_READ_METHODS: Final = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})

_ENCRYPTED: Final = 0x1 | 0x40 | 0x2000

# DICOM slices become a tenth of their size, and dark ones a thousandth. All of an
# archive becomes this little only if it was made to.
_MOST_RATIO: Final = 100
_ALLOWED_BYTES: Final = 2**24

# Local header of an entry: its name and extra field follow.
_LOCAL: Final = struct.Struct("<4s22xHH")

_LEADS_OUT: Final = re.compile(r"^[/\\]|^[A-Za-z]:|(^|[/\\])\.\.([/\\]|$)")

_OTHER_METHOD: Final = (
    "The zip archive is compressed in a way that is not read; use the usual one "
    "(deflate)."
)
_REMADE: Final = "Make a new zip archive of the scan's files and send that."


def is_archive(data: bytes) -> bool:
    """Check whether a file is a zip archive, by its first bytes."""
    return data.startswith((SIGNATURE, _EMPTY))


def unpack_archive(data: bytes, limits: Limits) -> Iterator[tuple[str, bytes]]:
    """Unpack the files of a zip archive.

    Args:
        data: The archive.
        limits: How many entries it may have, and how large they may be together.

    Yields:
        The name and the content of each file that may be of a scan: neither folders,
        nor what systems add.

    Raises:
        UnsafeArchive: It is encrypted, or made to do harm.
        UnsupportedVariant: It is compressed in another way than is read.
        DamagedFile: It can't be read.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            _check(entries, data, archive.start_dir, limits)
            for entry in entries:
                if not entry.is_dir() and not is_of_system(entry.filename):
                    yield entry.filename, _content(archive, entry)
    except NotImplementedError as error:  # a later version of the format
        raise UnsupportedVariant(_OTHER_METHOD) from error
    except (zipfile.BadZipFile, zlib.error, EOFError, struct.error) as error:
        message = "The zip archive is damaged or incomplete; make and send it again."
        raise DamagedFile(message) from error


def _check(
    entries: list[zipfile.ZipInfo], data: bytes, end: int, limits: Limits
) -> None:
    """Refuse an archive by its directory.

    Raises:
        TooManyBytes: There is more in it than is allowed.
        UnsafeArchive: It is made to unpack to very much.
    """
    if len(entries) > limits.max_files:
        message = (
            f"The zip archive has {len(entries)} entries, over the limit of "
            f"{limits.max_files}; send the files of one series."
        )
        raise TooManyBytes(message)
    check_together((entry.file_size for entry in entries), limits)
    for entry in entries:
        _check_entry(entry)
    _check_places(entries, data, end)
    total = sum(entry.file_size for entry in entries)
    if total > _ALLOWED_BYTES and total > _MOST_RATIO * len(data):
        message = (
            f"The zip archive would unpack to {total / len(data):.0f} times its size, "
            f"which no scan does. {_REMADE}"
        )
        raise UnsafeArchive(message)


def _check_entry(entry: zipfile.ZipInfo) -> None:
    if entry.flag_bits & _ENCRYPTED:
        message = "The zip archive is encrypted; send it without a password."
        raise UnsafeArchive(message)
    if _LEADS_OUT.search(entry.filename) or "\0" in entry.orig_filename:
        message = f"The zip archive holds a name that leads out of it. {_REMADE}"
        raise UnsafeArchive(message)
    if stat.S_ISLNK(entry.external_attr >> 16):
        message = f"The zip archive holds links, which are not followed. {_REMADE}"
        raise UnsafeArchive(message)
    if entry.compress_type not in _READ_METHODS:
        raise UnsupportedVariant(_OTHER_METHOD)


def _check_places(entries: list[zipfile.ZipInfo], data: bytes, end: int) -> None:
    """Refuse entries that share bytes: few of them could unpack to very much.

    Raises:
        UnsafeArchive: Some do.
    """
    last = 0
    for entry in sorted(entries, key=lambda one: one.header_offset):
        start = entry.header_offset
        _, name_length, extra_length = _LOCAL.unpack_from(data, start)
        if start < last:
            break
        last = start + _LOCAL.size + name_length + extra_length + entry.compress_size
    else:
        if last <= end:
            return
    message = f"Entries of the zip archive overlap. {_REMADE}"
    raise UnsafeArchive(message)


def _content(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    with archive.open(entry) as opened:
        # No more than declared: the sum of that has been checked.
        content = opened.read(entry.file_size)
    if len(content) < entry.file_size:
        raise EOFError
    return content
