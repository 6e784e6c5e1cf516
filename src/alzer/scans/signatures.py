"""The marks by which files of each format are known, whatever their names."""

import struct
import zlib
from enum import Enum, auto

GZIP = b"\x1f\x8b"

# Enough for every header: NIfTI-2 has 540 bytes, MGH 284.
_HEADER_BYTES = 4096

_PICTURES = (
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
    (b"BM", "BMP"),
)


class VolumeKind(Enum):
    """The formats whose files hold any number of slices."""

    NIFTI1 = auto()
    NIFTI2 = auto()
    MGH = auto()


def picture_format(data: bytes) -> str | None:
    """Name the picture format that bytes begin like.

    Args:
        data: The file.

    Returns:
        PNG, JPEG, TIFF, BMP or WebP; None for anything else.
    """
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return "WebP"
    return next((name for mark, name in _PICTURES if data.startswith(mark)), None)


def has_dicom_prefix(data: bytes) -> bool:
    """Say whether a file begins as DICOM files do, behind 128 free bytes.

    Source: PS3.10 section 7.1.

    Args:
        data: The file.

    Returns:
        Whether the prefix stands where it should.
    """
    return data[128:132] == b"DICM"


def unpacked_head(data: bytes) -> bytes:
    """Give the first bytes of a file, unpacked if it is gzipped.

    Args:
        data: The file.

    Returns:
        At most 4096 bytes; none if the packing is damaged.
    """
    if not data.startswith(GZIP):
        return data[:_HEADER_BYTES]
    try:
        return zlib.decompressobj(16 + zlib.MAX_WBITS).decompress(data, _HEADER_BYTES)
    except zlib.error:
        return b""


def volume_kind(head: bytes) -> VolumeKind | None:
    """Tell NIfTI and MGH by their headers.

    Args:
        head: The file's first bytes, unpacked.

    Returns:
        Which of them it is, if any.
    """
    if head[344:348] == b"n+1\0":
        return VolumeKind.NIFTI1
    if head[4:8] == b"n+2\0":
        return VolumeKind.NIFTI2
    if len(head) >= 284:
        version, *sizes, kind = struct.unpack_from(">6l", head)
        if version == 1 and min(sizes) > 0 and kind in {0, 1, 3, 4}:
            return VolumeKind.MGH
    return None
