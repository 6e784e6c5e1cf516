"""Cores of a node for processes that would else take all of them, each.

Engines and libraries of arithmetic start a thread for each core that their process may
use. Ray counts cores and leaves it at that, so that ten processes of one core each
would start a hundred threads on a node of ten.
"""

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

_FOLDER: Final = "alzer-cores"

# Their locks last as long as the process, and end with it however it ends.
_HELD: Final[list[int]] = []


def claim_cores(count: int, folder: Path | None = None) -> frozenset[int]:
    """Keep this process, and those that it starts, on cores of their own.

    Args:
        count: How many.
        folder: Where it is noted which are taken; the same for all of a node.

    Returns:
        The cores; where fewer are free, those that the process had before.
    """
    usable = sorted(os.sched_getaffinity(0))
    locks = list(_claims(usable, count, folder or _usual_folder()))
    if len(locks) < count:
        for lock in locks:
            os.close(lock[1])
        return frozenset(usable)
    _HELD.extend(descriptor for _, descriptor in locks)
    cores = frozenset(core for core, _ in locks)
    _keep_to(cores)
    return cores


def _keep_to(cores: frozenset[int]) -> None:
    # Each thread has cores of its own; new ones have those of the thread that starts
    # them, which may be another one than this.
    for thread in Path("/proc/self/task").iterdir():
        with suppress(ProcessLookupError):
            os.sched_setaffinity(int(thread.name), cores)


def _claims(cores: list[int], count: int, folder: Path) -> Iterator[tuple[int, int]]:
    found = 0
    for core in cores:
        if found == count:
            return
        descriptor = _lock(folder / f"core-{core}")
        if descriptor is not None:
            found += 1
            yield core, descriptor


def _lock(path: Path) -> int | None:
    try:
        path.parent.mkdir(mode=0o700, exist_ok=True)
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        descriptor = os.open(path, flags, 0o600)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return None
    return descriptor


def _usual_folder() -> Path:
    return Path(tempfile.gettempdir(), f"{_FOLDER}-{os.getuid()}")
