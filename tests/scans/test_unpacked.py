"""Values of files that are unpacked once, or anew each time."""

import gzip

import numpy as np
import pytest

from alzer.errors import DamagedFile, TooManyPixels
from alzer.scans.bands import spans
from alzer.scans.unpacked import Unpacked, open_unpacked

# 12 MB: more than is unpacked at a time, in several bands.
VALUES = np.arange(6_000_000, dtype=">u2").reshape(1000, -1)
BEGIN = 1_500_000
CONTENT = bytes(BEGIN) + VALUES.tobytes() + b"more"
PACKED = gzip.compress(CONTENT, 1)


def opened(most_held_bytes: int, data: bytes = PACKED) -> Unpacked:
    return open_unpacked(data, len(CONTENT), VALUES.nbytes, most_held_bytes)


@pytest.mark.parametrize("most_held_bytes", [0, 2**30], ids=["anew", "held"])
def test_rows_are_read_as_often_as_needed(most_held_bytes: int) -> None:
    content = opened(most_held_bytes)
    rows = content.rows(BEGIN, VALUES.dtype, VALUES.shape)

    assert content.length == len(CONTENT)
    for _ in range(2):
        assert (np.concatenate(list(rows.bands())) == VALUES).all()


@pytest.mark.parametrize("most_held_bytes", [0, 2**30], ids=["anew", "held"])
def test_rows_may_be_left_out(most_held_bytes: int) -> None:
    rows = opened(most_held_bytes).rows(BEGIN, VALUES.dtype, VALUES.shape)
    wanted = [*spans(VALUES.shape, 3, 500), slice(900, 901)]

    assert all(
        (band == VALUES[span]).all()
        for span, band in zip(wanted, rows.read(wanted), strict=True)
    )


def test_what_is_not_held_is_checked_as_a_whole() -> None:
    damaged = PACKED[:-8] + b"checksum"

    with pytest.raises(DamagedFile):
        opened(0, damaged)
    with pytest.raises(TooManyPixels):
        open_unpacked(PACKED, len(CONTENT) - 1, VALUES.nbytes, 0)
