"""Which of several stacks is the T1-weighted scan of a head."""

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np

from alzer.errors import SeveralSeries
from alzer.scans.grid import LEAST_EXTENT_MM, MOST_SPACING_MM
from alzer.scans.listing import CHOOSE, listed, taken
from alzer.scans.series.describing import (
    describe,
    distance_mm,
    points_of,
)
from alzer.scans.series.grouping import Stack
from alzer.scans.series.kinds import T1

# Fewer images are no volume: scouts, single slices, and the ends of incomplete series.
LEAST_IMAGES: Final = 8

# Slices closer than this are of a scan in three dimensions. Where there is one, thick
# slices beside it are not asked for.
THIN_MM: Final = 2.0


def volumes_of(stacks: Sequence[Stack]) -> list[Stack]:
    """Return the stacks that have enough images for a volume."""
    return [stack for stack in stacks if len(stack.images) >= LEAST_IMAGES]


def choose(
    stacks: Sequence[Stack], series: str | None, others: Sequence[str] = ()
) -> tuple[Stack, str]:
    """Choose the stack that is a T1-weighted scan of a head.

    Args:
        stacks: Those with enough images for a volume, at least one.
        series: The number of one of them, counted from 1, or the identifier of its
            series; None to choose by header and geometry.
        others: What volumes of other formats there are, numbered behind the stacks.

    Returns:
        The stack, and a note on the choice; empty where there was none.

    Raises:
        UnusableScan: The only stack, or the one that was asked for, is of another
            kind than is needed.
        SeveralSeries: Which one is meant is not sure.
    """
    found = (*describe(stacks), *others)
    if series is not None:
        stack = _asked_for(stacks, series, found)
    elif len(stacks) == 1:
        (stack,) = stacks
    else:
        stack = _best(stacks, found)
    if stack.kind.refusal is not None:
        raise stack.kind.refusal
    if len(found) == 1:
        return stack, ""
    return stack, taken(stacks.index(stack), found)


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
        message = f"There is no series of that name. {listed(found)}"
        raise SeveralSeries(message, found)
    if len(chosen) > 1:
        message = (
            f"That series holds several stacks of slices; {CHOOSE}. {listed(found)}"
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
    if usable:
        problem, advice = "more than one may be", CHOOSE
    else:
        problem, advice = "none is", "send the T1-weighted series"
    message = (
        f"The files hold {len(found)} scans, and {problem} a T1-weighted scan of a "
        f"head; {advice}. {listed(found)}"
    )
    raise SeveralSeries(message, found)


def _covers_head(stack: Stack) -> bool:
    """Check roughly; a series that lacks slices may be chosen, and is refused then."""
    spacing_mm, points = stack.images[0].spacing_mm, points_of(stack)
    if spacing_mm is None or len(points) < 2:
        return False
    sizes_mm = np.multiply(stack.images[0].shape, spacing_mm)
    stacked_mm = np.linalg.norm(np.ptp(points, axis=0))
    is_fine = (distance_mm(stack) or 0.0) <= MOST_SPACING_MM
    return bool(min(*sizes_mm, stacked_mm) >= LEAST_EXTENT_MM) and is_fine


def _is_t1(stack: Stack) -> bool:
    return stack.kind.t1 is T1.YES


def _is_original(stack: Stack) -> bool:
    return not stack.kind.is_reformatted


def _is_without_contrast_agent(stack: Stack) -> bool:
    return not stack.kind.is_enhanced


def _is_thin(stack: Stack) -> bool:
    distance = distance_mm(stack)
    return distance is not None and distance <= THIN_MM


# Asked one after another, each as long as some of the stacks pass.
_PREFERENCES: Final[tuple[Callable[[Stack], bool], ...]] = (
    _covers_head, _is_t1, _is_thin, _is_original, _is_without_contrast_agent,
)  # fmt: skip
