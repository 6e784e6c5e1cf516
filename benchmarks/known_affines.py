"""Heads moved by affine maps that are known, as scanners and exporters might."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from alzer.scans.volume import Volume
from alzer.volumes.sampling import (
    Interpolator,
    antialiasing_sigmas,
    blur,
    grid_points,
    transform_points,
)

# What is kept around the brain at most, so that the grids stay small.
RIM_MM = 12.0


@dataclass(frozen=True)
class KnownCase:
    """A scan whose true place is known.

    Attributes:
        volume: The scan.
        mask: True inside its brain.
        moved: shape (4, 4), from the original scan's millimetres to this one's.
        header_lies: Whether the header turns the head by right angles.
    """

    volume: Volume
    mask: NDArray[np.bool_]
    moved: NDArray[np.float64]
    header_lies: bool


def draw_case(
    volume: Volume, mask: NDArray[np.bool_], generator: np.random.Generator
) -> KnownCase:
    """Move a head: rotation to 30 degrees, scale 0.85 to 1.15, shift to 40 mm, shear.

    Its new grid has 0.7 to 1.5 mm, half of the time unlike along the axes; the axes
    lead anywhere; the neck is cropped; one header in four turns the head by right
    angles.

    Args:
        volume: The original scan.
        mask: True inside its brain.
        generator: Where chance comes from.

    Returns:
        The moved scan.
    """
    lies = bool(generator.random() < 0.25)
    moved = _draw_affine(generator, lies=lies)
    equal = np.full(3, generator.uniform(0.7, 1.5))
    unequal = generator.uniform(0.7, 1.5, 3)
    spacing = equal if generator.random() < 0.5 else unequal
    shape, affine = _lay_grid(moved @ volume.affine, mask, spacing)
    volume, mask = crop(volume, mask)
    to_old = np.linalg.inv(moved @ volume.affine) @ affine
    points = transform_points(to_old, grid_points(shape)).astype(np.float32)
    steps = np.linalg.norm(to_old[:3, :3], axis=1)
    smooth = Interpolator.of(blur(volume.voxels, antialiasing_sigmas(steps)))
    noise = 0.01 * float(np.percentile(volume.voxels, 99))
    voxels = smooth.at(points) + generator.normal(0.0, noise, points.shape[1])
    brain = Interpolator.of(mask.astype(np.float32)).at(points) > 0.5
    grids = voxels.astype(np.float32).reshape(shape), brain.reshape(shape)
    return KnownCase(*reorder(*grids, affine, generator), moved, lies)


def crop(volume: Volume, mask: NDArray[np.bool_]) -> tuple[Volume, NDArray[np.bool_]]:
    """Leave away what no moved scan shows, for speed."""
    reach = int(np.ceil(2.0 * RIM_MM / min(volume.spacing_mm)))
    inside = np.argwhere(mask)
    low = np.maximum(inside.min(axis=0) - reach, 0)
    box = tuple(
        slice(start, end)
        for start, end in zip(low, inside.max(axis=0) + reach, strict=True)
    )
    affine = volume.affine.copy()
    affine[:3, 3] += affine[:3, :3] @ low
    return Volume(volume.voxels[box], affine, volume.source), mask[box]


def reorder(
    voxels: NDArray[np.float32],
    mask: NDArray[np.bool_],
    affine: NDArray[np.float64],
    generator: np.random.Generator,
) -> tuple[Volume, NDArray[np.bool_]]:
    """Put the axes into any order and direction, the affine with them."""
    order = generator.permutation(3)
    voxels, mask = voxels.transpose(order), mask.transpose(order)
    affine = affine[:, [*order, 3]]
    for axis in np.flatnonzero(generator.random(3) < 0.5):
        affine = affine.copy()
        affine[:3, 3] += affine[:3, axis] * (voxels.shape[axis] - 1)
        affine[:3, axis] *= -1.0
        voxels, mask = np.flip(voxels, int(axis)), np.flip(mask, int(axis))
    return Volume(np.ascontiguousarray(voxels), affine, "moved"), mask


def _draw_affine(generator: np.random.Generator, *, lies: bool) -> NDArray[np.float64]:
    rotation = _rotate(generator.normal(size=3), generator.uniform(0.0, 30.0))
    scales = np.diag(generator.uniform(0.85, 1.15) * generator.uniform(0.97, 1.03, 3))
    shear = np.eye(3)
    shear[np.triu_indices(3, 1)] = generator.uniform(-0.04, 0.04, 3)
    affine = np.eye(4)
    affine[:3, :3] = rotation @ scales @ shear
    if lies:
        affine[:3, :3] = _right_turn(generator) @ affine[:3, :3]
    affine[:3, 3] = generator.uniform(-40.0, 40.0, 3)
    return affine


def _rotate(axis: NDArray[np.float64], degrees: float) -> NDArray[np.float64]:
    """Return a rotation about an axis. Source: Rodrigues' formula."""
    x, y, z = axis / np.linalg.norm(axis)
    cross = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
    angle = np.deg2rad(degrees)
    rotation: NDArray[np.float64] = (
        np.eye(3) + np.sin(angle) * cross + (1.0 - np.cos(angle)) * cross @ cross
    )
    return rotation


def _right_turn(generator: np.random.Generator) -> NDArray[np.float64]:
    """Return one of the 24 rotations of a cube."""
    turn = np.eye(3)[generator.permutation(3)] * generator.choice([-1.0, 1.0], (3, 1))
    return np.asarray(turn * np.sign(np.linalg.det(turn)), np.float64)


def _lay_grid(
    affine: NDArray[np.float64], mask: NDArray[np.bool_], spacing: NDArray[np.float64]
) -> tuple[tuple[int, int, int], NDArray[np.float64]]:
    """Return the shape and affine of a grid along the world's axes about a brain."""
    places = transform_points(affine, np.argwhere(mask).T)
    low, high = places.min(axis=1) - RIM_MM, places.max(axis=1) + RIM_MM
    i, j, k = (np.ceil((high - low) / spacing) + 1).astype(int)
    grid = np.diag([*spacing, 1.0])
    grid[:3, 3] = low
    return (int(i), int(j), int(k)), grid
