"""Processes that decode are kept, and replaced when a file has broken one."""

import gzip
import math
import os
import signal
import struct
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from pydicom.encaps import encapsulate
from pydicom.uid import RLELossless

from alzer.cancellation import Cancellation, Cancelled
from alzer.decoding.pool import DecodingPool, LargeFile
from alzer.errors import (
    DamagedFile,
    Overloaded,
    TooDemanding,
    TooManyPixels,
    UnusableScan,
)
from alzer.scans.formats import read_slice
from alzer.scans.reduction import MOST_PIXELS
from alzer.settings import DecodingLimits, Limits
from decoding.taken_over import say_instead, start_instead
from hostile.bombs import long_sequence
from phantoms import (
    as_dicom,
    as_jpeg,
    as_nifti,
    as_picture,
    as_png,
    dicom_dataset,
    draw_brain,
    save_dicom,
)
from processes import memory_mb
from waiting import computing, wait_until, wait_until_idle

LIMITS = Limits()
DICOM = as_dicom(draw_brain())
LARGE = draw_brain().repeat(12, 0).repeat(12, 1)  # 5 million pixels
NIFTI = as_nifti((draw_brain().T * 4000).astype(np.uint16))


@pytest.fixture(scope="module")
def pool() -> Iterator[DecodingPool]:
    """Return a pool of two processes."""
    pool = DecodingPool(DecodingLimits(), 2)
    yield pool
    pool.close()


@pytest.mark.parametrize(
    "data",
    [DICOM, NIFTI, gzip.compress(NIFTI), as_png(draw_brain()), as_jpeg(draw_brain())],
    ids=["DICOM", "NIfTI", "gzip", "PNG", "JPEG"],
)
def test_a_scan_is_the_same_wherever_it_is_read(
    pool: DecodingPool, data: bytes
) -> None:
    here, there = read_slice(data, LIMITS), pool.read(data, LIMITS)

    assert np.array_equal(here.pixels, there.pixels)
    for name in ("format", "display_range", "spacing_mm", "notes"):
        assert getattr(here, name) == getattr(there, name)
    assert str(here.affine) == str(there.affine)
    assert here.warnings == there.warnings


@pytest.mark.parametrize(
    "data", [b"", b"text" * 99, DICOM[:900], NIFTI[:900], as_nifti(np.ones((3, 4, 5)))]
)
def test_a_refusal_is_the_same_wherever_it_is_made(
    pool: DecodingPool, data: bytes
) -> None:
    with pytest.raises(UnusableScan) as here:
        read_slice(data, LIMITS)
    with pytest.raises(UnusableScan) as there:
        pool.read(data, LIMITS)

    assert type(there.value) is type(here.value)
    assert there.value.message == here.value.message


@pytest.mark.parametrize(
    "data",
    [
        as_png(LARGE),
        as_picture(LARGE, "TIFF"),
        as_dicom(LARGE),
        gzip.compress(as_nifti((LARGE.T * 4000).astype(np.uint16)), 1),
        as_png(draw_brain()) + bytes(17 * 2**20),
    ],
    ids=["PNG", "TIFF", "DICOM", "NIfTI", "long file"],
)
def test_large_files_are_told_by_their_headers_and_read_apart(
    pool: DecodingPool, data: bytes
) -> None:
    with pytest.raises(LargeFile):
        pool.read_small(data, LIMITS)
    here, there = read_slice(data, LIMITS), pool.read(data, LIMITS)

    assert here.shape == there.shape
    assert math.prod(there.shape) <= MOST_PIXELS
    assert np.array_equal(here.pixels, there.pixels)
    assert here.notes == there.notes


def taken(pool: DecodingPool) -> int:
    """Count the processes that were given a file and have not been given back."""
    # A process that computes may only be tidying up behind its answer.
    with pool._changed:  # noqa: SLF001 - nobody else knows which are taken
        return len(pool._all) - len(pool._idle)  # noqa: SLF001 - likewise


def test_of_large_files_one_is_read_at_a_time(pool: DecodingPool) -> None:
    pool.open()
    wait_until_idle(pool, 2)
    wait_until(lambda: taken(pool) == 0)  # the pool knows of both
    data, at_work = as_png(LARGE.repeat(2, 0).repeat(2, 1)), []
    with ThreadPoolExecutor(3) as others:
        reading = [others.submit(pool.read_large, data, LIMITS) for _ in range(3)]
        while not all(each.done() for each in reading):
            at_work.append(taken(pool))
            time.sleep(0.001)  # the decoders may have no other core

    assert {each.result().shape for each in reading} == {(1248, 1056)}
    assert max(at_work) == 1


