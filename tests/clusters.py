"""Clusters of Ray that tests start, and what of them can be killed."""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from cores import ALL_CORES

TESTS: Final = Path(__file__).resolve().parent

_STARTED: Final[dict[Path, list[subprocess.Popen[bytes]]]] = {}

# Every process has less to start with than Ray's own default; nothing large travels.
_SMALL: Final = {
    "RAY_ENABLE_WORKER_PRESTART": "0",
    "RAY_prestart_worker_first_driver": "0",
    "RAY_USAGE_STATS_ENABLED": "0",
}


@contextmanager
def ray_folder() -> Iterator[Path]:
    """Give a folder for Ray: its sockets have paths of at most 107 bytes.

    What has been started with it and still runs is killed and reaped at the end.
    """
    with tempfile.TemporaryDirectory(
        prefix="ray-", ignore_cleanup_errors=True
    ) as folder:
        try:
            yield Path(folder)
        finally:
            for pid in processes_of(Path(folder)):
                kill(pid)
            for process in _STARTED.pop(Path(folder), []):
                process.communicate()


def ray_environment(folder: Path, **more: str) -> dict[str, str]:
    """Return the environment of a process that starts or joins a cluster."""
    path = os.pathsep.join(map(str, (TESTS / "ray_imports", TESTS)))
    return {
        **os.environ,
        **_SMALL,
        "PYTHONPATH": path,
        "RAY_TMPDIR": str(folder),
        "TMPDIR": str(folder),
        "OMP_NUM_THREADS": "1",
        **more,
    }


def start(words: list[str], folder: Path, **settings: str) -> subprocess.Popen[bytes]:
    """Start the program; it is in a folder of its own and can be killed alone.

    It has all cores, so that its pools work side by side.
    """
    command = [sys.executable, "-m", "alzer.cli", *words]
    process = subprocess.Popen(  # noqa: S603 - our own program
        command,
        env=ray_environment(folder, **settings),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    os.sched_setaffinity(process.pid, ALL_CORES)
    _STARTED.setdefault(folder, []).append(process)
    return process


def processes_of(folder: Path) -> list[int]:
    """Return the processes, other than this, that were started with such a folder."""
    wanted = f"RAY_TMPDIR={folder}\0".encode()
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if (
                wanted in (path / "environ").read_bytes()
                and int(path.name) != os.getpid()
            ):
                found.append(int(path.name))
    return found


def workers_at_heads(folder: Path) -> list[int]:
    """Return the processes that are analysing whole heads now, the oldest first."""
    return [
        pid
        for pid in sorted(processes_of(folder))
        if b"MapBatches(heads)).submit" in _command_of(pid)
    ]


def kill(pid: int) -> None:
    """End a process at once, as a node without power does."""
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def _command_of(pid: int) -> bytes:
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    return b""
