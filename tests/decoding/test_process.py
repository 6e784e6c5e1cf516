"""One process that decodes."""

import errno
import os
import resource
import signal
import struct
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from alzer.decoding.messages import pack, pack_slice
from alzer.decoding.process import DecodingProcess, NotStarted
from alzer.errors import (
    ColourImage,
    DamagedFile,
    NotAnImage,
    TooDemanding,
    TooManyPixels,
    UnusableScan,
)
from alzer.scans.formats import read_slice
from alzer.settings import DecodingLimits, Limits
from decoding.taken_over import say_instead, start_instead
from hostile.bombs import deflated_dicom, long_sequence
from hostile.formats import FORMATS
from phantoms import as_dicom, draw_brain

LIMITS = Limits()
DICOM = as_dicom(draw_brain())


@pytest.fixture(scope="module")
def lasting() -> Iterator[DecodingProcess]:
    """Return a process as the service has it."""
    process = DecodingProcess(DecodingLimits())
    process.wait_until_ready()
    yield process
    process.end()


@pytest.fixture
def process() -> Iterator[DecodingProcess]:
    """Return a process with little memory and time."""
    process = DecodingProcess(DecodingLimits(2**30, 1.0))
    process.wait_until_ready()
    yield process
    process.end()


def test_a_decoder_has_no_files_no_sockets_and_no_environment(
    process: DecodingProcess,
) -> None:
    process.read(DICOM, LIMITS)
    limits = Path(f"/proc/{process.pid}/limits").read_text(encoding="ascii")
    status = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
    values = {line[:25].strip(): line[25:].split()[:2] for line in limits.splitlines()}

    assert values["Max open files"] == ["0", "0"]
    assert values["Max file size"] == ["0", "0"]
    assert values["Max core file size"] == ["0", "0"]
    assert values["Max address space"] == [str(2**30), str(2**30)]
    assert "NoNewPrivs:\t1" in status
    assert "CapEff:\t0000000000000000" in status
    assert "CapPrm:\t0000000000000000" in status
    descriptors = {each.name for each in Path(f"/proc/{process.pid}/fd").iterdir()}
    assert descriptors == {"0", "1", "2"}
    assert Path(f"/proc/{process.pid}/cwd").readlink() == Path("/")
    environment = Path(f"/proc/{process.pid}/environ").read_bytes()
    assert b"ALZER" not in environment
    assert b"AWS" not in environment
    assert b"HOME" not in environment


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_is_decoded_by_a_process_that_can_do_nothing_else(
    lasting: DecodingProcess, name: str
) -> None:
    scan = lasting.read(FORMATS[name], LIMITS)

    assert (scan.pixels == read_slice(FORMATS[name]).pixels).all()


def test_a_process_that_is_killed_is_a_refusal_of_that_file(
    process: DecodingProcess,
) -> None:
    threading.Timer(0.2, os.kill, (process.pid, signal.SIGSEGV)).start()
    with pytest.raises(UnusableScan):
        _read_on(process)

    assert not process.is_ready


def _read_on(process: DecodingProcess) -> None:
    while True:
        process.read(DICOM, LIMITS)


def test_time_is_limited(process: DecodingProcess) -> None:
    os.kill(process.pid, signal.SIGSTOP)  # it hangs
    started = time.monotonic()
    with pytest.raises(TooDemanding, match="memory or time"):
        process.read(DICOM, LIMITS)

    assert time.monotonic() - started < 15
    assert not process.is_ready


def test_a_file_that_takes_long_is_too_demanding(process: DecodingProcess) -> None:
    with pytest.raises(TooDemanding, match="memory or time"):
        process.read(long_sequence(2_000_000), LIMITS)

    assert not process.is_ready


def test_memory_is_limited() -> None:
    bomb = deflated_dicom(1200)
    generous = Limits(max_decoded_bytes=2**33, max_pixels=2**33, max_voxels=2**33)
    assert len(bomb) < 2 * 2**20
    patient = DecodingProcess(DecodingLimits(2**30, 60.0))
    patient.wait_until_ready()
    with pytest.raises(TooDemanding, match="memory or time"):
        patient.read(bomb, generous)

    assert patient.read(DICOM, LIMITS).shape == (208, 176)
    patient.end()


def test_errors_keep_their_kind(lasting: DecodingProcess) -> None:
    with pytest.raises(NotAnImage):
        lasting.read(b"text" * 99, LIMITS)
    with pytest.raises(DamagedFile):
        lasting.read(DICOM[:1200], LIMITS)
    with pytest.raises(ColourImage):
        lasting.read(as_dicom(draw_brain(), PhotometricInterpretation="RGB"), LIMITS)
    with pytest.raises(TooManyPixels):
        lasting.read(as_dicom(draw_brain(), Rows=65535, Columns=65535), LIMITS)


SCAN = b"".join(map(bytes, pack_slice(read_slice(DICOM))))


@pytest.mark.parametrize(
    "answer",
    [
        struct.pack("<QQ", 2, 2**50) + b"{}",
        struct.pack("<QQ", 2**50, 0) + b"{}",
        struct.pack("<QQ", 2, 4 * LIMITS.max_pixels + 1) + b"{}",
        struct.pack("<QQ", 2**14, 0) + b"[" * 2**14,
        b"".join(
            map(bytes, pack({"code": "storage_unavailable", "message": "x"}, b""))
        ),
        b"".join(map(bytes, pack({"shape": [1, 1]}, b"1234"))),
        b"\xff" * 2**20,
    ],
    ids=["content", "text", "a byte too many", "nested", "code", "fields", "noise"],
)
def test_a_process_that_speaks_strangely_is_ended(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, answer: bytes
) -> None:
    say_instead(monkeypatch, tmp_path, answer)
    process = DecodingProcess(DecodingLimits(2**30, 30.0))
    process.wait_until_ready()
    started = time.monotonic()
    with pytest.raises(DamagedFile, match="ended unexpectedly"):
        process.read(DICOM, LIMITS)

    assert time.monotonic() - started < 15.0
    assert not process.is_ready
    with pytest.raises(OSError, match="No such process") as gone:
        os.kill(process.pid, 0)
    assert gone.value.errno == errno.ESRCH


def test_a_process_that_speaks_unasked_is_not_ready(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    say_instead(monkeypatch, tmp_path, b"", unasked=SCAN)
    process = DecodingProcess(DecodingLimits(2**30, 30.0))
    process.wait_until_ready()
    deadline = time.monotonic() + 15.0
    while process.is_ready and time.monotonic() < deadline:
        time.sleep(0.01)

    assert not process.is_ready
    process.end()


def test_a_process_that_can_not_start_says_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    start_instead(monkeypatch, tmp_path, "exit 1")
    process = DecodingProcess(DecodingLimits(2**30, 30.0))
    with pytest.raises(NotStarted):
        process.wait_until_ready()

    process.end()


@pytest.fixture
def many_files() -> Iterator[None]:
    """Have as many files open as a service with many clients."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < 2000:
        pytest.skip("this account may not open so many files")
    resource.setrlimit(resource.RLIMIT_NOFILE, (2000, hard))
    opened = [os.open(os.devnull, os.O_RDONLY) for _ in range(1100)]
    yield
    for each in opened:
        os.close(each)
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.usefixtures("many_files")
def test_a_process_decodes_for_a_service_with_many_clients() -> None:
    process = DecodingProcess(DecodingLimits())
    process.wait_until_ready()
    scan = process.read(DICOM, LIMITS)
    ready = process.is_ready
    process.end()

    assert scan.shape == draw_brain().shape
    assert ready
    assert not process.is_ready
