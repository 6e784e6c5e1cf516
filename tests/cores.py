"""The cores of processes that run tests side by side."""

import os
from typing import Final

# Of this process when it began, before it was given one of its own.
ALL_CORES: Final = frozenset(os.sched_getaffinity(0))


def take_core(number: int) -> None:
    """Keep this process, and what it starts, on one core.

    Two networks that each want all cores take several times as long as one by one.
    """
    cores = sorted(ALL_CORES)
    os.sched_setaffinity(0, {cores[number % len(cores)]})
