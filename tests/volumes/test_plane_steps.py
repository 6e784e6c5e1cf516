"""Whether planes that lie elsewhere than their neighbours are seen."""

from dataclasses import replace

import numpy as np
import pytest

from alzer.scans.volume import Volume
from alzer.volumes.plane_steps import plane_steps
from alzer.volumes.quality_limits import LIMITS
from alzer.volumes.sampling import blur
from heads import Head

MOST = {limits.name: limits.good[1] for limits in LIMITS}


@pytest.fixture(scope="module")
def head() -> Head:
    """Return tissue that is alike over some millimetres, in every direction."""
    noise = np.random.default_rng(0).normal(size=(60, 62, 64)).astype(np.float32)
    folds = blur(noise, np.array([2.0, 2.0, 2.0]))[8:-8, 8:-8, 8:-8]
    affine = np.diag([1.0, 1.0, 1.0, 1.0])
    return Head(Volume(folds, affine, "phantom"), np.ones(folds.shape, np.bool_))


def _move_planes(volume: Volume, axis: int, along: int, chosen: slice) -> Volume:
    """Return a volume, some planes of it moved by 4 mm."""
    voxels = volume.voxels.copy()
    planes = np.moveaxis(voxels, axis, 0)
    direction = along - (along > axis)
    planes[chosen] = np.roll(planes[chosen], 4, direction + 1)
    return replace(volume, voxels=voxels)


WAYS = [(0, 1), (0, 2), (1, 0), (1, 2), (2, 0), (2, 1)]


def test_planes_in_their_places_follow_one_another(head: Head) -> None:
    steps = plane_steps(head.volume, head.brain)

    assert steps.alternation < MOST["alternation"]
    assert steps.jump < MOST["jump"]


@pytest.mark.parametrize(("axis", "along"), WAYS)
def test_every_second_plane_moved_alternates(head: Head, axis: int, along: int) -> None:
    moved = _move_planes(head.volume, axis, along, slice(1, None, 2))

    assert plane_steps(moved, head.brain).alternation > 1.2 * MOST["alternation"]


@pytest.mark.parametrize(("axis", "along"), WAYS)
@pytest.mark.parametrize("every", [3, 6])
def test_planes_moved_more_rarely_jump(
    head: Head, axis: int, along: int, every: int
) -> None:
    moved = _move_planes(head.volume, axis, along, slice(0, None, every))

    assert plane_steps(moved, head.brain).jump > MOST["jump"]


def test_a_head_that_moved_once_jumps_once(head: Head) -> None:
    middle = head.brain.shape[2] // 2
    moved = _move_planes(head.volume, 2, 1, slice(middle, None))

    assert plane_steps(moved, head.brain).jump > MOST["jump"]


def test_noise_alone_alternates_as_noise_does() -> None:
    noise = np.random.default_rng(0).normal(size=(40, 40, 40)).astype(np.float32)
    volume = Volume(noise, np.diag([2.0, 2.0, 2.0, 1.0]), "phantom")
    everywhere = np.ones(noise.shape, np.bool_)

    steps = plane_steps(volume, everywhere)

    assert steps.alternation == pytest.approx(
        np.sqrt(6.0) / np.sqrt(2.0) / 2.0, rel=0.05
    )
    assert steps.jump == pytest.approx(1.0, abs=0.1)
