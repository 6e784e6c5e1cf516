"""Lookup tables."""

import numpy as np
import pytest
from pydicom.dataset import Dataset

from alzer.scans.dicom.tables import LookupTable, read_table
from phantoms import set_raw

NAMES = ("LUTDescriptor", "LUTData")


def table_of(descriptor: tuple[int, int, int], data: bytes) -> LookupTable | None:
    """Return the table that an item describes in little endian."""
    item = Dataset()
    set_raw(item, "LUTDescriptor", np.array(descriptor, "<u2").tobytes(), "US")
    set_raw(item, "LUTData", data, "OW")
    return read_table(item, NAMES, is_signed=False, order="<")


def test_a_count_of_zero_stands_for_all() -> None:
    table = table_of((0, 0, 16), np.arange(2**16, dtype="<u2").tobytes())

    assert table is not None
    assert len(table.entries) == 2**16


def test_entries_of_eight_bits_are_read_packed_and_in_words() -> None:
    entries = np.arange(256)
    packed = table_of((256, 0, 8), entries.astype("u1").tobytes())
    in_words = table_of((256, 0, 8), entries.astype("<u2").tobytes())

    for table in (packed, in_words):
        assert table is not None
        assert (table.entries == entries).all()


@pytest.mark.parametrize("data", [b"", b"\1\2", bytes(90)])
def test_a_table_with_too_few_entries_is_none(data: bytes) -> None:
    assert table_of((256, 0, 16), data) is None


def test_a_table_of_words_that_is_cut_off_is_not_taken_for_one_of_bytes() -> None:
    data = np.arange(250, dtype="<u2").tobytes()

    assert table_of((256, 0, 16), data) is None


def test_an_item_without_a_table_has_none() -> None:
    assert read_table(Dataset(), NAMES, is_signed=False, order="<") is None
