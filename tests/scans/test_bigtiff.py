"""BigTIFF of big-endian order."""

import struct

import numpy as np
import pytest

from alzer.errors import DamagedFile
from alzer.scans.bigtiff import to_classic
from alzer.scans.formats import read_slice
from phantoms import draw_brain
from tiffs import TiffKind, as_tiff

BRAIN = (draw_brain((52, 44)) * 4095).astype(np.uint16)
FILE = as_tiff(BRAIN, kind=TiffKind(">", big=True))


def test_it_becomes_the_same_picture_as_a_tiff_file() -> None:
    content = to_classic(FILE)

    assert content.startswith(b"MM\0*")
    assert (read_slice(content).pixels == BRAIN).all()


def test_several_pages_stay_several() -> None:
    content = to_classic(as_tiff(BRAIN, BRAIN, kind=TiffKind(">", big=True)))
    (first,) = struct.unpack_from(">L", content, 4)
    (entries,) = struct.unpack_from(">H", content, first)
    (second,) = struct.unpack_from(">L", content, first + 2 + 12 * entries)

    assert 0 < second < len(content)
    assert content[second + 2 + 12 * entries :] == bytes(4)


def test_a_directory_that_leads_to_itself_ends() -> None:
    content = bytearray(FILE)
    (place,) = struct.unpack_from(">Q", content, 8)
    content[-8:] = struct.pack(">Q", place)

    assert (read_slice(bytes(content)).pixels == BRAIN).all()


@pytest.mark.parametrize("count", [2**40, 2**63])
def test_an_absurd_number_of_entries_is_damage(count: int) -> None:
    content = bytearray(FILE)
    (place,) = struct.unpack_from(">Q", content, 8)
    struct.pack_into(">Q", content, place, count)

    with pytest.raises(DamagedFile):
        read_slice(bytes(content))


def test_an_absurd_number_of_offsets_is_damage() -> None:
    content = bytearray(FILE)
    (place,) = struct.unpack_from(">Q", content, 8)
    struct.pack_into(">QQ", content, place + 12, 2**30, 16)  # in the first entry

    with pytest.raises(ValueError, match="too many offsets"):
        to_classic(bytes(content))