def test_what_is_over_the_limits_is_refused_by_those_limits(pool: DecodingPool) -> None:
    with pytest.raises(TooManyPixels, match=r"limit of 4 million"):
        pool.read(as_png(LARGE), Limits(max_pixels=4_000_000))


SHAPE = (6656, 5632)  # 37 million pixels


def large_picture() -> bytes:
    return as_png(draw_brain().repeat(32, 0).repeat(32, 1))


def large_volume(kind: type[np.generic]) -> bytes:
    values = (draw_brain().repeat(32, 0).repeat(32, 1).T * 4000.0).astype(kind)
    return gzip.compress(as_nifti(values), 1)


def large_run_lengths() -> bytes:
    """Return an image of 16 bits with a sign, in runs of 128 bytes."""
    runs = np.full((math.prod(SHAPE) // 128, 2), 129, np.uint8)
    runs[:, 1] = np.random.default_rng(0).integers(0, 9, len(runs))
    segment = runs.tobytes()
    frame = struct.pack("<3L", 2, 64, 64 + len(segment)).ljust(64, b"\0") + 2 * segment
    dataset = dicom_dataset(draw_brain(), PixelRepresentation=1)
    dataset.Rows, dataset.Columns = SHAPE
    dataset.PixelData = encapsulate([frame])
    dataset["PixelData"].VR = "OB"
    dataset["PixelData"].is_undefined_length = True
    dataset.file_meta.TransferSyntaxUID = RLELossless
    return save_dicom(dataset)


@pytest.mark.parametrize(
    ("large", "most_mb"),
    [
        (large_picture, 90.0),
        (lambda: large_volume(np.uint16), 120.0),
        (lambda: large_volume(np.float32), 60.0),
        (large_run_lengths, 190.0),
    ],
    ids=["PNG", "16 bits", "float32", "run lengths"],
)
def test_the_largest_files_take_a_decoder_little_more_than_their_pixels(
    large: Callable[[], bytes], most_mb: float
) -> None:
    pool = DecodingPool(DecodingLimits(), 1)
    pool.read(DICOM, LIMITS)
    (decoder,) = pool.process_ids
    before_mb = memory_mb("VmRSS", decoder)
    scan = pool.read(large(), LIMITS)
    taken_mb = memory_mb("VmHWM", decoder) - before_mb
    kept_mb = memory_mb("VmRSS", decoder) - before_mb
    pool.close()

    assert math.prod(scan.shape) <= MOST_PIXELS
    assert taken_mb < most_mb
    assert kept_mb < 25.0


def test_a_decoder_killed_while_idle_costs_no_file(pool: DecodingPool) -> None:
    pool.open()
    wait_until_idle(pool, 2)
    victim = min(pool.process_ids)
    os.kill(victim, signal.SIGKILL)
    os.waitid(os.P_PID, victim, os.WEXITED | os.WNOWAIT)
    for _ in range(20):
        assert pool.read(DICOM, LIMITS).shape == (208, 176)

    wait_until(lambda: len(pool.process_ids - {victim}) == 2)


def test_a_decoder_killed_in_a_file_costs_that_file_alone(pool: DecodingPool) -> None:
    pool.open()
    wait_until_idle(pool, 2)
    with ThreadPoolExecutor(1) as other:
        long = other.submit(pool.read, long_sequence(2_000_000), LIMITS)
        (victim,) = wait_until(lambda: computing(pool))
        os.kill(victim, signal.SIGKILL)
        started = time.monotonic()

        assert pool.read(DICOM, LIMITS).shape == (208, 176)
        assert time.monotonic() - started < 15.0  # 0.01 s where nothing else runs
        with pytest.raises(TooDemanding):
            long.result()
    wait_until(lambda: len(pool.process_ids - {victim}) == 2)
    assert pool.read(DICOM, LIMITS).shape == (208, 176)


def test_a_file_that_is_given_up_frees_its_decoder_at_once(
    pool: DecodingPool,
) -> None:
    pool.open()
    wait_until_idle(pool, 2)
    cancellation = Cancellation()

    with ThreadPoolExecutor(1) as other:
        file, check = long_sequence(2_000_000), cancellation.check
        long = other.submit(pool.read_small, file, LIMITS, check)
        wait_until(lambda: computing(pool))
        started = time.monotonic()
        cancellation.cancel()
        with pytest.raises(Cancelled):
            long.result()
        took_s = time.monotonic() - started

    assert took_s < 10.0  # 0.1 s where nothing else runs
    assert pool.read(DICOM, LIMITS).shape == (208, 176)


def test_who_waits_for_a_decoder_can_be_given_up() -> None:
    cancellation, pool = Cancellation(), DecodingPool(DecodingLimits(), 0)

    with ThreadPoolExecutor(1) as other:
        waiting = other.submit(pool.read_small, DICOM, LIMITS, cancellation.check)
        wait_until(lambda: pool.process_ids == frozenset())
        time.sleep(0.1)
        cancellation.cancel()
        with pytest.raises(Cancelled):
            waiting.result(1.0)
    pool.close()


def test_a_decoder_that_speaks_strangely_reads_nobody_elses_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    say_instead(monkeypatch, tmp_path, struct.pack("<QQ", 0, 2**50))
    pool = DecodingPool(DecodingLimits(), 1)
    pool.open()
    wait_until(lambda: len(pool.process_ids) == 1)
    taken_over = pool.process_ids
    with pytest.raises(DamagedFile):
        pool.read(DICOM, LIMITS)

    assert pool.read(DICOM, LIMITS).shape == (208, 176)
    assert not taken_over & pool.process_ids
    pool.close()


@pytest.mark.parametrize("unasked", [b"\0" * 16, b"x"])
def test_a_decoder_that_speaks_unasked_is_replaced(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, unasked: bytes
) -> None:
    begun = say_instead(monkeypatch, tmp_path, b"", unasked=unasked)
    pool = DecodingPool(DecodingLimits(), 1)

    assert pool.read(DICOM, LIMITS).shape == (208, 176)
    assert begun.exists()
    pool.close()


def test_what_fails_to_start_is_started_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    begun = start_instead(monkeypatch, tmp_path, "exit 1")
    pool = DecodingPool(DecodingLimits(), 2)

    assert pool.read(DICOM, LIMITS).shape == (208, 176)
    assert begun.exists()
    wait_until(lambda: len(pool.process_ids) == 2)
    pool.close()


def test_a_program_that_is_missing_may_come_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    right = sys.executable
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    pool = DecodingPool(DecodingLimits(), 1)
    pool.open()
    time.sleep(0.2)
    assert not pool.process_ids
    monkeypatch.setattr(sys, "executable", right)

    assert pool.read(DICOM, LIMITS).shape == (208, 176)
    pool.close()


def test_nobody_waits_long_for_a_decoder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    pool = DecodingPool(DecodingLimits(seconds=0.1), 1)
    started = time.monotonic()
    with pytest.raises(Overloaded):
        pool.read(DICOM, LIMITS)

    assert time.monotonic() - started < 15.0
    pool.close()


def test_a_closed_pool_leaves_no_process() -> None:
    pool = DecodingPool(DecodingLimits(), 2)
    pool.read(DICOM, LIMITS)
    ids = pool.process_ids
    pool.close()

    assert ids
    for each in ids:
        assert not Path(f"/proc/{each}").exists()


def test_a_closed_pool_starts_nothing_again() -> None:
    pool = DecodingPool(DecodingLimits(), 2)
    pool.close()
    with pytest.raises(Overloaded):
        pool.read(DICOM, LIMITS)

    assert not pool.process_ids


def test_closing_ends_what_is_being_read_and_who_waits() -> None:
    pool = DecodingPool(DecodingLimits(), 1)
    pool.open()
    wait_until_idle(pool, 1)
    with ThreadPoolExecutor(2) as others:
        long = others.submit(pool.read, long_sequence(2_000_000), LIMITS)
        wait_until(lambda: computing(pool))
        waiting = others.submit(pool.read, long_sequence(2), LIMITS)
        started = time.monotonic()
        threading.Timer(0.5, pool.close).start()
        with pytest.raises(UnusableScan):
            long.result()
        with pytest.raises(Overloaded):
            waiting.result()

    assert time.monotonic() - started < 10.0
    assert not pool.process_ids


def test_what_is_too_large_does_not_reach_a_decoder() -> None:
    pool = DecodingPool(DecodingLimits(), 1)
    with pytest.raises(UnusableScan):
        pool.read(DICOM, Limits(max_file_bytes=10))
    with pytest.raises(UnusableScan):
        pool.read(b"", LIMITS)

    assert not pool.process_ids
