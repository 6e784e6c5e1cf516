"""How much memory there is for work on whole heads."""

from pathlib import Path
from typing import Final

# What one whole head takes while it is prepared and analysed, at the most.
_ONE_HEAD_BYTES: Final = 1500 * 2**20

# What a process that works on slices takes, with its model.
_SLICES_BYTES: Final = 400 * 2**20

# More would not be faster: each step uses all cores.
_MOST_AT_ONCE: Final = 2

_GB: Final = 2**30

_OF_MACHINE: Final = Path("/proc/meminfo")
_OF_GROUP: Final = Path("/sys/fs/cgroup")


def heads_at_once(available_bytes: int | None) -> int:
    """Return how many whole heads are worked on at the same time.

    Args:
        available_bytes: Memory that nobody uses; None if that is not known.

    Returns:
        One or two.
    """
    if available_bytes is None:
        return 1
    return max(1, min(_MOST_AT_ONCE, available_bytes // _ONE_HEAD_BYTES))


def head_processes(
    cores: int, slice_processes: int, available_bytes: int | None
) -> int:
    """Return how many processes of this machine work on whole heads, one core each.

    Args:
        cores: That they may have.
        slice_processes: How many work on slices beside them.
        available_bytes: Memory that nobody uses; None if that is not known.

    Returns:
        At least one.

    Examples:
        >>> head_processes(64, 0, 16 * 2**30), head_processes(64, 20, 16 * 2**30)
        (10, 5)
    """
    if available_bytes is None:
        return cores
    left = available_bytes - slice_processes * _SLICES_BYTES
    return max(1, min(cores, left // _ONE_HEAD_BYTES))


def available_bytes(machine: Path = _OF_MACHINE, group: Path = _OF_GROUP) -> int | None:
    """Return the memory that this process may still take.

    Args:
        machine: Where Linux tells the machine's memory.
        group: Where it tells what a container may use.

    Returns:
        The lesser of what the machine has and what a container leaves; None if
        neither is told.
    """
    told = [one for one in (_of_machine(machine), _of_group(group)) if one is not None]
    return min(told, default=None)


def at_most(most_gb: float | None, available: int | None) -> int | None:
    """Return the memory that may be taken where a call sets a bound.

    Args:
        most_gb: The bound, in units of 1024^3 bytes; None: there is none.
        available: What is free, in bytes; None if that is not known.

    Returns:
        The lesser of both, in bytes; None if neither is known.

    Examples:
        >>> at_most(2.0, None) == at_most(None, 2 * 2**30) == at_most(2.0, 9 * 2**30)
        True
    """
    bounds = [] if most_gb is None else [int(most_gb * _GB)]
    return min([*bounds, *([] if available is None else [available])], default=None)


def _of_machine(path: Path) -> int | None:
    # Source: proc_meminfo(5).
    try:
        lines = path.read_text("ascii").splitlines()
        line = next(line for line in lines if line.startswith("MemAvailable:"))
        return int(line.split()[1]) * 1024
    except (OSError, ValueError, StopIteration, IndexError):
        return None


def _of_group(folder: Path) -> int | None:
    # Source: Linux, Control Group v2, memory interface files.
    try:
        most, used = (
            (folder / name).read_text("ascii").strip()
            for name in ("memory.max", "memory.current")
        )
        return int(most) - int(used)
    except (OSError, ValueError):  # without a limit it says "max"
        return None
