"""Slices go back onto the grid that they were cut from."""

import gzip
from typing import Any

import nibabel as nib
import numpy as np
import pytest

from alzer.explain.volume_evidence import cell_size_mm, encode_nifti, to_scan_grid
from slabs import read_nifti

SLICES = np.arange(3 * 5 * 4, dtype=np.float32).reshape(3, 5, 4) + 1.0


def test_on_the_slices_own_grid_nothing_changes() -> None:
    exchanged = np.eye(4)[[2, 1, 0, 3]]

    assert (to_scan_grid(SLICES, np.eye(4), (3, 5, 4)) == SLICES).all()
    assert (
        to_scan_grid(SLICES, exchanged, (4, 5, 3)) == SLICES.transpose(2, 1, 0)
    ).all()


def test_between_slices_values_change_linearly_and_end_half_a_step_beyond() -> None:
    finer = np.diag([4.0, 1.0, 1.0, 1.0])
    finer[0, 3] = 8.0

    found = to_scan_grid(SLICES, finer, (30, 5, 4))

    steps = (np.arange(30) - 8.0) / 4.0
    inside = (steps >= -0.5) & (steps <= 2.5)
    expected = 1.0 + 20.0 * np.clip(steps, 0.0, 2.0)
    assert found[inside, 0, 0] == pytest.approx(expected[inside], abs=1e-4)
    assert (found[~inside] == 0.0).all()


def test_slices_that_reach_beyond_the_scan_are_cut_off() -> None:
    shifted = np.eye(4)
    shifted[:3, 3] = (-1.0, 2.0, 1.0)

    found = to_scan_grid(SLICES, shifted, (3, 5, 3))

    assert (found[:2, 2:, 1:] == SLICES[1:, :3, :2]).all()
    assert (found[2] == 0.0).all()
    assert (found[:, :2] == 0.0).all()


def test_slices_beside_the_scan_leave_it_empty() -> None:
    far = np.eye(4)
    far[0, 3] = 100.0

    assert not to_scan_grid(SLICES, far, (10, 10, 10)).any()


def test_a_smooth_field_comes_back_from_slices_that_lie_obliquely() -> None:
    slices = np.indices((30, 40, 40), np.float32).sum(axis=0)
    turn, _ = np.linalg.qr(np.random.default_rng(3).normal(size=(3, 3)))
    to_voxels = np.eye(4)
    to_voxels[:3, :3] = 0.8 * turn
    to_voxels[:3, 3] = (25.0, 25.0, 25.0) - to_voxels[:3, :3] @ (15.0, 20.0, 20.0)

    found = to_scan_grid(slices, to_voxels, (50, 50, 50))

    voxels = np.indices((50, 50, 50)).reshape(3, -1)
    places = np.linalg.inv(to_voxels) @ np.vstack([voxels, np.ones(voxels.shape[1])])
    last = np.array([[29.0], [39.0], [39.0]])
    inside = ((places[:3] >= -0.5) & (places[:3] <= last + 0.5)).all(axis=0)
    expected = np.where(inside, np.clip(places[:3], 0.0, last).sum(axis=0), 0.0)
    assert 0.1 < inside.mean() < 0.5
    assert found.ravel() == pytest.approx(expected, abs=1e-3)


def test_a_cell_has_the_size_that_it_has_on_the_scan() -> None:
    to_voxels = np.diag([2.0, 0.5, 1.0, 1.0])
    affine = np.diag([1.5, 2.0, 3.0, 1.0])

    assert cell_size_mm((16.0, 10.0), to_voxels, affine) == pytest.approx((16, 30, 3))


@pytest.mark.parametrize("kind", [np.float32, np.uint8])
def test_a_file_holds_its_voxels_where_they_lie(
    kind: type[np.float32] | type[np.uint8],
) -> None:
    values: Any = np.asarray(np.arange(24).reshape(2, 3, 4), kind)
    affine = np.array([[0, -2, 0, 5], [1.5, 0, 0.2, 6], [0, 0, 3, 7], [0, 0, 0, 1.0]])

    content = encode_nifti(values, affine, "What it is " * 20)

    voxels, placed, header = read_nifti(content)
    assert (voxels == values).all()
    assert voxels.dtype == kind
    assert placed == pytest.approx(affine, abs=1e-5)
    assert header.get_zooms() == pytest.approx(np.linalg.norm(affine[:3, :3], axis=0))
    assert header["descrip"].item().decode() == ("What it is " * 20)[:79]


def test_greys_stand_for_the_values_of_their_window() -> None:
    greys = np.arange(0, 256, 17, dtype=np.uint8).reshape(4, 2, 2)

    content = encode_nifti(greys, np.eye(4), "Greys", (-50.0, 460.0))

    image: Any = nib.Nifti1Image.from_bytes(gzip.decompress(content))
    assert image.get_fdata() == pytest.approx(greys * 2.0 - 50.0, abs=1e-3)
    assert (image.header["cal_min"], image.header["cal_max"]) == (-50.0, 460.0)
    assert image.get_data_dtype() == np.uint8
