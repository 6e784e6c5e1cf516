"""Decoding in processes that can do nothing else."""

import gzip
import os
import signal
import threading
import time
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from alzer.decoding.pool import DecodingPool, DecodingProcess
from alzer.errors import DamagedFile, NotAnImage, TooDemanding, UnusableScan
from alzer.scans.formats import read_scan
from alzer.settings import DecodingLimits, Limits
from phantoms import as_dicom, as_jpeg, as_nifti, as_png, draw_brain

LIMITS = Limits()
DICOM = as_dicom(draw_brain())
NIFTI = as_nifti((draw_brain().T * 4000).astype(np.uint16))


@pytest.fixture(scope="module")
def pool() -> Iterator[DecodingPool]:
    """Give a pool of two processes."""
    pool = DecodingPool(DecodingLimits(), 2)
    yield pool
    pool.close()


@pytest.fixture
def process() -> Iterator[DecodingProcess]:
    """Give a process with little memory and time."""
    process = DecodingProcess(DecodingLimits(2**30, 1.0))
    process.wait_until_ready()
    yield process
    process.end()


@pytest.mark.parametrize(
    "data",
    [DICOM, NIFTI, gzip.compress(NIFTI), as_png(draw_brain()), as_jpeg(draw_brain())],
    ids=["DICOM", "NIfTI", "gzip", "PNG", "JPEG"],
)
def test_a_scan_is_the_same_wherever_it_is_read(
    pool: DecodingPool, data: bytes
) -> None:
    here, there = read_scan(data, LIMITS), pool.read(data, LIMITS)

    assert np.array_equal(here.pixels, there.pixels)
    for name in ("format", "display_range", "spacing_mm", "orientation", "notes"):
        assert getattr(here, name) == getattr(there, name)
    assert here.warnings == there.warnings


@pytest.mark.parametrize(
    "data", [b"", b"text" * 99, DICOM[:900], NIFTI[:900], as_nifti(np.ones((3, 4, 5)))]
)
def test_a_refusal_is_the_same_wherever_it_is_made(
    pool: DecodingPool, data: bytes
) -> None:
    with pytest.raises(UnusableScan) as here:
        read_scan(data, LIMITS)
    with pytest.raises(UnusableScan) as there:
        pool.read(data, LIMITS)

    assert type(there.value) is type(here.value)
    assert there.value.message == here.value.message


def test_a_decoder_has_no_files_no_sockets_and_no_environment(
    process: DecodingProcess,
) -> None:
    process.read(DICOM, LIMITS)
    limits = Path(f"/proc/{process.pid}/limits").read_text(encoding="ascii")
    status = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
    values = {line[:25].strip(): line[25:].split()[:2] for line in limits.splitlines()}

    assert values["Max open files"] == ["3", "3"]
    assert values["Max file size"] == ["0", "0"]
    assert values["Max core file size"] == ["0", "0"]
    assert values["Max address space"] == [str(2**30), str(2**30)]
    assert "NoNewPrivs:\t1" in status
    assert "CapEff:\t0000000000000000" in status
    assert "CapPrm:\t0000000000000000" in status
    assert Path(f"/proc/{process.pid}/cwd").readlink() == Path("/")
    environment = Path(f"/proc/{process.pid}/environ").read_bytes()
    assert b"ALZER" not in environment
    assert b"AWS" not in environment
    assert b"HOME" not in environment


CONFINED = """
import os, socket, sys
sys.stdin.close()
from alzer.decoding.confinement import confine
confine(2**30)
told = []
for attempt in (
    lambda: socket.socket(),
    lambda: open("/etc/hostname"),
    lambda: open("/tmp/alzer-must-not-exist", "w"),
    lambda: os.pipe(),
):
    try:
        attempt()
        told.append("done")
    except OSError as error:
        told.append("refused")
try:
    import resource
    resource.setrlimit(resource.RLIMIT_NOFILE, (99, 99))
    told.append("raised")
except (ValueError, OSError):
    told.append("kept")
try:
    bytearray(2**31)
    told.append("done")
except MemoryError:
    told.append("refused")
print(*told)
"""


