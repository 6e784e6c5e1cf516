"""What tells whether a head was prepared well: numbers, before any verdict.

All are taken where the scan meets the template: at the template's own points, moved
to the scan by the registration.
"""

from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from alzer.scans.volume import Volume
from alzer.volumes.registration import Registration
from alzer.volumes.sampling import (
    Interpolator,
    box_around,
    grid_points,
    transform_points,
)
from alzer.volumes.template import Template

Mask = NDArray[np.bool_]
Values = NDArray[np.float64]

# The template's brightness: outline of its brain, tissue, grey and white matter. What
# is darker than the outline's lies outside of most brains that fit best.
_OUTLINE: Final = 0.2
_TISSUE: Final = 0.5
_GREY: Final = 0.7
_WHITE: Final = 1.0
_SURELY_WHITE: Final = 0.95

# Points of the template that are looked at are about this far apart.
_STEP_MM: Final = 4.0


@dataclass(frozen=True)
class TemplateSamples:
    """The scan and the template at the same places.

    Attributes:
        points: In standard space, shape (axis = 3, i, j, k), millimetres.
        template: The template's brightness there, shape (i, j, k).
        scan: The scan's, shape (i, j, k).
        mask: Whether the scan's brain is there, shape (i, j, k).
        point_ml: What a point stands for, in standard space.
    """

    points: Values
    template: Values
    scan: Values
    mask: Mask
    point_ml: float


def sample_at_template(
    volume: Volume, mask: Mask, registration: Registration, template: Template
) -> TemplateSamples:
    """Read the scan and its mask at the template's points.

    Args:
        volume: The scan.
        mask: shape (i, j, k) as the volume's.
        registration: Of the template to the scan.
        template: What it was registered to.
    """
    step = max(1, round(_STEP_MM / float(np.linalg.norm(template.affine[:3, 0]))))
    values = template.values[::step, ::step, ::step]
    affine = template.affine @ np.diag([step, step, step, 1.0])
    points = transform_points(affine, grid_points(values.shape))
    box = box_around(mask)
    to_voxels = np.linalg.inv(volume.affine) @ registration.to_scan
    to_voxels[:3, 3] -= [part.start for part in box]
    places = transform_points(to_voxels, points)
    return TemplateSamples(
        points=points.reshape(3, *values.shape),
        template=values.astype(np.float64),
        scan=_read(volume.voxels[box], places).reshape(values.shape),
        mask=_read(mask[box], places).reshape(values.shape) > 0.5,
        point_ml=abs(float(np.linalg.det(affine[:3, :3]))) / 1000.0,
    )


def brain_ml(volume: Volume, mask: Mask) -> float:
    """Compute the mask's volume on the scan's own grid, in millilitres."""
    voxel_mm3 = abs(float(np.linalg.det(volume.affine[:3, :3])))
    return float(np.count_nonzero(mask)) * voxel_mm3 / 1000.0


def overlap(samples: TemplateSamples, standard_ml: float) -> float:
    """Compute how well the scan's brain fits the template's: Dice, 0 to 1.

    Args:
        samples: Of scan and template.
        standard_ml: The scan's whole brain, as large as in standard space.
    """
    brain = samples.template > _OUTLINE
    shared = np.count_nonzero(brain & samples.mask) * samples.point_ml
    both = float(np.count_nonzero(brain)) * samples.point_ml + standard_ml
    return 2.0 * float(shared) / both


def contrast(samples: TemplateSamples) -> float:
    """Compute by how much grey matter is darker than white, as a share of white.

    Slow changes of brightness across the head are allowed for. A third is usual in a
    T1-weighted scan; it is negative where grey matter is brighter.
    """
    chosen = samples.mask & (samples.template > _TISSUE) & (samples.scan > 0.0)
    if np.count_nonzero(chosen) < _LEAST_POINTS:
        return 0.0
    greys = np.log(samples.scan[chosen])
    terms = np.column_stack(
        [samples.template[chosen], _slow_changes(samples.points[:, chosen] / 100.0)]
    )
    slope = float(np.linalg.lstsq(terms, greys, rcond=None)[0][0])
    return 1.0 - float(np.exp(-slope * (_WHITE - _GREY)))


def proportions(registration: Registration) -> dict[str, float]:
    """Compute the shape of the brain's box against the template's.

    Returns:
        By name, how wide, long and high it is, over what the other two make expect.
    """
    sizes = np.linalg.norm(registration.to_scan[:3, :3], axis=0)
    width, length, height = (sizes / np.cbrt(sizes.prod())) ** 1.5
    return {
        "relative_width": float(width),
        "relative_length": float(length),
        "relative_height": float(height),
    }


