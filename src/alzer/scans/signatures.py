"""The signatures by which files of each format are known, whatever their names."""

import struct
from enum import Enum, auto

_PICTURES = (
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
    # BigTIFF: version 43, then the width of its offsets, 8.
    (b"II+\0\x08\0", "TIFF"),
    (b"MM\0+\0\x08", "TIFF"),
    (b"BM", "BMP"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
)

_NO_CHARACTER = "\ufffd".encode()

# The same marks after line ends were converted, the eighth bit was dropped, or bytes
# were written as characters (of Latin 1, or the one that stands for no character).
_ALTERED = (
    *((mark + b"PNG", "PNG") for mark in (b"\x89", b"\t", b"\xc2\x89")),
    *((_NO_CHARACTER + b"PNG", "PNG"), (b"?PNG", "PNG")),
    *((b"\xc3\xbf\xc3\x98\xc3\xbf", "JPEG"), (3 * _NO_CHARACTER, "JPEG")),
    *((b"\x1f\xc2\x8b\x08", "gzip"), (b"\x1f" + _NO_CHARACTER + b"\x08", "gzip")),
)

# A byte order mark that a program put before a file which it took for text.
BYTE_ORDER_MARK = b"\xef\xbb\xbf"

# Either byte order, by the first field of the header: its size.
_ORDERS = {struct.pack("<l", 348): "<", struct.pack(">l", 348): ">"}

# Bits of a voxel by the header's code of its type, in NIfTI-1 and Analyze 7.5.
# Source: nifti1.h, field datatype.
_VOXEL_BITS = {1: 1, 2: 8, 4: 16, 8: 32, 16: 32, 32: 64, 64: 64, 128: 24, 256: 8}
_VOXEL_BITS |= {512: 16, 768: 32, 1024: 64, 1280: 64, 1536: 128, 2304: 32}


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
        PNG, JPEG, TIFF, BMP, WebP or GIF; None for anything else.
    """
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return "WebP"
    return next((name for mark, name in _PICTURES if data.startswith(mark)), None)


def altered_format(data: bytes) -> str | None:
    """Name the format of a file that a transfer has changed as if it were text.

    PNG's mark is made to show this: its first byte is no ASCII, and it holds both
    kinds of line end (PNG, third edition, section 5.2).

    Args:
        data: The file.

    Returns:
        PNG, JPEG or gzip; None for anything else.
    """
    return next((name for mark, name in _ALTERED if data.startswith(mark)), None)


def has_dicom_prefix(data: bytes) -> bool:
    """Return whether a file begins as DICOM files do, behind 128 free bytes.

    Source: PS3.10 section 7.1.

    Args:
        data: The file.

    Returns:
        Whether the prefix stands where it should.
    """
    return data[128:132] == b"DICM"


def volume_kind(head: bytes) -> VolumeKind | None:
    """Recognise NIfTI, alone or the header of a pair, Analyze 7.5 and MGH.

    Args:
        head: The file's first bytes, unpacked.

    Returns:
        Which of them it is, if any.
    """
    if head[344:348] in {b"n+1\0", b"ni1\0"} or _is_unmarked_header(head):
        return VolumeKind.NIFTI1
    if head[4:8] in {b"n+2\0", b"ni2\0"}:
        return VolumeKind.NIFTI2
    if len(head) >= 284:
        version, *sizes, kind = struct.unpack_from(">6l", head)
        if version == 1 and min(sizes) > 0 and 0 <= kind <= 10:
            return VolumeKind.MGH
    return None


def _is_unmarked_header(head: bytes) -> bool:
    """Check whether a header is Analyze 7.5's, or NIfTI-1's whose mark is lost."""
    order = _ORDERS.get(head[:4])
    if len(head) < 348 or order is None:
        return False
    count, rows, columns = struct.unpack_from(f"{order}3h", head, 40)
    voxel, bits = struct.unpack_from(f"{order}2h", head, 70)
    has_plane = 2 <= count <= 7 and min(rows, columns) > 0
    return bool(has_plane and _VOXEL_BITS.get(voxel) == bits)
