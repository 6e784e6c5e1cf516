"""What a volume's file holds, unpacked: held, or if it is much, unpacked anew.

The content of a large file is gone through several times (`bands`). Unpacking it each
time takes a second, and holding it would take up to half a gigabyte.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from alzer.scans.bands import Rows
from alzer.scans.packing import GZIP, unpack, unpacked_parts

# What an image of 40 million pixels takes with 16 bits for each.
MOST_HELD_BYTES: Final = 80_000_000


@dataclass(frozen=True)
class Unpacked:
    """The content of a file.

    Attributes:
        length: Its bytes.
        read: Yields ranges of them, given from (inclusive) and to (exclusive), in
            order and without overlap.
    """

    length: int
    read: Callable[[Iterable[tuple[int, int]]], Iterator[bytes | memoryview]]

    def rows(self, first: int, voxel: np.dtype[Any], shape: tuple[int, int]) -> Rows:
        """Return an image that lies in the content row by row.

        Args:
            first: Where it begins.
            voxel: What each pixel is; of colours, with the channels as its shape.
            shape: Rows and columns.

        Returns:
            The image, as it is stored.
        """
        row_bytes = shape[1] * voxel.itemsize

        def read(wanted: Iterable[slice]) -> Iterator[NDArray[Any]]:
            ranges = (
                (first + span.start * row_bytes, first + span.stop * row_bytes)
                for span in wanted
            )
            for part in self.read(ranges):
                values = np.frombuffer(part, voxel.base)
                yield values.reshape((-1, shape[1], *voxel.shape))

        return Rows(shape, read)


def open_unpacked(
    data: bytes,
    most_bytes: int,
    needed_bytes: int,
    most_held_bytes: int = MOST_HELD_BYTES,
) -> Unpacked:
    """Unpack a file if it is gzipped, and check it as a whole.

    Args:
        data: The file.
        most_bytes: How much it may hold.
        needed_bytes: What its values take, by its header.
        most_held_bytes: Of more than this, the content is not held.

    Returns:
        Its content.

    Raises:
        DamagedFile: The packing is damaged or ends too early.
        TooManyPixels: There is more.
        TooDemanding: It is packed in an absurd number of parts.
    """
    if needed_bytes <= most_held_bytes or not data.startswith(GZIP):
        content = memoryview(unpack(data, most_bytes))
        return Unpacked(
            len(content), lambda ranges: (content[start:end] for start, end in ranges)
        )
    length = sum(map(len, unpacked_parts(data, most_bytes)))
    return Unpacked(length, lambda ranges: _read(data, most_bytes, ranges))


def _read(
    data: bytes, most_bytes: int, ranges: Iterable[tuple[int, int]]
) -> Iterator[bytes]:
    held, place = bytearray(), 0  # where in the content `held` begins
    parts = unpacked_parts(data, most_bytes)
    for start, end in ranges:
        while place + len(held) < end:
            passed = min(max(0, start - place), len(held))
            del held[:passed]
            place += passed
            held += next(parts)
        yield bytes(held[start - place : end - place])
        del held[: end - place]
        place = end
