"""Readers give a scan or a refusal, whatever bytes they get."""

import contextlib
import random

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alzer.errors import UnusableScan
from alzer.scans.formats import read_slice
from alzer.scans.slice import Slice
from alzer.settings import Limits
from hostile.formats import FORMATS
from phantoms import as_picture, draw_brain

MUTATIONS = 2000
LIMITS = Limits(2**20, 10**6, 2**22, 2**24)

# Values that headers trip over.
_ODD = (b"\0", b"\xff", b"\x7f", b"\x80", b"\xff\xff\xff\xff", b"\0\0\0\0", b"\x01")


def mutate(content: bytes, dice: random.Random) -> bytes:
    """Change a few places of a file, more often near its head."""
    changed = bytearray(content)
    for _ in range(dice.choice((1, 1, 2, 3, 8))):
        end = len(changed) if dice.random() < 0.5 else min(len(changed), 700)
        place = dice.randrange(max(1, end))
        match dice.randrange(6):
            case 0:
                changed[place : place + 1] = dice.randbytes(1)
            case 1:
                odd = dice.choice(_ODD)
                changed[place : place + len(odd)] = odd
            case 2:
                del changed[place : place + dice.randrange(1, 40)]
            case 3:
                changed[place:place] = dice.randbytes(dice.randrange(1, 40))
            case 4:
                changed[place:place] = changed[place : place + dice.randrange(1, 200)]
            case _:
                del changed[dice.randrange(len(changed) + 1) :]
        if not changed:
            break
    return bytes(changed)


def read(content: bytes) -> Slice | None:
    """Read what may be anything; only a refusal may come instead of a scan."""
    with contextlib.suppress(UnusableScan):
        return read_slice(content, LIMITS)
    return None


@pytest.mark.filterwarnings("ignore")  # decoders warn of what they are given
@pytest.mark.parametrize("name", FORMATS)
def test_a_changed_file_is_read_or_refused(name: str) -> None:
    dice = random.Random(name)  # noqa: S311 - a seed per format
    scans = [read(mutate(FORMATS[name], dice)) for _ in range(MUTATIONS)]

    read_ones = [each for each in scans if each is not None]
    assert len(read_ones) < MUTATIONS
    for each in read_ones:
        assert each.pixels.ndim == 2
        assert each.pixels.size <= LIMITS.max_pixels
        assert np.isfinite(each.pixels).all()
        assert np.isfinite((*each.display_range, *(each.spacing_mm or ()))).all()
        assert each.as_grey().dtype == np.uint8


@pytest.mark.filterwarnings("ignore")  # as above
@settings(max_examples=500, suppress_health_check=list(HealthCheck))
@given(st.sampled_from(sorted(FORMATS)), st.binary(max_size=600), st.integers(0, 700))
def test_any_bytes_behind_a_right_mark_are_read_or_refused(
    name: str, content: bytes, kept: int
) -> None:
    scan = read(FORMATS[name][:kept] + content)

    assert scan is None or np.isfinite(scan.pixels).all()


# One change of a file: where, how many bytes go, and what comes in their place.
EDIT = st.tuples(
    st.integers(0, 6000),
    st.integers(0, 40),
    st.sampled_from(_ODD) | st.binary(max_size=40),
)


@pytest.mark.filterwarnings("ignore")  # as above
@settings(max_examples=1000, suppress_health_check=list(HealthCheck))
@given(st.sampled_from(sorted(FORMATS)), st.lists(EDIT, min_size=1, max_size=5))
def test_a_file_with_few_changes_is_read_or_refused(
    name: str, edits: list[tuple[int, int, bytes]]
) -> None:
    # What fails is made simpler until the change that matters is left.
    content = bytearray(FORMATS[name])
    for place, length, instead in edits:
        content[place : place + length] = instead
    scan = read(bytes(content))

    assert scan is None or np.isfinite(scan.pixels).all()
    assert scan is None or np.isfinite(scan.display_range).all()


def test_the_mutations_change_files() -> None:
    content = as_picture(draw_brain((48, 40)), "PNG")
    dice = random.Random(0)  # noqa: S311 - as above
    changed = {mutate(content, dice) for _ in range(200)}

    assert len(changed - {content}) > 150