def test_what_was_given_up_can_not_be_taken_back() -> None:
    import subprocess  # noqa: PLC0415 - of this test alone
    import sys  # noqa: PLC0415 - likewise

    result = subprocess.run(  # noqa: S603 - our own
        [sys.executable, "-c", CONFINED], capture_output=True, check=True, text=True
    )
    opened = result.stdout.split()

    # One descriptor was closed before, so one could be opened: the next cannot.
    assert opened.count("done") <= 1
    assert opened[3:] == ["refused", "kept", "refused"]


def test_a_process_that_is_killed_is_a_refusal_of_that_file(
    process: DecodingProcess,
) -> None:
    threading.Timer(0.2, os.kill, (process.pid, signal.SIGSEGV)).start()
    with pytest.raises(UnusableScan):
        _read_on(process)

    assert not process.is_alive


def _read_on(process: DecodingProcess) -> None:
    while True:
        process.read(DICOM, LIMITS)


def test_time_is_limited(process: DecodingProcess) -> None:
    os.kill(process.pid, signal.SIGSTOP)  # it hangs
    started = time.monotonic()
    with pytest.raises(TooDemanding, match="memory or time"):
        process.read(DICOM, LIMITS)

    assert time.monotonic() - started < 15
    assert not process.is_alive


def test_memory_is_limited(process: DecodingProcess) -> None:
    bomb = _deflated_dicom(1500 * 2**20)
    assert len(bomb) < 2 * 2**20
    generous = Limits(max_decoded_bytes=2**33, max_pixels=2**33)
    with pytest.raises(UnusableScan):
        process.read(bomb, generous)

    if process.is_alive:
        assert process.read(DICOM, LIMITS).shape == (208, 176)


def _deflated_dicom(size: int) -> bytes:
    plain = as_dicom(draw_brain())
    head = plain[: 144 + int.from_bytes(plain[140:144], "little")]
    head = head.replace(b"1.2.840.10008.1.2.1\0", b"1.2.840.10008.1.2.1.99"[:20])
    packer = zlib.compressobj(9, wbits=-zlib.MAX_WBITS)
    parts = [packer.compress(bytes(2**20)) for _ in range(size >> 20)]
    return head + b"".join(parts) + packer.flush()


def test_a_broken_decoder_is_replaced_and_others_go_on(pool: DecodingPool) -> None:
    pool.read(DICOM, LIMITS)
    victims = list(pool._all)  # noqa: SLF001 - to break one of them
    os.kill(victims[0].pid, signal.SIGKILL)
    os.waitid(os.P_PID, victims[0].pid, os.WEXITED | os.WNOWAIT)
    slowest = 0.0
    for _ in range(20):
        started = time.monotonic()
        assert pool.read(DICOM, LIMITS).shape == (208, 176)
        slowest = max(slowest, time.monotonic() - started)
        time.sleep(0.05)

    assert slowest < 15.0  # 0.1 s where nothing else runs
    for _ in range(1200):
        if len(pool._all - {victims[0]}) == 2:  # noqa: SLF001 - as above
            break
        time.sleep(0.05)
    assert len(pool._all - {victims[0]}) == 2  # noqa: SLF001 - as above


def test_a_closed_pool_leaves_no_process(tmp_path: Path) -> None:
    del tmp_path
    pool = DecodingPool(DecodingLimits(), 1)
    pool.read(DICOM, LIMITS)
    (pid,) = [each.pid for each in pool._all]  # noqa: SLF001 - to look for it
    pool.close()

    assert not Path(f"/proc/{pid}").exists()


def test_what_is_too_large_does_not_reach_a_decoder() -> None:
    pool = DecodingPool(DecodingLimits(), 1)
    with pytest.raises(UnusableScan):
        pool.read(DICOM, Limits(max_file_bytes=10))
    with pytest.raises(UnusableScan):
        pool.read(b"", LIMITS)

    assert not pool._all  # noqa: SLF001 - none was started


def test_errors_keep_their_kind(process: DecodingProcess) -> None:
    with pytest.raises(NotAnImage):
        process.read(b"text" * 99, LIMITS)
    with pytest.raises(DamagedFile):
        process.read(DICOM[:1200], LIMITS)
