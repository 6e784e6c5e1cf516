"""Registration of brains whose place is known.

Each is the shipped mean brain with other ventricles, folds, noise and a bias field,
drawn at its voxels' places. A moved brain's registration should be that of the brain
as it was, moved likewise.
"""

from functools import cache
from typing import NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray

from alzer.scans.volume import Volume
from alzer.volumes.registration import (
    Registration,
    load_targets,
    register,
    shrink_thrice,
)
from alzer.volumes.sampling import (
    Interpolator,
    blur,
    grid_points,
    transform_points,
)
from alzer.volumes.shrinking import cut_brain
from alzer.volumes.template import load_template

Matrix = NDArray[np.float64]

MIRROR = np.diag([-1.0, 1.0, 1.0, 1.0])


class Brain(NamedTuple):
    """A drawn scan and its brain's mask."""

    volume: Volume
    mask: NDArray[np.bool_]


def _inverse(matrix: Matrix) -> Matrix:
    return np.asarray(np.linalg.inv(matrix), np.float64)


def turn(degrees: float, axis: int) -> Matrix:
    cosine, sine = np.cos(np.deg2rad(degrees)), np.sin(np.deg2rad(degrees))
    first, second = (axis + 1) % 3, (axis + 2) % 3
    matrix = np.eye(4)
    matrix[first, [first, second]] = cosine, -sine
    matrix[second, [first, second]] = sine, cosine
    return matrix


def draw_moved(moved: Matrix, spacing_mm: float = 2.5) -> Brain:
    """Draw the brain where a map moves it, on a straight grid of the scanner."""
    affine = np.diag([spacing_mm, spacing_mm, spacing_mm, 1.0])
    affine[:3, 3] = -125.0
    count = round(250.0 / spacing_mm)
    places = transform_points(_inverse(moved) @ affine, grid_points((count,) * 3))
    template = load_template()
    to_template = transform_points(_inverse(template.affine), places)
    tissue = Interpolator.of(template.values).at(to_template)
    right, front, up = places
    folds = np.sin(right / 4.0) * np.sin(front / 5.0) * np.sin(up / 4.5)
    side = (np.abs(right) - 12.0) / 8.0
    ventricles = side**2 + (front / 30.0) ** 2 + ((up - 18.0) / 10.0) ** 2 < 1.0
    values = np.where(ventricles, 0.15, tissue * (1.0 + 0.2 * folds))
    values *= 1.0 + 0.15 * np.tanh(front / 60.0)
    values += np.random.default_rng(0).normal(0.0, 0.02, values.size)
    shape = (count,) * 3
    voxels = values.astype(np.float32).reshape(shape)
    return Brain(Volume(voxels, affine, "drawn"), (tissue > 0.3).reshape(shape))


@cache
def plain() -> Registration:
    brain = draw_moved(np.eye(4))
    return register(brain.volume, brain.mask)


def errors_mm(found: Registration, moved: Matrix) -> NDArray[np.float64]:
    points = load_targets()[0].points
    there = transform_points(moved @ plain().to_scan, points)
    apart = transform_points(found.to_scan, points) - there
    distances: NDArray[np.float64] = np.linalg.norm(apart, axis=0)
    return distances


def test_a_brain_that_was_not_moved_is_found_where_it_is() -> None:
    points = load_targets()[0].points
    apart = transform_points(plain().to_scan, points) - points

    # Its outline and ventricles differ from the mean's.
    assert np.linalg.norm(apart, axis=0).max() < 4.0


def affine_map() -> Matrix:
    moved = turn(25.0, 0) @ turn(-15.0, 2) @ np.diag([1.1, 0.95, 1.0, 1.0])
    moved[:3, 3] = [30.0, -12.0, 8.0]
    return moved


@pytest.mark.parametrize(
    "moved",
    [affine_map(), turn(180.0, 1), turn(90.0, 0), turn(90.0, 2) @ turn(30.0, 1)],
    ids=["affine", "upside down", "lying", "another axis first"],
)
def test_a_moved_head_is_found_where_it_was_moved(moved: Matrix) -> None:
    brain = draw_moved(moved)
    errors = errors_mm(register(brain.volume, brain.mask), moved)

    assert errors.mean() < 0.5
    assert errors.max() < 2.0


def test_a_mirrored_head_gets_the_mirrored_map() -> None:
    brain = draw_moved(np.eye(4))
    mirrored = Volume(brain.volume.voxels, MIRROR @ brain.volume.affine, "drawn")
    found = register(mirrored, brain.mask)

    assert found.to_scan == pytest.approx(MIRROR @ plain().to_scan @ MIRROR, abs=0.02)
    assert found.similarity == pytest.approx(plain().similarity, abs=1e-4)


def test_size_and_rotation_are_told() -> None:
    moved = turn(20.0, 0) @ np.diag([1.1, 1.1, 1.1, 1.0])
    brain = draw_moved(moved)
    found = register(brain.volume, brain.mask)

    assert found.scale / plain().scale == pytest.approx(1.1, abs=0.01)
    assert found.rotation_degrees == pytest.approx(20.0, abs=1.0)


def test_what_progress_raises_ends_the_work() -> None:
    def stop(_share: float) -> None:
        raise InterruptedError

    brain = draw_moved(np.eye(4), 4.0)
    with pytest.raises(InterruptedError):
        register(brain.volume, brain.mask, stop)


def test_a_smoothed_brain_is_found_where_it_is_most_alike() -> None:
    """Smoothed files have other edges than the template, and one best place, too."""
    brain = draw_moved(turn(10.0, 0) @ turn(5.0, 2))
    voxels = blur(brain.volume.voxels, np.full(3, 1.2))
    volume = Volume(voxels, brain.volume.affine, "drawn")
    target, fine = load_targets()[2], shrink_thrice(cut_brain(volume, brain.mask))[2]
    reader = Interpolator.of(fine.voxels)

    found = register(volume, brain.mask)

    for axis in range(3):
        for nudge in (-0.5, 0.5):
            shifted, turned = np.eye(4), turn(nudge, axis)
            shifted[axis, 3] = nudge
            scaled = np.eye(4)
            scaled[axis, axis] = 1.0 + nudge / 100.0
            for change in (shifted, turned, scaled):
                values = target.read(fine, found.to_scan @ change, reader)
                assert target.compare(values) < found.similarity + 2e-5
