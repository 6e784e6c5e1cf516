"""The formats, in the order in which they are tried; recognised by content."""

from collections.abc import Callable
from typing import NamedTuple

from alzer.errors import (
    DamagedFile,
    EmptyFile,
    NotAnImage,
    TooManyBytes,
    UnusableScan,
)
from alzer.scans.raster import read_raster
from alzer.scans.scan import Scan
from alzer.settings import Limits

DEFAULT_LIMITS = Limits()


class _Format(NamedTuple):
    """A format: its name, how to recognise it, how to read it."""

    name: str
    recognises: Callable[[bytes], bool]
    read: Callable[[bytes, str, Limits], Scan]


def _begins(*starts: bytes) -> Callable[[bytes], bool]:
    return lambda data: data.startswith(starts)


_FORMATS = (
    _Format("PNG", _begins(b"\x89PNG\r\n\x1a\n"), read_raster),
    _Format("JPEG", _begins(b"\xff\xd8\xff"), read_raster),
    _Format("TIFF", _begins(b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"), read_raster),
    _Format("BMP", _begins(b"BM"), read_raster),
    _Format(
        "WebP",
        lambda data: data.startswith(b"RIFF") and data[8:12] == b"WEBP",
        read_raster,
    ),
)


def read_scan(data: bytes, limits: Limits = DEFAULT_LIMITS) -> Scan:
    """Read one slice from a file's bytes, whatever its name.

    Args:
        data: The file.
        limits: How large it may be.

    Returns:
        The slice, without the identity of its owner.

    Raises:
        UnusableScan: If the file can't be used; the message says why.
        EmptyFile: If it has no bytes.
        TooManyBytes: If it is over the limit.
        NotAnImage: If its format is not known.
        DamagedFile: If the format is known but the content is not as it should be.
    """
    if not data:
        message = "The file is empty; choose the file again."
        raise EmptyFile(message)
    if len(data) > limits.max_file_bytes:
        message = (
            f"The file has {len(data) / 2**20:.1f} MiB, over the limit of "
            f"{limits.max_file_bytes / 2**20:g} MiB; send one slice."
        )
        raise TooManyBytes(message)
    found = next((each for each in _FORMATS if each.recognises(data)), None)
    if found is None:
        message = (
            "The file is of no known image format; send a PNG, JPEG, TIFF, BMP, WebP, "
            "DICOM, NIfTI or MGH file."
        )
        raise NotAnImage(message)
    try:
        return found.read(data, found.name, limits)
    except UnusableScan:
        raise
    except Exception as error:  # decoders fail in every way there is
        message = (
            f"The {found.name} file is damaged or incomplete; "
            "export it again and send the new file."
        )
        raise DamagedFile(message) from error
