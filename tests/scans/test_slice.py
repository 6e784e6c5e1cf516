"""One slice, and how a person would see it."""

from dataclasses import FrozenInstanceError

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alzer.scans.slice import Slice

FINITE = st.floats(-1e6, 1e6, width=32)


def scan_of(values: list[float], display_range: tuple[float, float]) -> Slice:
    return Slice(np.array([values], np.float32), "phantom", display_range)


def test_a_scan_knows_its_rows_and_columns() -> None:
    assert Slice(np.zeros((3, 5), np.float32), "phantom", (0.0, 1.0)).shape == (3, 5)


def test_eight_bits_are_shown_exactly_as_they_are() -> None:
    levels = np.arange(256, dtype=np.float32).reshape(16, 16)

    grey = Slice(levels, "PNG", (0.0, 255.0)).as_grey()

    assert grey.dtype == np.uint8
    assert (grey == levels).all()


def test_the_ends_of_the_display_range_are_black_and_white() -> None:
    grey = scan_of([-50.0, 100.0, 600.0, 1100.0, 9000.0], (100.0, 1100.0)).as_grey()

    assert grey.tolist() == [[0, 0, 128, 255, 255]]


@given(st.lists(FINITE, min_size=2, max_size=20), FINITE, FINITE)
def test_brighter_pixels_never_look_darker(
    values: list[float], one_end: float, other_end: float
) -> None:
    ends = (min(one_end, other_end), max(one_end, other_end))

    grey = scan_of(sorted(values), ends).as_grey().astype(int)

    assert (np.diff(grey) >= 0).all()


def test_a_range_of_no_width_divides_black_from_white() -> None:
    assert scan_of([6.0, 7.0, 8.0], (7.0, 7.0)).as_grey().tolist() == [[0, 0, 255]]


def test_nothing_of_a_scan_can_be_exchanged() -> None:
    scan = scan_of([1.0], (0.0, 1.0))

    with pytest.raises(FrozenInstanceError):
        scan.format = "JPEG"  # type: ignore[misc]  # the point of this test
