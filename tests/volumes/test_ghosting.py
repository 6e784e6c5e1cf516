"""Whether a head that is shown twice is told from one that is shown once."""

from dataclasses import replace

import numpy as np
import pytest

from alzer.scans.volume import Volume
from alzer.volumes.ghosting import ghosting
from heads import draw_head


@pytest.fixture(scope="module")
def volume() -> Volume:
    return draw_head().volume


def _with_copy(volume: Volume, axis: int, voxels: int, strength: float) -> Volume:
    copy = np.roll(volume.voxels, voxels, axis)
    return replace(volume, voxels=volume.voxels + np.float32(strength) * copy)


def test_a_head_shown_once_is_no_ghost(volume: Volume) -> None:
    assert ghosting(volume) < 0.1


@pytest.mark.parametrize("axis", range(3))
@pytest.mark.parametrize("voxels", [5, 25])
def test_a_copy_beside_the_head_is_seen_along_every_axis(
    volume: Volume, axis: int, voxels: int
) -> None:
    weak = ghosting(_with_copy(volume, axis, voxels, 0.3))
    strong = ghosting(_with_copy(volume, axis, voxels, 0.9))

    assert 0.1 < weak < strong


def test_brightness_and_bias_make_no_ghost(volume: Volume) -> None:
    field = np.linspace(1.0, 2.0, volume.voxels.shape[1], dtype=np.float32)
    shaded = replace(volume, voxels=37.0 * volume.voxels * field[None, :, None])

    assert ghosting(shaded) < 0.1


def test_an_empty_scan_has_no_ghost() -> None:
    empty = Volume(np.zeros((40, 42, 44), np.float32), np.eye(4), "phantom")

    assert ghosting(empty) == 0.0
