"""Which of several stacks is the T1-weighted scan of a head."""

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from alzer.errors import SeveralSeries
from alzer.scans.grid import LEAST_EXTENT_MM, MOST_SPACING_MM
from alzer.scans.series.grouping import Stack
from alzer.scans.series.kinds import T1

# Fewer images are no volume: scouts, single slices, and the ends of incomplete series.
LEAST_IMAGES: Final = 8

# Slices closer than this are of a scan in three dimensions. Where there is one, thick
# slices beside it are not asked for.
THIN_MM: Final = 2.0

_MOST_LISTED: Final = 20


def volumes_of(stacks: Sequence[Stack]) -> list[Stack]:
    """Return the stacks that have enough images for a volume."""
    return [stack for stack in stacks if len(stack.images) >= LEAST_IMAGES]


def choose(stacks: Sequence[Stack], series: str | None) -> tuple[Stack, str]:
    """Choose the stack that is a T1-weighted scan of a head.

    Args:
        stacks: Those with enough images for a volume, at least one.
        series: The number of one of them, counted from 1, or the identifier of its
            series; None to choose by header and geometry.

    Returns:
        The stack, and a note on the choice; empty where there was none.

    Raises:
        UnusableScan: The only stack, or the one that was asked for, is of another
            kind than is needed.
        SeveralSeries: Which one is meant is not sure.
    """
    found = tuple(map(_describe, stacks))
    if series is not None:
        stack = _asked_for(stacks, series, found)
    elif len(stacks) == 1:
        (stack,) = stacks
    else:
        stack = _best(stacks, found)
    if stack.kind.refusal is not None:
        raise stack.kind.refusal
    if len(stacks) == 1:
        return stack, ""
    number = stacks.index(stack) + 1
    return stack, (
        f"Of {len(stacks)} series, number {number} was taken: {found[number - 1]}."
    )


def _asked_for(stacks: Sequence[Stack], series: str, found: tuple[str, ...]) -> Stack:
    """Return the stack that was asked for.

    Raises:
        SeveralSeries: There is none, or several are of that series.
    """
    if series.isascii() and series.isdecimal() and 1 <= int(series) <= len(stacks):
        return stacks[int(series) - 1]
    wanted = series.strip().encode()
    chosen = [one for one in stacks if one.images[0].series.strip(b" \0") == wanted]
    if not chosen:
        message = f"There is no series of that name. {_list(found)}"
        raise SeveralSeries(message, found)
    if len(chosen) > 1:
        message = (
            "That series holds several stacks of slices; choose one by its number "
            f"(`series`). {_list(found)}"
        )
        raise SeveralSeries(message, found)
    return chosen[0]


def _best(stacks: Sequence[Stack], found: tuple[str, ...]) -> Stack:
    """Return the only stack that is what is needed.

    Raises:
        SeveralSeries: There is none, or more than one.
    """
    usable = [stack for stack in stacks if stack.kind.refusal is None]
    for is_better in _PREFERENCES:
        usable = [stack for stack in usable if is_better(stack)] or usable
    if len(usable) == 1:
        return usable[0]
    problem = "more than one may be" if usable else "none is"
    message = (
        f"The files hold {len(stacks)} series, and {problem} a T1-weighted scan of a "
        f"head; choose one by its number (`series`). {_list(found)}"
    )
    raise SeveralSeries(message, found)


def _covers_head(stack: Stack) -> bool:
    """Check roughly; a series that lacks slices may be chosen, and is refused then."""
    spacing_mm, points = stack.images[0].spacing_mm, _points(stack)
    if spacing_mm is None or len(points) < 2:
        return False
    sizes_mm = np.multiply(stack.images[0].shape, spacing_mm)
    stacked_mm = np.linalg.norm(np.ptp(points, axis=0))
    is_fine = (_distance_mm(stack) or 0.0) <= MOST_SPACING_MM
    return bool(min(*sizes_mm, stacked_mm) >= LEAST_EXTENT_MM) and is_fine


def _is_t1(stack: Stack) -> bool:
    return stack.kind.t1 is T1.YES


def _is_original(stack: Stack) -> bool:
    return not stack.kind.is_reformatted


def _is_without_contrast_agent(stack: Stack) -> bool:
    return not stack.kind.is_enhanced


def _is_thin(stack: Stack) -> bool:
    distance_mm = _distance_mm(stack)
    return distance_mm is not None and distance_mm <= THIN_MM


# Asked one after another, each as long as some of the stacks pass.
_PREFERENCES: Final[tuple[Callable[[Stack], bool], ...]] = (
    _covers_head, _is_t1, _is_thin, _is_original, _is_without_contrast_agent,
)  # fmt: skip


def _distance_mm(stack: Stack) -> float | None:
    """Return the usual distance between slices; None if it is not known."""
    points = _points(stack)
    # In any order of slices, the nearest other one is a neighbour.
    distances = np.linalg.norm(points[1:] - points[:1], axis=1)
    distances = distances[distances > 0.0]
    return float(distances.min()) if distances.size else None


def _points(stack: Stack) -> NDArray[np.float64]:
    """Return where images lie, shape (image, 3); those that do not say left out."""
    points = [one.position_mm for one in stack.images if one.position_mm is not None]
    return np.array(points, np.float64).reshape(-1, 3)


def _describe(stack: Stack) -> str:
    """Describe a stack in our own words: names of series may name a person."""
    rows, columns = stack.images[0].shape
    text = f"{stack.kind.name}, {len(stack.images)} images of {rows} x {columns}"
    spacing_mm, distance_mm = stack.images[0].spacing_mm, _distance_mm(stack)
    if spacing_mm is not None and distance_mm is not None:
        sizes = (*spacing_mm, distance_mm)
        text += f", {' x '.join(f'{size:.3g}' for size in sizes)} mm"
    if stack.kind.is_enhanced:
        text += ", with contrast agent"
    return text + ", reformatted" * stack.kind.is_reformatted


def _list(found: tuple[str, ...]) -> str:
    lines = [f"{number}: {one}" for number, one in enumerate(found, 1)][:_MOST_LISTED]
    if len(found) > _MOST_LISTED:
        lines.append(f"and {len(found) - _MOST_LISTED} more")
    return f"There are: {'; '.join(lines)}."
