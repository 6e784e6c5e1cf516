"""How wide a scan shows a point."""

from dataclasses import replace

import numpy as np
import pytest

from alzer.scans.volume import Volume
from alzer.volumes.blurring import blur_mm
from alzer.volumes.sampling import average_blocks, blur
from heads import Head, draw_head, grid

WIDTH_OF_DEVIATION = 2.355


@pytest.fixture(scope="module")
def head() -> Head:
    return draw_head(*grid(1.0, (180, 200, 190)))


def _blurred(volume: Volume, sigmas: tuple[float, float, float]) -> Volume:
    return replace(volume, voxels=blur(volume.voxels, np.array(sigmas)))


@pytest.mark.parametrize("sigma", [1.0, 1.5])
@pytest.mark.parametrize("axis", range(3))
def test_a_blur_along_any_axis_is_measured(head: Head, axis: int, sigma: float) -> None:
    sigmas = [0.0, 0.0, 0.0]
    sigmas[axis] = sigma
    own = blur_mm(head.volume, head.brain)

    found = blur_mm(
        _blurred(head.volume, (sigmas[0], sigmas[1], sigmas[2])), head.brain
    )

    expected = np.hypot(own, WIDTH_OF_DEVIATION * sigma)
    assert own < 2.0
    assert found == pytest.approx(expected, rel=0.2)


def test_rounding_to_bytes_does_not_hide_a_blur(head: Head) -> None:
    blurred = _blurred(head.volume, (1.5, 1.5, 1.5))
    top = float(blurred.voxels.max())
    stored = np.round(blurred.voxels / top * 255.0).astype(np.float32)

    assert blur_mm(replace(blurred, voxels=stored), head.brain) > 3.14


def test_the_blur_of_half_the_spacing_is_half_as_wide(head: Head) -> None:
    blurred = _blurred(head.volume, (2.0, 2.0, 2.0))
    smaller = replace(blurred, affine=blurred.affine @ np.diag([0.5, 0.5, 0.5, 1.0]))

    half = blur_mm(smaller, head.brain)

    assert half == pytest.approx(WIDTH_OF_DEVIATION, rel=0.25)


def test_of_voxels_as_large_as_a_blur_nothing_can_be_told(head: Head) -> None:
    blocks = [3, 3, 3]
    coarse = replace(
        head.volume,
        voxels=average_blocks(head.volume.voxels, blocks),
        affine=head.volume.affine @ np.diag([3.0, 3.0, 3.0, 1.0]),
    )
    brain = average_blocks(head.brain.astype(np.float32), blocks) > 0.5

    assert blur_mm(coarse, brain) == 0.0
