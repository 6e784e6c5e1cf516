"""How large an image may be, by its header: before any pixel is decoded."""

import math
import struct
from collections.abc import Iterable, Iterator
from typing import Final

from alzer.errors import TooManyBytes, TooManyPixels
from alzer.settings import Limits

# How compressed frames begin: JPEG (also lossless, also JPEG-LS), and JPEG 2000.
JPEG_START: Final = b"\xff\xd8"
JPEG_2000_START: Final = b"\xff\x4f\xff\x51"

# Start of frame of JPEG-LS (T.87), and of all of them (T.81, table B.1).
JPEG_LS: Final = 0xF7
_FRAME_MARKERS: Final = frozenset({*range(0xC0, 0xD0), JPEG_LS}) - {0xC4, 0xC8, 0xCC}
_BARE_MARKERS: Final = frozenset({0x01, *range(0xD0, 0xD9), 0xFF})

# Lengths beyond these are mistakes of the file; more digits of them say nothing.
_ABSURD_MM: Final = 10_000.0
_TINY_MM: Final = 0.01

# Of each pixel that an image may have, what decoding one may hold; a little is allowed
# in any case. Grey of 16 bits, in whatever format, takes up to this; deeper colours may
# have fewer pixels.
_MOST_BYTES_PER_PIXEL: Final = 6
_LITTLE_BYTES: Final = 16 * 2**20


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
            f"{most / 2**20:g} MiB; send one scan of a head, without anything else."
        )
        raise TooManyBytes(message)


def check_together(sizes: Iterable[int], limits: Limits) -> None:
    """Refuse a scan whose files are too many, or too large together.

    Args:
        sizes: Bytes of each file.
        limits: How many and how large they may be.

    Raises:
        TooManyBytes: They are more or larger.
    """
    files, total = 0, 0
    for size in sizes:
        files, total = files + 1, total + size
    if files > limits.max_files:
        message = (
            f"These are {files} files, over the limit of {limits.max_files}; send "
            "those of one series."
        )
        raise TooManyBytes(message)
    if total > limits.max_scan_bytes:
        message = (
            f"The files have {total / 2**20:.0f} MiB together, over the limit of "
            f"{limits.max_scan_bytes / 2**20:g} MiB; send those of one series."
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
            f"{limits.max_voxels / 1e6:g} million; send a scan of a head with fewer, "
            "or export it again if that is not its size."
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
    most_bytes = max(limits.max_pixels * _MOST_BYTES_PER_PIXEL, _LITTLE_BYTES)
    most_bytes = min(limits.max_decoded_bytes, most_bytes)
    if needed_bytes > most_bytes:
        message = (
            f"Decoding the image takes {needed_bytes / 2**20:.0f} MiB, over the limit "
            f"of {most_bytes / 2**20:.0f} MiB; send a smaller one."
        )
        raise TooManyPixels(message)


def compressed_sizes(frame: bytes) -> Iterator[tuple[int, int]]:
    """Return the sizes that a compressed frame of DICOM declares itself.

    Decoders allocate by these, whatever the data set says.

    Args:
        frame: Its bytes, from the first on.

    Yields:
        Rows and columns.

    Source:
        ISO/IEC 15444-1 A.5.1: the size follows the codestream's start at once. ITU-T
        T.81 B.2.2 and T.87 C.2.2: it is in the first frame header.
    """
    if frame.startswith(JPEG_START):
        place = _find_frame_header(frame)
        if place is not None and place + 9 <= len(frame):
            rows, columns = struct.unpack_from(">HH", frame, place + 5)
            yield rows, columns
        return
    # In a JP2 file, boxes come before the codestream, and any of them may look like
    # one; the codestream itself can't.
    place = frame.find(JPEG_2000_START)
    while 0 <= place <= len(frame) - 16:
        columns, rows = struct.unpack_from(">LL", frame, place + 8)
        yield rows, columns
        place = frame.find(JPEG_2000_START, place + 4) if place else -1


def jpeg_process(image: bytes) -> tuple[int, int] | None:
    """Return how a JPEG image is compressed, by its frame header.

    Args:
        image: Its bytes, from the first on.

    Returns:
        Second byte of the frame marker (T.81, table B.1), and bits of a value; None
        if there is no frame header.
    """
    place = _find_frame_header(image) if image.startswith(JPEG_START) else None
    return None if place is None else (image[place + 1], image[place + 4])


def _find_frame_header(frame: bytes) -> int | None:
    """Walk from segment to segment to the frame header, past any thumbnail.

    Source: ITU-T T.81 B.1.1.
    """
    place = len(JPEG_START)
    while place + 4 < len(frame):
        if frame[place] != 0xFF:
            return None
        kind = frame[place + 1]
        if kind in _FRAME_MARKERS:
            return place
        if kind in _BARE_MARKERS:  # fill bytes, and markers without a length
            place += 1 if kind == 0xFF else 2
            continue
        (length,) = struct.unpack_from(">H", frame, place + 2)
        place += 2 + length
    return None


def times(shape: tuple[int, ...]) -> str:
    """Write a size as people do, such as 104 x 88."""
    return " x ".join(map(str, shape))


def in_mm(lengths_mm: Iterable[float]) -> str:
    """Write lengths as people do, such as 0.9 x 1.25 x 180, whatever a file says."""
    return " x ".join(map(_length, lengths_mm))


def _length(length_mm: float) -> str:
    if not length_mm < _ABSURD_MM:
        return f"more than {_ABSURD_MM:g}"
    if 0.0 < length_mm < _TINY_MM:
        return f"less than {_TINY_MM:g}"
    return f"{length_mm:.0f}" if length_mm >= 100.0 else f"{length_mm:.3g}"
