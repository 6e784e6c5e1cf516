"""Where to begin a registration: in every turn of the head, for headers may lie.

The template is turned in 168 ways about the brain's centre, at a coarse resolution;
the ways that look best are followed. With each turn its mirror image is among them,
so that a scan and its mirror image are treated alike.
"""

from collections.abc import Sequence
from functools import cache
from itertools import permutations, product
from typing import Final

import numpy as np

from alzer.volumes.alignment import Alignment, Effort, Image, Target
from alzer.volumes.sampling import Interpolator, Matrix, transform_points

# Each of the 24 turns by right angles is tilted about each axis by this, too.
_TILT_DEGREES: Final = 35.0

_FOLLOWED: Final = 12
_KEPT: Final = 3
_EFFORT: Final = Effort(steps=20, tolerance_mm=0.5)

# Ends whose turns differ by less than this are one.
_SAME_DEGREES: Final = 15.0


def search_turns(target: Target, scan: Image) -> list[Alignment]:
    """Find the turns of the head in which it looks most like the template.

    Args:
        target: The template at a coarse resolution.
        scan: The brain at about the same.

    Returns:
        Up to three alignments by rotation, shift and one scale, the best first.
    """
    starts = [_align_centres(target, scan, turn) for turn in _turns()]
    voxels = Interpolator.of(scan.voxels)
    alikeness = [
        target.compare(target.read(scan, start, voxels)) for start in starts[1:]
    ]
    best = np.argsort(alikeness, kind="stable")[::-1][:_FOLLOWED] + 1
    # What the header says is followed in any case.
    ends = [
        target.align(scan, starts[index], _EFFORT, affine=False) for index in (0, *best)
    ]
    return _distinct(sorted(ends, key=lambda end: -end.similarity))


def find_rotation(matrix: Matrix) -> Matrix:
    """Return the rotation that is closest to an affine map, shape (3, 3)."""
    left, _, right = np.linalg.svd(matrix[:3, :3])
    rotation: Matrix = left @ right
    return rotation


def measure_degrees(rotation: Matrix) -> float:
    """Return by how much a rotation of shape (3, 3) turns, 0 to 180."""
    cosine = np.clip((np.trace(rotation) - 1.0) / 2.0, -1.0, 1.0)
    return float(np.rad2deg(np.arccos(cosine)))


def _align_centres(target: Target, scan: Image, turn: Matrix) -> Matrix:
    """Return the template turned, as large as the brain, its centre on the brain's."""
    inside = np.argwhere(scan.voxels > 0.0).T
    centre = transform_points(scan.affine, inside).mean(axis=1)
    volume_mm3 = inside.shape[1] * abs(np.linalg.det(scan.affine[:3, :3]))
    start = np.eye(4)
    start[:3, :3] = np.cbrt(volume_mm3 / target.brain_mm3) * turn
    start[:3, 3] = centre - start[:3, :3] @ target.brain_centre
    return start


@cache
def _turns() -> tuple[Matrix, ...]:
    """Return 168 rotations, the first of which turns nothing."""
    tilts = [np.eye(3)]
    for axis in range(3):
        tilts += [_tilt(axis, _TILT_DEGREES), _tilt(axis, -_TILT_DEGREES)]
    return tuple(right @ tilt for right in _right_turns() for tilt in tilts)


def _right_turns() -> list[Matrix]:
    """Return the 24 rotations of a cube."""
    turned = [
        np.eye(3)[list(order)] * np.array(signs)[:, None]
        for order in permutations(range(3))
        for signs in product((1.0, -1.0), repeat=3)
    ]
    return [turn for turn in turned if np.linalg.det(turn) > 0.0]


def _tilt(axis: int, degrees: float) -> Matrix:
    """Return a rotation about one axis."""
    cosine, sine = np.cos(np.deg2rad(degrees)), np.sin(np.deg2rad(degrees))
    first, second = (axis + 1) % 3, (axis + 2) % 3
    matrix = np.eye(3)
    matrix[first, [first, second]] = cosine, -sine
    matrix[second, [first, second]] = sine, cosine
    return matrix


def _distinct(ends: Sequence[Alignment]) -> list[Alignment]:
    """Return the best of the ends that are turned differently."""
    kept: list[Alignment] = []
    for end in ends:
        turn = find_rotation(end.to_scan)
        apart = (measure_degrees(find_rotation(one.to_scan).T @ turn) for one in kept)
        if all(degrees > _SAME_DEGREES for degrees in apart):
            kept.append(end)
    return kept[:_KEPT]
