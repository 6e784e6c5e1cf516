"""Waiting for what decoding processes do by themselves."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from alzer.decoding.pool import DecodingPool

Found = TypeVar("Found")


def wait_until(look: Callable[[], Found], seconds: float = 60.0) -> Found:
    """Look again and again until there is something, and give it.

    Raises:
        AssertionError: There never was.
    """
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := look():
            return found
        time.sleep(0.01)
    message = "what was waited for did not come"
    raise AssertionError(message)


def computing(pool: DecodingPool) -> list[int]:
    """Name the processes that compute, rather than wait for a file."""
    return [each for each in pool.process_ids if _state(each) != "S"]


def wait_until_idle(pool: DecodingPool, count: int) -> None:
    """Wait until so many processes have started and wait for files."""
    wait_until(lambda: all(_is_idle(pool, count) for _ in range(10)))


def _is_idle(pool: DecodingPool, count: int) -> bool:
    time.sleep(0.01)  # one that starts waits now and then as well
    return len(pool.process_ids) == count and not computing(pool)


def _state(pid: int) -> str:
    # Source: proc_pid_stat(5): the name in brackets, then R, S or others.
    try:
        stat = Path(f"/proc/{pid}/stat").read_text("ascii")
    except FileNotFoundError:  # it has ended since
        return "S"
    return stat.rpartition(")")[2].split()[0]
