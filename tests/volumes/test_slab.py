"""The standard slices of drawn heads."""

import numpy as np
import pytest
from numpy.typing import NDArray

from alzer.scans.volume import Volume
from alzer.volumes.bias_field import estimate_bias_field
from alzer.volumes.registration import Registration
from alzer.volumes.sampling import grid_points, transform_points
from alzer.volumes.slab import resample_slab
from alzer.volumes.template import SLAB_SHAPE, load_template

PLACED = Registration(np.eye(4), 1.0, 0.0, 1.0)


def ramp_volume(spacing_mm: float) -> tuple[Volume, NDArray[np.bool_]]:
    """Return a volume whose values say where they are: 1000 + 2 y - x + 3 z."""
    count, planes = round(200.0 / spacing_mm), round(64.0 / spacing_mm)
    affine = np.diag([spacing_mm, -spacing_mm, spacing_mm, 1.0])
    affine[:3, 3] = [-100.0, 100.0, -12.0]
    shape = (count, count, planes)
    x, y, z = transform_points(affine, grid_points(shape))
    values = (1000.0 + 2.0 * y - x + 3.0 * z).astype(np.float32)
    mask = np.zeros(shape, bool)
    mask[2:-2, 2:-2, 2:-2] = True
    return Volume(values.reshape(shape) * mask, affine, "drawn"), mask


@pytest.mark.parametrize("spacing_mm", [0.9, 2.0])
def test_each_pixel_comes_from_where_the_way_back_says(spacing_mm: float) -> None:
    volume, mask = ramp_volume(spacing_mm)
    slab, field = (
        resample_slab(volume, mask, PLACED),
        estimate_bias_field(volume, mask, PLACED),
    )
    rows, columns = (along.ravel() for along in np.mgrid[50:160:10, 40:140:10])

    assert slab.slices.shape == SLAB_SHAPE
    for index in (0, 13, 31):
        pixels = np.array([np.full_like(rows, index), rows, columns])
        places = transform_points(volume.affine @ slab.to_scan_voxels, pixels)
        x, y, z = places
        expected = (1000.0 + 2.0 * y - x + 3.0 * z) / field.at(places)
        # Each slice is stretched by itself.
        assert np.corrcoef(slab.slices[tuple(pixels)], expected)[0, 1] > 0.99999


def test_slices_are_stretched_to_white_and_empty_outside_of_the_brain() -> None:
    volume, mask = ramp_volume(2.0)
    mask[:50] = False
    slab = resample_slab(volume, mask, PLACED)
    x, *_ = transform_points(
        volume.affine @ slab.to_scan_voxels, grid_points(SLAB_SHAPE)
    )

    assert slab.slices.max(axis=(1, 2)) == pytest.approx(255.0)
    assert slab.slices.ravel()[x < -2.0].max() == 0.0


def test_the_axes_of_the_scan_make_no_difference() -> None:
    volume, mask = ramp_volume(2.0)
    turned = Volume(
        volume.voxels.transpose(2, 0, 1), volume.affine[:, [2, 0, 1, 3]], "drawn"
    )
    plain = resample_slab(volume, mask, PLACED)
    again = resample_slab(turned, mask.transpose(2, 0, 1), PLACED)

    assert np.abs(again.slices - plain.slices).max() < 0.01


def test_slices_lead_to_the_head_and_rows_to_the_front() -> None:
    x, y, z = load_template().slab_affine[:3, :3]
    volume, mask = ramp_volume(2.0)
    heights = resample_slab(volume, mask, PLACED).z_mm

    assert z[0] > 0.9
    assert y[1] > 0.9
    assert abs(x[2]) > 0.9
    assert np.diff(heights) == pytest.approx(np.full(31, z[0]))


def test_fine_stripes_are_smoothed_rather_than_aliased() -> None:
    affine = np.diag([0.5, 0.5, 0.5, 1.0])
    affine[:3, 3] = [-30.0, -50.0, 5.0]
    voxels = np.zeros((120, 140, 30), np.float32)
    voxels[::2] = 1.0
    voxels[:, :20] = 2.0  # white, so that the stretch is known
    slab = resample_slab(
        Volume(voxels, affine, "drawn"), np.ones(voxels.shape, bool), PLACED
    )
    stripes = slab.slices[7, 95:125, 70:105]

    assert stripes.mean() > 20.0
    assert stripes.std() < 0.1 * 255.0 / 2.0
