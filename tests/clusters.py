"""Clusters of Ray that tests start, and what of them can be killed."""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from cores import ALL_CORES
from waiting import wait_until

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


def wait_for(
    look: Callable[[], list[int]], call: subprocess.Popen[bytes], seconds: float
) -> list[int]:
    """Wait for processes of a call.

    Raises:
        AssertionError: There were none before it ended, or in time.
    """
    found = wait_until(lambda: look() or call.poll() is not None, seconds)
    assert isinstance(found, list), call.communicate()
    return found


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


def workers_at(pool: str, folder: Path) -> list[int]:
    """Return the processes of a pool that are at work now, the oldest first."""
    title = f"MapBatches({pool})).submit".encode()
    return [pid for pid in sorted(processes_of(folder)) if title in _command_of(pid)]


def nodes_of(folder: Path) -> list[int]:
    """Return the nodes that run."""
    return [
        pid
        for pid in processes_of(folder)
        if Path(_command_of(pid).partition(b"\0")[0].decode()).name == "raylet"
    ]


def node_of(pid: int) -> int:
    """Return the process that started a worker: its node."""
    # Source: proc_pid_stat(5).
    with suppress(OSError):
        stat = Path(f"/proc/{pid}/stat").read_text("ascii", errors="replace")
        return int(stat.rpartition(")")[2].split()[1])
    return 0


def kill(pid: int) -> None:
    """End a process at once, as a node without power does."""
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def _command_of(pid: int) -> bytes:
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    return b""


def start_node(folder: Path, words: list[str], settings: dict[str, str]) -> None:
    """Start a node of one core; its processes stay until they are killed."""
    command = [
        *(sys.executable, "-m", "ray.scripts.scripts", "start", "--num-cpus=1"),
        *("--disable-usage-stats", "--object-store-memory=83886080"),
        *("--node-ip-address=127.0.0.1", *words),
    ]
    if "--head" in words:
        command.append("--include-dashboard=false")
    started = subprocess.run(  # noqa: S603 - Ray's own
        command,
        env=ray_environment(folder, **settings),
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=600,
    )
    assert started.returncode == 0, started.stdout.decode()
