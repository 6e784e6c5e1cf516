"""What it costs to decode in another process, and how soon a broken one is replaced.

Medians of reading a DICOM and a NIfTI.gz file in this process and through a process
that is kept, the time a process takes to start, and how soon the next file is
answered after a decoding process was killed in the middle of a file. Aims: at most
10 ms more than here, and an answer within a second.
"""

import argparse
import gzip
import os
import signal
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from reporting import quantile_ms, report

from alzer.decoding.pool import DecodingPool
from alzer.decoding.process import DecodingProcess
from alzer.errors import TooDemanding
from alzer.scans.formats import read_slice
from alzer.settings import DecodingLimits, Limits

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from hostile.bombs import long_sequence  # noqa: E402 - found by the path above
from phantoms import as_dicom, as_nifti, draw_brain  # noqa: E402 - likewise
from waiting import computing, wait_until, wait_until_idle  # noqa: E402 - likewise

LIMITS = Limits()
PROCESSES = 3

# Reading its sequence would take most of a minute.
ITEMS = 2_000_000


def timed(work: Callable[[], object]) -> float:
    """Return the seconds that something takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def compare(name: str, content: bytes, rounds: int) -> dict[str, float]:
    """Read a file here and elsewhere, in turn.

    Args:
        name: Its format.
        content: The file.
        rounds: How often; three more come first, unmeasured.

    Returns:
        Medians and their difference.
    """
    process = DecodingProcess(DecodingLimits())
    process.wait_until_ready()
    here, there = [], []
    for _ in range(-3, rounds):
        here.append(timed(lambda: read_slice(content)))
        there.append(timed(lambda: process.read(content, LIMITS)))
    process.end()
    near_ms, far_ms = quantile_ms(here[3:]), quantile_ms(there[3:])
    return {
        f"{name} in this process ms": near_ms,
        f"{name} in another process ms": far_ms,
        f"{name} difference ms (aim <= 10)": far_ms - near_ms,
    }


def start_seconds(rounds: int) -> list[float]:
    """Start processes one by one, and time each until files can come."""
    seconds = []
    for _ in range(rounds):
        started = time.perf_counter()
        process = DecodingProcess(DecodingLimits())
        process.wait_until_ready()
        seconds.append(time.perf_counter() - started)
        process.end()
    return seconds


def kill_seconds(content: bytes, endless: bytes, rounds: int) -> list[float]:
    """Kill a process in the middle of a file, and time the next file's answer.

    Args:
        content: The next file.
        endless: The file that is being read.
        rounds: How often.

    Returns:
        Seconds from the kill to the answer.

    Raises:
        SystemExit: The file that was being read was not refused.
    """
    pool, seconds = DecodingPool(DecodingLimits(), PROCESSES), []
    pool.open()
    for _ in range(rounds):
        wait_until_idle(pool, PROCESSES)
        with ThreadPoolExecutor(1) as other:
            broken = other.submit(pool.read, endless, LIMITS)
            (busy,) = wait_until(lambda: computing(pool))
            os.kill(busy, signal.SIGKILL)
            seconds.append(timed(lambda: pool.read(content, LIMITS)))
            if not isinstance(broken.exception(), TooDemanding):
                message = f"The broken file gave {broken.exception()!r}."
                raise SystemExit(message)
    pool.close()
    return seconds


def run(rounds: int) -> dict[str, float]:
    """Measure all.

    Args:
        rounds: How often files are read; a tenth as often processes are broken.

    Returns:
        The figures by name.
    """
    brain = draw_brain()
    dicom = as_dicom(brain)
    nifti = gzip.compress(as_nifti((brain.T * 4000).astype(np.uint16)))
    few = max(3, rounds // 10)
    starts = start_seconds(few)
    answers = kill_seconds(dicom, long_sequence(ITEMS), few)
    return {
        **compare("DICOM", dicom, rounds),
        **compare("NIfTI.gz", nifti, rounds),
        "start of a process s": float(np.median(starts)),
        "next answer after a kill, median ms": quantile_ms(answers),
        "next answer after a kill, longest ms (aim < 1000)": max(answers) * 1000.0,
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    report("decoding", run(chosen.rounds), as_json=chosen.json)


if __name__ == "__main__":
    main()
