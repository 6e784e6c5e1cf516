"""Volumes are read in decoding processes, from any number of files."""

import gzip
import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from pydicom.uid import UID, JPEGLSLossless, RLELossless

from alzer.decoding.messages import HEAD, MalformedAnswer, pack_volume, unpack_scan
from alzer.decoding.pool import DecodingPool
from alzer.decoding.process import DecodingProcess
from alzer.errors import (
    SeveralScans,
    SeveralSeries,
    TooDemanding,
    TooManyBytes,
    UnusableScan,
)
from alzer.scans.reading import File, read_scan
from alzer.scans.slice import Slice
from alzer.scans.volume import Volume
from alzer.settings import DecodingLimits, Limits
from hostile.bombs import long_sequence
from phantoms import as_dicom, as_nifti, as_png, draw_brain, save_dicom
from processes import memory_mb
from volume_files import (
    affine_of,
    as_enhanced,
    as_mgh,
    as_pair,
    as_series,
    as_zip,
    enhanced_dataset,
    named,
    stored,
)
from waiting import computing, wait_until, wait_until_idle

LIMITS = Limits()
AFFINE = affine_of((1, 2, 0), (1, -1, -1))
VALUES = stored(AFFINE)
SERIES = as_series(AFFINE)


def compressed(syntax: UID) -> bytes:
    dataset = enhanced_dataset(AFFINE)
    dataset.compress(syntax, generate_instance_uid=False)
    return save_dicom(dataset)


FILES = {
    "NIfTI": [File(as_nifti(VALUES, AFFINE))],
    "MGZ": [File(gzip.compress(as_mgh(VALUES, AFFINE)))],
    "pair": list(map(File, as_pair(VALUES, AFFINE), ("Jane.hdr", "Jane.img"))),
    "parts": list(map(File, SERIES)),
    "zip": [File(as_zip(named(SERIES)))],
    "enhanced": [File(as_enhanced(AFFINE))],
    "run lengths": [File(compressed(RLELossless))],
    "JPEG-LS": [File(compressed(JPEGLSLossless))],
    "a slice": [File(as_dicom(draw_brain()))],
    "a picture": [File(as_png(draw_brain()))],
}


class Left(Exception):
    """Nobody waits any more."""


@pytest.fixture(scope="module")
def pool() -> Iterator[DecodingPool]:
    """Return a pool of two processes."""
    pool = DecodingPool(DecodingLimits(), 2)
    yield pool
    pool.close()


@pytest.mark.parametrize("name", FILES)
def test_a_scan_is_the_same_wherever_it_is_read(pool: DecodingPool, name: str) -> None:
    here, there = read_scan(FILES[name]), pool.read_scan(FILES[name], LIMITS)

    assert type(there) is type(here)
    for field, value in vars(here).items():
        assert np.array_equal(getattr(there, field), value)


@pytest.mark.parametrize(
    "files",
    [
        [File(b"")],
        [File(b"text" * 99)],
        [File(as_nifti(VALUES, AFFINE)[:-9])],
        list(map(File, SERIES[:7] + SERIES[9:])),
        [File(as_zip({"../a": SERIES[0]}))],
        [File(as_dicom(draw_brain())), File(as_dicom(draw_brain(seed=2)))],
    ],
)
def test_a_refusal_is_the_same_wherever_it_is_made(
    pool: DecodingPool, files: list[File]
) -> None:
    with pytest.raises(UnusableScan) as here:
        read_scan(files)
    with pytest.raises(UnusableScan) as there:
        pool.read_scan(files, LIMITS)

    assert type(there.value) is type(here.value)
    assert there.value.message == here.value.message


def test_a_list_of_series_arrives_and_one_is_chosen(pool: DecodingPool) -> None:
    other = as_series(AFFINE, SeriesInstanceUID="1.2.3.5", SeriesNumber=9)
    files = list(map(File, SERIES + other))
    with pytest.raises(SeveralSeries) as refused:
        pool.read_scan(files, LIMITS)
    chosen = pool.read_scan(files, LIMITS, "1.2.3.5")

    assert len(refused.value.found) == 2
    assert "number 2 was taken" in chosen.warnings[0]


def test_separate_slices_are_no_scan(pool: DecodingPool) -> None:
    files = [File(as_png(draw_brain())), File(as_png(draw_brain(seed=1)))]
    with pytest.raises(SeveralScans):
        pool.read_scan(files, LIMITS)


def test_what_is_too_large_together_does_not_reach_a_decoder() -> None:
    pool = DecodingPool(DecodingLimits(), 1)
    with pytest.raises(TooManyBytes):
        pool.read_scan(FILES["parts"], Limits(max_files=3))

    assert not pool.process_ids


LONG = File(long_sequence(2_000_000))  # takes seconds