def empty_share(volume: Volume, samples: TemplateSamples) -> float:
    """Compute how much of the brain holds no value, but the level of no signal.

    Files have that where values are no numbers or were erased; tissue and fluid are
    brighter, if little.

    Returns:
        The share of places where the template has tissue, 0 to 1.
    """
    tissue = samples.scan[samples.template > _TISSUE]
    if tissue.size < _LEAST_POINTS:
        return 1.0
    empty = (tissue == 0.0) | (tissue == float(volume.voxels.min()))
    return float(empty.mean())


def edge_share(volume: Volume, mask: Mask) -> float:
    """Compute how much of the brain is cut by the end of what the scan shows.

    Planes at the rim that hold one value alone are empty: the scan ends before them.

    Returns:
        The brain's area in an outermost plane that is not empty, as a share of its
        largest area in planes of that direction; the largest of the six.
    """
    shares = []
    for axis in range(3):
        planes = np.moveaxis(volume.voxels, axis, 0)
        areas = np.moveaxis(mask, axis, 0).sum((1, 2))
        first, last = _first_shown(planes), len(planes) - 1 - _first_shown(planes[::-1])
        cut = max(areas[: first + 1].max(), areas[last:].max())
        shares.append(float(cut) / float(areas.max()))
    return max(shares)


def _read(voxels: NDArray[np.generic], places: Values) -> Values:
    found = Interpolator.of(voxels.astype(np.float32)).at(places)
    return found.astype(np.float64)


def _first_shown(planes: NDArray[np.float32]) -> int:
    """Return the index of the first plane that holds more than one value."""
    return next(
        (index for index, plane in enumerate(planes) if plane.max() > plane.min()), 0
    )


def white_level(samples: TemplateSamples) -> float:
    """Return the grey value of white matter; 0 if there is none."""
    white = samples.mask & (samples.template > _SURELY_WHITE)
    return float(np.median(samples.scan[white])) if white.any() else 0.0


def noise(samples: TemplateSamples) -> float:
    """Compute how much white matter differs between places 4 mm apart.

    Returns:
        The spread of one place, as a share of white; the largest of the three
        directions, since a head that moves leaves waves along one. 1 where there is
        too little white matter.
    """
    white = samples.mask & (samples.template > _SURELY_WHITE)
    level = white_level(samples)
    spreads = []
    for axis in range(3):
        inside, greys = np.moveaxis(white, axis, 0), np.moveaxis(samples.scan, axis, 0)
        pairs = inside[1:] & inside[:-1]
        if np.count_nonzero(pairs) < _LEAST_POINTS or level <= 0.0:
            return 1.0
        steps = np.abs(greys[1:] - greys[:-1])[pairs]
        spreads.append(_DEVIATION * float(np.median(steps)) / np.sqrt(2.0) / level)
    return float(max(spreads))


def air(volume: Volume, registration: Registration, white: float) -> float:
    """Compute how bright the air above and beside the head is, as a share of white.

    Noise, ghosts of a head that moved and a second head show there.

    Args:
        volume: The scan.
        registration: Of the template to the scan.
        white: The grey value of white matter.

    Returns:
        The mean; 0 where the scan shows no air.
    """
    to_voxels = np.linalg.inv(volume.affine) @ registration.to_scan
    places = transform_points(to_voxels, _air_points())
    last = np.array(volume.voxels.shape)[:, None] - 1
    shown = ((places >= 0.0) & (places <= last)).all(axis=0)
    if np.count_nonzero(shown) < _LEAST_POINTS or white <= 0.0:
        return 0.0
    i, j, k = np.round(places[:, shown]).astype(np.intp)
    return float(volume.voxels[i, j, k].mean()) / white


@cache
def _air_points() -> Values:
    """Return places around the upper half of any head, shape (axis = 3, n), in mm."""
    right, front, up = np.mgrid[-120:121:5, -160:121:5, 0:151:5].reshape(3, -1)
    brains = np.hypot(right / 72.0, np.hypot((front + 18.0) / 88.0, up / 80.0))
    chosen = (brains > 1.4) & (brains < 1.8)
    return np.stack([right[chosen], front[chosen], up[chosen]]).astype(np.float64)


# Of the median of absolute deviations, for a normal distribution.
_DEVIATION: Final = 1.4826

# With fewer points there is nothing to fit.
_LEAST_POINTS: Final = 100


def _slow_changes(points: Values) -> Values:
    """Return the ten terms of a quadratic field, shape (n, term)."""
    right, front, up = points
    terms = [
        np.ones_like(right),
        right,
        front,
        up,
        right * right,
        front * front,
        up * up,
        right * front,
        right * up,
        front * up,
    ]
    return np.column_stack(terms)
