"""From stored numbers to pixels."""

import numpy as np
import pytest

from alzer.errors import InvalidValues
from alzer.scans.bands import rows_of
from alzer.scans.values import to_pixels

GRID = np.arange(1.0, 401.0).reshape(20, 20)


def pixels_of(
    stored: np.ndarray, slope: float = 1.0
) -> tuple[np.ndarray, tuple[str, ...]]:
    pixels, notes = to_pixels(rows_of(stored), slope)
    return np.concatenate(list(pixels.bands())), notes


@pytest.mark.parametrize("strange", [np.nan, np.inf, -np.inf])
def test_what_is_no_number_becomes_background(strange: float) -> None:
    stored = GRID.copy()
    stored[0] = strange

    pixels, notes = pixels_of(stored)

    assert (pixels[0] == 0.0).all()
    assert (pixels[1:] == GRID[1:]).all()
    assert "not finite numbers (5 % of the pixels)" in notes[0]


def test_background_is_the_least_value_where_zero_is_none() -> None:
    stored = GRID - 200.0
    stored[0] = np.nan

    pixels, _ = pixels_of(stored)

    assert (pixels[0] == -179.0).all()


@pytest.mark.parametrize("padding", [-32768, -3024, 32767, 65535, 1e20])
def test_a_value_far_from_all_others_is_padding(padding: float) -> None:
    stored = GRID.copy()
    stored[:, :5] = padding

    pixels, notes = pixels_of(stored)

    assert (pixels[:, :5] == 0.0).all()
    assert (pixels[:, 5:] == GRID[:, 5:]).all()
    assert "25 % of the pixels" in notes[0]


@pytest.mark.parametrize("fills", [[-150.0], [-150.0, -100.0], [-399.0, -200.0]])
def test_few_values_below_zero_with_a_gap_are_padding(fills: list[float]) -> None:
    stored = GRID.copy()
    for column, fill in enumerate(fills):
        stored[:, column] = fill

    pixels, notes = pixels_of(stored)

    assert (pixels[:, : len(fills)] == 0.0).all()
    assert (pixels[:, len(fills) :] == GRID[:, len(fills) :]).all()
    assert len(notes) == len(fills)


def test_padding_on_both_sides_is_found() -> None:
    stored = GRID.copy()
    stored[0], stored[1] = -9999.0, 99999.0

    pixels, notes = pixels_of(stored)

    assert (pixels[:2] == 0.0).all()
    assert len(notes) == 2


@pytest.mark.parametrize(
    "stored",
    [
        GRID,
        GRID - 30.0,
        -GRID,
        50.0 - GRID,
        np.where(GRID > 390.0, -10.0, GRID),
        np.where(GRID > 390.0, 2.0 * GRID, GRID),
        np.where(GRID > 200.0, 1.0, 0.0),
        np.where(GRID > 200.0, 1.0, -1.0),
    ],
    ids=[
        "plain",
        "ringing",
        "negative",
        "mostly negative",
        "a little below zero",
        "bright vessel",
        "mask",
        "two levels",
    ],
)
def test_measured_values_stay_as_they_are(stored: np.ndarray) -> None:
    pixels, notes = pixels_of(stored)

    assert (pixels == stored).all()
    assert not notes


def test_a_file_without_a_number_is_refused() -> None:
    with pytest.raises(InvalidValues, match="no value"):
        pixels_of(np.full((4, 4), np.nan))


def test_large_values_that_differ_little_are_told_apart() -> None:
    stored = GRID.astype(np.int64) + 10**12

    pixels, notes = pixels_of(stored)

    assert (pixels == GRID - 1.0).all()
    assert "counted from the least" in notes[0]


def test_scaling_beyond_float32_is_left_out() -> None:
    pixels, notes = pixels_of(GRID, slope=1e38)

    assert (pixels == GRID).all()
    assert "unscaled" in notes[0]


@pytest.mark.parametrize("size", [1e-300, 1e-43])
def test_values_too_small_for_float32_are_enlarged(size: float) -> None:
    pixels, notes = pixels_of(GRID * size)

    assert pixels / pixels.max() == pytest.approx(GRID / 400.0)
    assert "enlarged" in notes[0]


def test_values_beyond_float32_are_brought_within() -> None:
    pixels, _ = pixels_of(GRID * 1e300)

    assert pixels / pixels.max() == pytest.approx(GRID / 400.0)
