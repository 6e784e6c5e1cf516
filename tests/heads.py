"""Heads drawn by code, on any grid, with a known brain.

Nobody's head is in this repository. The phantoms have what finding a brain looks at:
scalp, skull, fluid, a folded grey rim around white matter, two ventricles, a
cerebellum, a face and a neck, in the greys of a T1-weighted MRI.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from alzer.scans.volume import Volume
from alzer.volumes.template import load_template

Floats = NDArray[np.float64]

# Greys of a T1-weighted MRI, 0 to 1.
AIR, SKULL, FLUID, MUSCLE, GREY, SCALP, WHITE = 0.0, 0.08, 0.15, 0.4, 0.55, 0.7, 0.8


@dataclass(frozen=True)
class Head:
    """A drawn head and what is known about it.

    Attributes:
        volume: The scan.
        brain: True inside the brain, shape (i, j, k).
    """

    volume: Volume
    brain: NDArray[np.bool_]


def grid(
    spacing_mm: float = 2.0, extent_mm: tuple[float, float, float] = (190, 230, 220)
) -> tuple[tuple[int, int, int], Floats]:
    """Return the shape and affine of a straight grid around the head, in RAS+ mm."""
    first, second, third = (round(length / spacing_mm) for length in extent_mm)
    affine = np.diag([spacing_mm, spacing_mm, spacing_mm, 1.0])
    affine[:3, 3] = -np.array(extent_mm) / 2.0 - [0.0, 0.0, 20.0]
    return (first, second, third), affine


def draw_head(
    shape: tuple[int, int, int] | None = None,
    affine: Floats | None = None,
    *,
    noise: float = 0.02,
    bias: float = 0.1,
    seed: int = 0,
) -> Head:
    """Draw a head where a grid looks at it.

    Args:
        shape: Voxels along i, j and k; with the affine, else a 2 mm grid.
        affine: shape (4, 4), to the head's own RAS+ mm; its brain lies around 0.
        noise: Standard deviation of what is added to the greys of 0 to 1.
        bias: How far the field changes them, as a share.
        seed: Of folds, noise and field.

    Returns:
        The head, in greys of 0 to about 1000.
    """
    if shape is None or affine is None:
        shape, affine = grid()
    generator = np.random.default_rng(seed)
    places = np.moveaxis(np.indices(shape), 0, -1) @ affine[:3, :3].T + affine[:3, 3]
    right, front, up = np.moveaxis(places, -1, 0)
    greys, brain = _draw(right, front, up, generator.uniform(0.0, 2.0 * np.pi, 3))
    field = 1.0 + bias * np.sin(right / 70.0 + up / 90.0 + generator.uniform(0.0, 6.0))
    greys = np.abs(greys * field + generator.normal(0.0, noise, shape))
    voxels = (1000.0 * greys).astype(np.float32)
    return Head(Volume(voxels, affine, "phantom"), brain)


def draw_average_head(*, noise: float = 0.03, seed: int = 0) -> Head:
    """Draw the template's brain within fluid, skull and scalp.

    Of all drawn heads this one alone passes for a person's; with less noise the border
    between the template's two parts shows, as if planes had moved there.

    Args:
        noise: Standard deviation of what is added to the greys of 0 to 1.
        seed: Of the noise.

    Returns:
        The head on a 2 mm grid, in greys of 0 to about 1000.
    """
    template = load_template()
    values = np.pad(template.values, 20)
    brain = values > 0.1
    greys = WHITE * values.astype(np.float64)
    grown = brain
    for grey in (FLUID, SKULL, SKULL, SKULL, SCALP, SCALP, SCALP):
        before, grown = grown, _grow(grown)
        greys = np.where(grown & ~before, grey, greys)
    generator = np.random.default_rng(seed)
    greys = np.abs(greys + generator.normal(0.0, noise, greys.shape))
    affine = template.affine.copy()
    affine[:3, 3] -= affine[:3, :3] @ [20.0, 20.0, 20.0]
    voxels = (1000.0 * greys).astype(np.float32)
    return Head(Volume(voxels, affine, "phantom"), brain)


def _grow(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the mask and all voxels that share a face with it."""
    grown = mask.copy()
    for axis in range(3):
        for step in (-1, 1):
            grown |= np.roll(mask, step, axis)
    return grown


def _draw(
    right: Floats, front: Floats, up: Floats, phases: Floats
) -> tuple[Floats, NDArray[np.bool_]]:
    """Return greys and brain, both of shape (i, j, k)."""
    depth = _depth(right, front, up)
    folds = (
        np.sin(front / 5.0 + phases[0])
        * np.sin(right / 4.5 + phases[1])
        * np.sin(up / 5.0 + phases[2])
    )
    rim = 4.0 + 3.0 * folds
    brain = depth > 0.0
    greys = np.where(_inside(right, front + 5, up + 5, (78, 97, 82)), SCALP, AIR)
    neck = (np.hypot(right, front + 15.0) < 58.0) & (up < -40.0)
    face = _inside(right, front - 45.0, up + 65.0, (58.0, 52.0, 65.0))
    greys = np.where((neck | face) & (greys == AIR), MUSCLE, greys)
    greys = np.where(depth > -9.0, SKULL, greys)
    greys = np.where(depth > -3.0, FLUID, greys)
    greys = np.where(brain, np.where(depth > rim, WHITE, GREY), greys)
    sulci = brain & (depth < 5.0) & (folds > 0.55)
    side = np.abs(right) - 11.0
    ventricles = _inside(side, front + 2.0, up - 4.0, (7.0, 30.0, 9.0))
    return np.where(sulci | ventricles, FLUID, greys), brain


def _depth(right: Floats, front: Floats, up: Floats) -> Floats:
    """Return about how many millimetres inside the brain a place is."""
    parts = (
        ((0.0, 0.0, 6.0), (66.0, 84.0, 58.0)),  # both hemispheres
        ((0.0, -48.0, -42.0), (48.0, 32.0, 24.0)),  # cerebellum
        ((0.0, -18.0, -52.0), (14.0, 14.0, 34.0)),  # brain stem
    )
    depths = []
    for middle, radii in parts:
        moved = (right - middle[0], front - middle[1], up - middle[2])
        radius = np.sqrt(sum((m / r) ** 2 for m, r in zip(moved, radii, strict=True)))
        depths.append((1.0 - radius) * min(radii))
    deepest: Floats = np.maximum.reduce(depths)
    return deepest


def _inside(
    right: Floats, front: Floats, up: Floats, radii: tuple[float, float, float]
) -> NDArray[np.bool_]:
    distance = (right / radii[0]) ** 2 + (front / radii[1]) ** 2 + (up / radii[2]) ** 2
    return np.asarray(distance < 1.0)
