"""Cores that processes of one node divide among themselves."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

PROGRAM = """
import os, sys, threading
from pathlib import Path
from alzer.backends.ray.cores import claim_cores
found = []
claim = lambda: found.append(claim_cores({count}, Path({folder!r})))
one = threading.Thread(target=claim)
one.start(); one.join()
print(sorted(found[0]), sorted(os.sched_getaffinity(0)), flush=True)
sys.stdin.read()
"""


@pytest.fixture
def claims() -> Iterator[list[subprocess.Popen[str]]]:
    started: list[subprocess.Popen[str]] = []
    yield started
    for process in started:
        process.kill()
        process.communicate()


def claim(claims: list[subprocess.Popen[str]], folder: Path, count: int = 1) -> str:
    """Claim in a process that stays, and return what it has."""
    program = PROGRAM.format(count=count, folder=str(folder))
    process = subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-c", program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    claims.append(process)
    assert process.stdout
    return process.stdout.readline()


@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="one core")
def test_a_core_is_taken_once_and_free_when_its_process_is_killed(
    claims: list[subprocess.Popen[str]], tmp_path: Path
) -> None:
    folder = tmp_path / "cores"
    first, second = claim(claims, folder), claim(claims, folder)
    claims[0].kill()
    claims[0].wait()
    time.sleep(0.1)
    third = claim(claims, folder)

    assert first != second
    assert third == first
    assert first.split("] ")[0] + "]\n" == first.split("] ")[1]  # of all its threads


def test_more_cores_than_there_are_leave_a_process_as_it_was(
    claims: list[subprocess.Popen[str]], tmp_path: Path
) -> None:
    usable = sorted(os.sched_getaffinity(0))
    told = claim(claims, tmp_path / "cores", count=len(usable) + 1)

    assert told == f"{usable} {usable}\n"
