"""Stacks of slices in our own words, so that a person can choose one of a list.

Names of series may name a person, so that none is repeated; nor is a day or an hour.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from alzer.scans.series.grouping import Stack
from alzer.scans.sizes import in_mm

# A life is shorter.
_MOST_DAYS: Final = 36525.0

# Stacks that lie this far from one another are told apart by that.
_APART_MM: Final = 5.0

# By the patient axis (right, front, up) that slices are stacked along.
_PLANES: Final = ("sagittal", "coronal", "axial")


def describe(stacks: Sequence[Stack]) -> tuple[str, ...]:
    """Describe stacks.

    Args:
        stacks: Those of a list.

    Returns:
        A text for each; where texts would be equal, with what tells them apart.
    """
    texts = [_describe(stack) for stack in stacks]
    alike: dict[str, list[int]] = {}
    for index, text in enumerate(texts):
        alike.setdefault(text, []).append(index)
    for indices in alike.values():
        if len(indices) > 1:
            for index, more in zip(indices, _differences(stacks, indices), strict=True):
                texts[index] += more
    return tuple(texts)


def distance_mm(stack: Stack) -> float | None:
    """Return the usual distance between slices; None if it is not known."""
    points = points_of(stack)
    # In any order of slices, the nearest other one is a neighbour.
    distances = np.linalg.norm(points[1:] - points[:1], axis=1)
    distances = distances[distances > 0.0]
    return float(distances.min()) if distances.size else None


def points_of(stack: Stack) -> NDArray[np.float64]:
    """Return where images lie, shape (image, 3); those that do not say left out."""
    points = [one.position_mm for one in stack.images if one.position_mm is not None]
    return np.array(points, np.float64).reshape(-1, 3)


def have_same_pixels(first: Stack, second: Stack) -> bool:
    """Check whether two stacks hold the same slices, at the same places."""
    return _contents(first) == _contents(second)


def _contents(stack: Stack) -> set[tuple[object, ...]]:
    return {(one.digest, one.position_mm) for one in stack.images}


def _describe(stack: Stack) -> str:
    first = stack.images[0]
    rows, columns = first.shape
    parts = [stack.kind.name, *_plane(stack)]
    parts.append(f"{len(stack.images)} images of {rows} x {columns}")
    distance = distance_mm(stack)
    if first.spacing_mm is not None and distance is not None:
        parts.append(f"{in_mm((*first.spacing_mm, distance))} mm")
    parts += ["with contrast agent"] * stack.kind.is_enhanced
    return ", ".join([*parts, *["reformatted"] * stack.kind.is_reformatted])


def _plane(stack: Stack) -> tuple[str, ...]:
    orientation = stack.images[0].orientation
    if orientation is None:
        return ()
    normal = np.abs(np.cross(orientation[:3], orientation[3:]))
    return (_PLANES[int(normal.argmax())],)


def _differences(stacks: Sequence[Stack], indices: Sequence[int]) -> list[str]:
    """Tell stacks of equal description apart, as far as their headers allow."""
    alike = [stacks[index] for index in indices]
    numbers = [stack.images[0].numbers[0] for stack in alike]
    texts = [""] * len(alike)
    if len(set(numbers)) == len(numbers):
        texts = [f", series number {number}" for number in numbers]
    times_s = [_acquired_s(stack) for stack in alike]
    known_s = sorted({time for time in times_s if time is not None})
    if len(known_s) > 1:
        for place, time in enumerate(times_s):
            if time is not None:
                texts[place] += _order(known_s, time)
    for place, stack in enumerate(alike):
        if (moved_mm := _distance_apart_mm(alike[0], stack)) >= _APART_MM:
            texts[place] += f", {in_mm([moved_mm])} mm beside {indices[0] + 1}"
        earlier = [n for n in range(place) if have_same_pixels(alike[n], stack)]
        if earlier:
            texts[place] += f", the same images as {indices[earlier[0]] + 1}"
    return texts


def _distance_apart_mm(first: Stack, second: Stack) -> float:
    """Return how far the middles of two stacks are from one another; 0 if unknown."""
    points = points_of(first), points_of(second)
    if not all(map(len, points)):
        return 0.0
    return float(np.linalg.norm(points[0].mean(axis=0) - points[1].mean(axis=0)))


def _acquired_s(stack: Stack) -> float | None:
    times_s = [one.acquired_s for one in stack.images if one.acquired_s is not None]
    return min(times_s, default=None)


def _order(known_s: Sequence[float], time_s: float) -> str:
    """Return how long after the first of them a series was acquired."""
    since_s = time_s - known_s[0]
    if since_s == 0.0:
        return ", acquired first"
    if since_s > _MOST_DAYS * 86400.0:  # one of them has lost its day
        return ""
    for unit, seconds in (("days", 86400.0), ("hours", 3600.0), ("minutes", 60.0)):
        if since_s >= 2.0 * seconds:
            return f", acquired {since_s / seconds:.0f} {unit} later"
    return f", acquired {since_s:.0f} seconds later"
