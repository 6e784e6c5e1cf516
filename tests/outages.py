"""Storage that fails: a small disk, a full one, a database that is held."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest


def run(*command: str) -> bool:
    """Run a program of the system; say whether it did what it should."""
    done = subprocess.run(command, capture_output=True, check=False)  # noqa: S603 - the system's
    return done.returncode == 0


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Path]:
    """Give a disk that is a real one to every program, where one can be made.

    Args:
        folder: Where it is to be.
        size: As mount(8) has it for tmpfs.

    Yields:
        The folder.
    """
    folder.mkdir()
    if not run("mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)):
        pytest.skip("only root can make a small disk")
    yield folder
    assert run("umount", "-l", str(folder))


@contextmanager
def filled(disk: Path) -> Iterator[None]:
    """Leave no room at all."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file:
        for size in (4096, 1):
            with suppress(OSError):
                while True:
                    file.write(bytes(size))
    assert shutil.disk_usage(disk).free == 0
    yield
    ballast.unlink()


_HOLD = """
import sqlite3, sys
held = sqlite3.connect(sys.argv[1], isolation_level=None)
held.execute("BEGIN EXCLUSIVE")
print("locked", flush=True)
sys.stdin.read()
"""


@contextmanager
def locked(database: Path) -> Iterator[None]:
    """Let another process keep a database of SQLite for itself."""
    command = [sys.executable, "-c", _HOLD, str(database)]
    with subprocess.Popen(  # noqa: S603 - our own program
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == b"locked\n"
        yield
        process.communicate()
