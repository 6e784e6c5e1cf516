"""Heads spoiled so little that they still look like heads, and change the answer.

As in `spoiling.py`, every function takes a healthy head, axes right, anterior,
superior, and gives it spoiled.
"""

from functools import partial
from itertools import product
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d, uniform_filter1d
from spoiling import ANTERIOR, RIGHT, SUPERIOR, Spoil, blur, double, say_spacing

from alzer.scans.volume import Volume


def move_planes(
    volume: Volume, axis: int, along: int, millimetres: float, every: int = 2
) -> Volume:
    """Return the volume, every n-th plane of an axis moved within itself."""
    voxels = volume.voxels.copy()
    planes = np.moveaxis(voxels, axis, 0)
    steps = round(millimetres / volume.spacing_mm[along])
    planes[1::every] = np.roll(planes[1::every], steps, along - (along > axis) + 1)
    return _with(volume, voxels)


def move_once(volume: Volume, axis: int, along: int, millimetres: float) -> Volume:
    """Return the volume, the upper half of its planes moved within themselves."""
    voxels = volume.voxels.copy()
    planes = np.moveaxis(voxels, axis, 0)
    half = len(planes) // 2
    steps = round(millimetres / volume.spacing_mm[along])
    planes[half:] = np.roll(planes[half:], steps, along - (along > axis) + 1)
    return _with(volume, voxels)


def average_with_moved(
    volume: Volume, axis: int, millimetres: float, share: float = 0.5
) -> Volume:
    """Return the head, a share of it moved."""
    steps = round(millimetres / volume.spacing_mm[axis])
    moved = np.roll(volume.voxels, steps, axis)
    return _with(volume, (1.0 - share) * volume.voxels + share * moved)


def add_ghost(volume: Volume, axis: int, strength: float) -> Volume:
    """Return the head with one copy, a quarter of the field aside."""
    steps = volume.voxels.shape[axis] // 4
    return _with(volume, volume.voxels + strength * np.roll(volume.voxels, steps, axis))


def blur_along(volume: Volume, axis: int, millimetres: float) -> Volume:
    """Return the head blurred along one axis by that standard deviation."""
    sigma = millimetres / volume.spacing_mm[axis]
    return _with(volume, gaussian_filter1d(volume.voxels, sigma, axis))


def thicken(volume: Volume, millimetres: tuple[float, float, float]) -> Volume:
    """Return the head on voxels of about that size, each the mean of what it covers."""
    steps = np.maximum(1, np.round(np.array(millimetres) / volume.spacing_mm))
    voxels = volume.voxels
    for axis, step in enumerate(steps.astype(int)):
        means = uniform_filter1d(voxels, step, axis, mode="nearest")
        voxels = np.moveaxis(np.moveaxis(means, axis, 0)[step // 2 :: step], 0, axis)
    affine = volume.affine @ np.diag([*steps, 1.0])
    affine[:3, 3] += volume.affine[:3, :3] @ (steps // 2)
    return Volume(np.ascontiguousarray(voxels), affine, volume.source)


def _along(axis: int, value: float, other: float = 1.0) -> tuple[float, float, float]:
    first, second, third = (value if axis == each else other for each in range(3))
    return first, second, third


NAMES: Final = ("sideways", "front to back", "up and down")

SUBTLE: Final[dict[str, Spoil]] = {
    **{
        f"every second plane {NAMES[axis]} moved {mm} mm {NAMES[along]}": partial(
            move_planes, axis=axis, along=along, millimetres=mm
        )
        for axis, along, mm in product(range(3), range(3), (2, 4, 8))
        if axis != along
    },
    **{
        f"every {every}th plane moved by 4 mm": partial(
            move_planes, axis=SUPERIOR, along=ANTERIOR, millimetres=4, every=every
        )
        for every in (3, 6)
    },
    **{
        f"half moved {mm} mm {NAMES[along]}": partial(
            move_once, axis=SUPERIOR, along=along, millimetres=mm
        )
        for along, mm in ((ANTERIOR, 4), (RIGHT, 8))
    },
    **{
        f"averaged with itself moved {mm} mm {NAMES[axis]}": partial(
            average_with_moved, axis=axis, millimetres=mm
        )
        for axis, mm in product(range(3), (5, 10))
    },
    **{
        f"ghost of 30 % {NAMES[axis]}": partial(add_ghost, axis=axis, strength=0.3)
        for axis in range(3)
    },
    "doubled, a twentieth aside": partial(double, axis=ANTERIOR, share=0.05),
    **{f"blurred by {mm} mm": partial(blur, voxels=mm) for mm in (1.0, 1.5, 2.0)},
    **{
        f"blurred by 1.5 mm {NAMES[axis]}": partial(
            blur_along, axis=axis, millimetres=1.5
        )
        for axis in range(3)
    },
    **{
        f"voxels of {mm:g} mm": partial(thicken, millimetres=(mm, mm, mm))
        for mm in (3.0, 4.0)
    },
    **{
        f"slices {mm:g} mm apart {NAMES[axis]}": partial(
            thicken, millimetres=_along(axis, mm)
        )
        for axis, mm in product(range(3), (5.0, 7.0))
    },
    **{
        f"spacing {NAMES[axis]} times {factor}": partial(
            say_spacing, factors=_along(axis, factor)
        )
        for axis, factor in product(range(3), (0.8, 0.85, 1.15, 1.2))
    },
    **{
        f"all spacings times {factor}": partial(
            say_spacing, factors=(factor, factor, factor)
        )
        for factor in (0.8, 0.85, 1.15, 1.2)
    },
}


def _with(volume: Volume, voxels: NDArray[np.floating]) -> Volume:
    return Volume(voxels.astype(np.float32), volume.affine, volume.source)
