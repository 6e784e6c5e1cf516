"""Lookup tables: values of another unit, or colours, for stored values."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from alzer.scans.dicom.elements import numbers, raw_value

# An entry count of 0 stands for this one, which does not fit 16 bits.
_FULL_COUNT = 2**16


@dataclass(frozen=True)
class LookupTable:
    """One value for each of a range of stored values.

    Attributes:
        first: The stored value that the first entry belongs to; lower ones get the
            first entry too, and those above the range the last one.
        entries: uint8 or uint16, shape (entry,).
        bits: Bits of each entry that are used.

    Source:
        PS3.3 C.11.1.1 and C.7.6.3.1.5.
    """

    first: int
    entries: NDArray[np.uint16]
    bits: int

    def apply(self, stored: NDArray[np.float32]) -> NDArray[np.float32]:
        """Look up values of any shape."""
        last = len(self.entries) - 1
        places = np.clip(stored - np.float32(self.first), 0, last).astype(np.intp)
        return np.asarray(self.entries[places], np.float32)


def read_table(
    item: Dataset, names: tuple[str, str], *, is_signed: bool, order: str
) -> LookupTable | None:
    """Read a lookup table.

    Args:
        item: What holds it.
        names: Keywords of its descriptor and of its data.
        is_signed: Whether the values that are looked up have a sign.
        order: Byte order of its data, `<` or `>`.

    Returns:
        The table; None if it is absent or has fewer entries than it declares.
    """
    descriptor, data = numbers(item, names[0]), raw_value(item, names[1])
    if len(descriptor) < 3 or data is None:
        return None
    count = int(descriptor[0]) or _FULL_COUNT
    first, bits = int(descriptor[1]), int(descriptor[2])
    if is_signed and first >= _FULL_COUNT // 2:
        first -= _FULL_COUNT
    # Entries of eight bits are packed by some, and one to a word by others. Where the
    # file says that entries have more, too few bytes are a part of the table only.
    is_packed = len(data) < 2 * count and (bits <= 8 or len(data) <= count + 1)
    kind = np.dtype("u1" if is_packed else f"{order}u2")
    if count < 2 or len(data) < count * kind.itemsize:
        return None
    entries = np.frombuffer(data, kind, count).astype(np.uint16)
    return LookupTable(first, entries, 8 if is_packed else bits)
