"""Large slices get fewer pixels, and keep their values and their place."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alzer.scans.bands import BAND_VALUES, rows_of
from alzer.scans.reduction import MOST_PIXELS, reduce_slice, reduction_for
from alzer.scans.slice import Slice

SIDES = st.integers(1, 40_000)


def scan_of(pixels: np.ndarray) -> Slice:
    return Slice(pixels.astype(np.float32), "DICOM", (0.0, 9.0), (0.5, 0.5))


@given(SIDES, SIDES, st.integers(1, 5_000_000))
def test_whatever_the_shape_there_are_few_pixels_and_at_least_one(
    rows: int, columns: int, most: int
) -> None:
    reduction = reduction_for((rows, columns), most)

    assert 1 <= math.prod(reduction.shape) <= most
    for first, count, factor, length in zip(
        reduction.first, reduction.shape, reduction.factors, (rows, columns),
        strict=True,
    ):  # fmt: skip
        left_over = length - count * factor
        assert 0 <= first <= left_over < factor


@pytest.mark.parametrize("shape", [(208, 176), (1448, 1448), (32, 65536)])
def test_what_is_small_enough_stays_as_it_is(shape: tuple[int, int]) -> None:
    scan = scan_of(np.zeros(shape))

    assert reduce_slice(scan) is scan


def test_pixels_of_a_large_slice_are_means_of_square_blocks() -> None:
    pixels = np.arange(24).reshape(4, 6)
    scan = reduce_slice(scan_of(pixels), 6)

    assert scan.pixels.tolist() == [[3.5, 5.5, 7.5], [15.5, 17.5, 19.5]]
    assert scan.pixels.dtype == np.float32
    assert scan.spacing_mm == (1.0, 1.0)
    assert scan.notes == (
        "Analysed with 2 x 3 pixels, each the mean of 2 x 2 of the file's.",
    )


@pytest.mark.parametrize("shape", [(7, BAND_VALUES), (1000, 1001), (3, 5)])
def test_means_are_the_same_band_by_band(shape: tuple[int, int]) -> None:
    pixels = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    reduction = reduction_for(shape, 100_000)

    assert (reduction.means_by_band(rows_of(pixels)) == reduction.means(pixels)).all()


@given(st.integers(5, 60), st.integers(5, 60), st.integers(4, 25))
def test_each_block_lies_where_its_pixels_lay(
    rows: int, columns: int, most: int
) -> None:
    row, column = np.indices((rows, columns)).astype(np.float32)
    reduction = reduction_for((rows, columns), most)
    places = np.indices(reduction.shape).reshape(2, -1)
    there = reduction.to_file @ np.vstack([places, np.zeros_like(places[:1]),
                                           np.ones_like(places[:1])])  # fmt: skip

    assert np.allclose(reduction.means(row).ravel(), there[0], atol=1e-4)
    assert np.allclose(reduction.means(column).ravel(), there[1], atol=1e-4)
    assert (there[2] == 0.0).all()


def test_the_mirror_image_has_the_mirrored_pixels_exactly() -> None:
    pixels = np.random.default_rng(0).integers(0, 65536, (64, 52))
    scan, mirrored = (
        reduce_slice(scan_of(each), 100) for each in (pixels, pixels[:, ::-1])
    )

    assert scan.shape == (10, 8)
    assert (scan.pixels == mirrored.pixels[:, ::-1]).all()


def test_each_block_stays_at_its_place_in_the_patient() -> None:
    affine = np.array([[0.0, -0.5, 0.1, 80.0], [-0.7, 0.0, 0.2, 90.0],
                       [0.1, 0.0, 3.0, 7.0], [0.0, 0.0, 0.0, 1.0]])  # fmt: skip
    scan = replace(scan_of(np.zeros((6, 8))), affine=affine)
    reduced = reduce_slice(scan, 12)
    corners = affine @ np.array([[0, 1], [0, 1], [0, 0], [1, 1]])  # of the first block

    assert reduced.shape == (3, 4)
    assert reduced.affine is not None
    assert np.allclose(reduced.affine @ [0, 0, 0, 1], corners.mean(axis=1))
    assert np.allclose(reduced.affine[:, :2], 2.0 * affine[:, :2])
    assert np.allclose(reduced.affine[:, 2], affine[:, 2])


@pytest.mark.parametrize(
    ("spacing_mm", "factor"),
    [(None, 1), ((1.0, 1.0), 1), ((4.0, 1.0), 2), ((1.0, 4.0), 2), ((9.0, 1.0), 1)],
)
def test_pixels_that_are_not_square_count_as_those_that_show_them(
    spacing_mm: tuple[float, float] | None, factor: int
) -> None:
    scan = replace(scan_of(np.zeros((40, 40))), spacing_mm=spacing_mm)

    assert reduce_slice(scan, 1600).shape == (40 // factor, 40 // factor)


def test_no_distance_is_made_up() -> None:
    scan = Slice(np.zeros((9, 9), np.float32), "PNG", (0.0, 1.0))

    assert reduce_slice(scan, 20).spacing_mm is None
    assert reduce_slice(scan, 20).affine is None


def test_the_limit_leaves_more_than_a_network_or_a_person_sees() -> None:
    assert math.isqrt(MOST_PIXELS) > 1024