@pytest.mark.parametrize("files", [[LONG], [LONG, File(SERIES[0])]], ids=["one", "two"])
def test_who_leaves_frees_the_process_within_a_second(
    pool: DecodingPool, files: list[File]
) -> None:
    pool.open()
    wait_until_idle(pool, 2)
    stop = threading.Event()

    def leave() -> None:
        if stop.is_set():
            raise Left

    with ThreadPoolExecutor(1) as other:
        reading = other.submit(pool.read_scan, files, LIMITS, None, leave)
        (victim,) = wait_until(lambda: computing(pool))
        stop.set()
        started = time.monotonic()
        with pytest.raises(Left):
            reading.result()

    assert time.monotonic() - started < 5.0  # 0.2 s where nothing else runs
    wait_until(lambda: len(pool.process_ids - {victim}) == 2)
    assert isinstance(pool.read_scan(FILES["zip"], LIMITS), Volume)


def test_a_slice_is_read_while_a_volume_is(pool: DecodingPool) -> None:
    pool.open()
    wait_until_idle(pool, 2)
    with ThreadPoolExecutor(1) as other, pool._turn_for_volume(lambda: None):  # noqa: SLF001 - a volume that takes as long as is needed
        waiting = other.submit(pool.read_scan, FILES["zip"], LIMITS)
        scan = pool.read(as_dicom(draw_brain()), LIMITS)
        assert not waiting.done()

    assert scan.shape == (208, 176)
    assert isinstance(waiting.result(), Volume)


def test_a_volume_has_a_time_of_its_own() -> None:
    process = DecodingProcess(DecodingLimits(seconds=60.0, volume_seconds=0.2))
    process.wait_until_ready()
    with pytest.raises(TooDemanding):
        process.read_scan([LONG], LIMITS)
    process.end()


def test_a_large_volume_takes_a_decoder_little_more_than_its_voxels() -> None:
    values = np.tile(VALUES, (8, 8, 8)).astype(np.int16)  # 4.4 million voxels
    files = [File(gzip.compress(as_nifti(values, AFFINE / 8.0), 1))]
    pool = DecodingPool(DecodingLimits(), 1)
    pool.read_scan(FILES["NIfTI"], LIMITS)
    (decoder,) = pool.process_ids
    before_mb = memory_mb("VmRSS", decoder)
    volume = pool.read_scan(files, LIMITS)
    taken_mb = memory_mb("VmHWM", decoder) - before_mb
    kept_mb = memory_mb("VmRSS", decoder) - before_mb
    pool.close()

    assert isinstance(volume, Volume)
    assert volume.voxels.shape == values.shape
    # Stored values of 2 bytes, floats of 4, the file, and what is computed on the way.
    assert taken_mb < 1.7 * values.size * 6 / 1e6
    assert kept_mb < 25.0


def answer(**changes: object) -> tuple[bytes, bytes]:
    """Return a volume's answer with some fields changed."""
    head, content = pack_volume(Volume(np.ones((3, 4, 5), np.float32), AFFINE, "MGH"))
    fields = {**json.loads(head[HEAD.size :]), **changes}
    return json.dumps(fields).encode(), bytes(content)


def test_a_volume_arrives_as_it_was_sent() -> None:
    voxels = np.arange(60, dtype=np.float32).reshape(3, 4, 5)
    sent = Volume(
        voxels, AFFINE, "DICOM", ("a note",), ("a warning",), tells_sides=False
    )
    head, content = pack_volume(sent)
    arrived = unpack_scan(head[HEAD.size :], bytes(content), LIMITS)

    for field, value in vars(sent).items():
        assert np.array_equal(getattr(arrived, field), value)


@pytest.mark.parametrize(
    "changes",
    [
        {"sizes": [3, 4, 6]},
        {"sizes": [-3, -4, 5]},
        {"sizes": [2**20, 2**20, 2**20]},
        {"sizes": "abc"},
        {"affine": None},
        {"affine": np.zeros((4, 4)).tolist()},
        {"affine": [[1.0]]},
        {"source": ["x"] * 9, "notes": 3},
        {"code": "no such code"},
    ],
)
def test_strange_answers_are_not_believed(changes: dict[str, object]) -> None:
    with pytest.raises(MalformedAnswer):
        unpack_scan(*answer(**changes), LIMITS)


def test_voxels_that_are_no_numbers_are_not_believed() -> None:
    text, content = answer()
    with pytest.raises(MalformedAnswer):
        unpack_scan(text, content[:-4] + np.float32("nan").tobytes(), LIMITS)


def test_a_volume_is_no_answer_where_a_slice_was_asked_for(pool: DecodingPool) -> None:
    scan = pool.read(as_dicom(draw_brain()), LIMITS)

    assert isinstance(scan, Slice)
    with pytest.raises(UnusableScan, match="send one slice"):
        pool.read(as_nifti(VALUES, AFFINE), LIMITS)
