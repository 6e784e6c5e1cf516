"""Numbers about a prepared head where there is little to measure."""

import numpy as np
import pytest
from numpy.typing import NDArray

from alzer.scans.volume import Volume
from alzer.volumes.measurements import (
    TemplateSamples,
    air,
    contrast,
    edge_share,
    noise,
    white_level,
)
from alzer.volumes.registration import Registration

IN_PLACE = Registration(np.eye(4), 0.9, 0.0, 1.0)


def _samples(
    template: NDArray[np.float64], scan: NDArray[np.float64]
) -> TemplateSamples:
    points = np.indices(template.shape).astype(np.float64) * 4.0
    return TemplateSamples(points, template, scan, template > 0.1, 0.064)


def _volume(shape: tuple[int, int, int], fill: float) -> Volume:
    affine = np.diag([4.0, 4.0, 4.0, 1.0])
    affine[:3, 3] = -2.0 * np.array(shape)
    return Volume(np.full(shape, fill, np.float32), affine, "phantom")


def test_contrast_is_what_was_drawn_whatever_the_bias() -> None:
    generator = np.random.default_rng(0)
    template = generator.choice([0.7, 1.0], (12, 12, 12))
    field = 1.0 + 0.8 * np.linspace(0.0, 1.0, 12)[:, None, None]
    scan = np.where(template == 1.0, 100.0, 60.0) * field

    assert contrast(_samples(template, scan)) == pytest.approx(0.4, abs=0.02)


def test_without_white_matter_there_is_no_contrast_and_all_is_noise() -> None:
    nothing = _samples(np.zeros((8, 8, 8)), np.ones((8, 8, 8)))

    assert contrast(nothing) == 0.0
    assert noise(nothing) == 1.0
    assert white_level(nothing) == 0.0


def test_waves_along_one_axis_count_as_much_as_along_all() -> None:
    template = np.ones((10, 10, 10))
    waves = np.where(np.arange(10) % 2, 90.0, 110.0)

    along_one = noise(_samples(template, np.broadcast_to(waves, template.shape)))

    assert along_one == pytest.approx(1.4826 * 20.0 / np.sqrt(2.0) / 100.0)


def test_air_is_seen_where_the_scan_reaches_beyond_the_head() -> None:
    wide = _volume((80, 90, 90), 30.0)
    narrow = _volume((30, 30, 30), 30.0)

    assert air(wide, IN_PLACE, 100.0) == pytest.approx(0.3)
    assert air(narrow, IN_PLACE, 100.0) == 0.0
    assert air(wide, IN_PLACE, 0.0) == 0.0


@pytest.mark.parametrize("axis", range(3))
@pytest.mark.parametrize("end", [False, True])
def test_a_cut_at_any_of_the_six_ends_is_seen(axis: int, *, end: bool) -> None:
    voxels = np.random.default_rng(0).random((20, 22, 24)).astype(np.float32)
    mask = np.zeros(voxels.shape, np.bool_)
    mask[5:15, 5:15, 5:15] = True
    shift = mask.shape[axis] - 15 if end else -5
    volume = Volume(voxels, np.eye(4), "phantom")

    assert edge_share(volume, mask) == 0.0
    assert edge_share(volume, np.roll(mask, shift, axis)) == 1.0
