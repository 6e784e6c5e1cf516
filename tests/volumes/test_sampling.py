"""Smoothing and interpolation of voxels."""

import numpy as np
import pytest

from alzer.volumes.sampling import (
    Interpolator,
    antialiasing_sigmas,
    blur,
    grid_points,
    transform_points,
)


def test_voxel_centres_keep_their_values() -> None:
    voxels = np.random.default_rng(0).random((3, 4, 5)).astype(np.float32)
    read = Interpolator.of(voxels).at(grid_points((3, 4, 5)))

    assert np.array_equal(read.reshape(3, 4, 5), voxels)


def test_a_ramp_is_read_exactly_between_voxels() -> None:
    i, j, k = np.indices((6, 7, 8), np.float32)
    points = np.random.default_rng(1).uniform(0.0, 5.0, (3, 50))
    read = Interpolator.of(2.0 * i - j + 3.0 * k).at(points)

    assert read == pytest.approx(2 * points[0] - points[1] + 3 * points[2], abs=1e-4)


def test_outside_of_the_grid_is_zero() -> None:
    inside = Interpolator.of(np.ones((2, 2, 2), np.float32))
    points = np.array([[-5.0, 0.5, -0.5], [0.5, 9.0, 0.5], [0.5, 0.5, 0.5]])

    assert inside.at(points).tolist() == [0.0, 0.0, 0.5]


def test_a_blur_keeps_the_sum_and_widens_by_its_deviation() -> None:
    voxels = np.zeros((21, 21, 21), np.float32)
    voxels[10, 10, 10] = 1.0
    smooth = blur(voxels, np.array([2.0, 0.0, 1.0]))
    offsets = np.arange(21) - 10.0
    variance = smooth.sum(axis=(1, 2)) @ offsets**2

    assert smooth.sum() == pytest.approx(1.0, abs=1e-5)
    assert variance == pytest.approx(4.0, rel=0.03)
    assert np.count_nonzero(smooth.sum(axis=(0, 2))) == 1


def test_only_coarser_samples_are_blurred() -> None:
    sigmas = antialiasing_sigmas(np.array([0.5, 1.0, 2.0]))

    assert sigmas[:2].tolist() == [0.0, 0.0]
    assert sigmas[2] > 0.5


def test_points_move_by_matrix_and_shift() -> None:
    matrix = np.diag([2.0, 3.0, 4.0, 1.0])
    matrix[:3, 3] = [1.0, 1.0, 1.0]

    assert transform_points(matrix, np.ones((3, 1))).ravel().tolist() == [3, 4, 5]
