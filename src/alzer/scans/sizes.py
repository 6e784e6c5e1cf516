"""How large an image may be, by its header: before any pixel is decoded."""

import math
import struct
from collections.abc import Iterator

from alzer.errors import TooManyBytes, TooManyPixels
from alzer.settings import Limits


def check_bytes(size: int, most: int) -> None:
    """Refuse a file that is too large.

    Args:
        size: Its bytes.
        most: How many there may be.

    Raises:
        TooManyBytes: There are more.
    """
    if size > most:
        message = (
            f"The file has {size / 2**20:.1f} MiB, over the limit of "
            f"{most / 2**20:g} MiB; send one slice."
        )
        raise TooManyBytes(message)


def check_pixels(shape: tuple[int, ...], limits: Limits) -> None:
    """Refuse one image that is too large.

    Args:
        shape: Its size as the file declares it, such as (row, column).
        limits: How large it may be.

    Raises:
        TooManyPixels: It is larger.
    """
    if math.prod(shape) > limits.max_pixels:
        message = (
            f"The image has {times(shape)} pixels, over the limit of "
            f"{limits.max_pixels / 1e6:g} million; send a smaller one."
        )
        raise TooManyPixels(message)


def check_voxels(shape: tuple[int, ...], limits: Limits) -> None:
    """Refuse a file whose images together are too large.

    Args:
        shape: Their size as the file declares it, in any order of axes.
        limits: How large they may be.

    Raises:
        TooManyPixels: They are larger.
    """
    if math.prod(shape) > limits.max_voxels:
        message = (
            f"The file declares {times(shape)} voxels, over the limit of "
            f"{limits.max_voxels / 1e6:g} million; send one slice."
        )
        raise TooManyPixels(message)


def check_memory(needed_bytes: int, limits: Limits) -> None:
    """Refuse a file whose decoding would take too much.

    Args:
        needed_bytes: What it takes, by the file's header.
        limits: How much it may be.

    Raises:
        TooManyPixels: It is more.
    """
    if needed_bytes > limits.max_decoded_bytes:
        message = (
            f"Decoding the image takes {needed_bytes / 2**20:.0f} MiB, over the limit "
            f"of {limits.max_decoded_bytes / 2**20:g} MiB; send a smaller one."
        )
        raise TooManyPixels(message)


def compressed_sizes(head: bytes) -> Iterator[tuple[int, int]]:
    """Give the sizes that compressed pixels of DICOM declare themselves.

    Decoders allocate by these, whatever the data set says.

    Args:
        head: The first of the compressed bytes.

    Yields:
        Rows and columns.
    """
    # ISO/IEC 15444-1 A.5.1: SOC, then SIZ with its length, capabilities, size.
    place = head.find(b"\xff\x4f\xff\x51")
    if 0 <= place <= len(head) - 16:
        columns, rows = struct.unpack_from(">LL", head, place + 8)
        yield rows, columns
    # ITU-T T.81 B.2.2 and T.87 C.2.2: start of frame, length, precision, size.
    for marker in (*range(0xC0, 0xC4), *range(0xC5, 0xC8), 0xF7):
        place = head.find(bytes((0xFF, marker)))
        if 0 <= place <= len(head) - 9 and head.find(b"\xff\xd8") >= 0:
            rows, columns = struct.unpack_from(">HH", head, place + 5)
            yield rows, columns


def times(shape: tuple[int, ...]) -> str:
    """Write a size as people do, such as 104 x 88."""
    return " x ".join(map(str, shape))
