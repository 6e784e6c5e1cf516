"""The program of a decoding process, without the service that speaks with it."""

import signal
import subprocess
import sys

from alzer.decoding.messages import HEAD, unpack_answer
from alzer.decoding.requests import pack_request
from alzer.settings import Limits
from hostile.bombs import long_sequence
from phantoms import as_dicom, draw_brain

LIMITS = Limits()


def decode(data: bytes, seconds: float) -> subprocess.CompletedProcess[bytes]:
    """Let a process read a file; nobody is there to end it, however long it takes."""
    command = [sys.executable, "-I", "-m", "alzer.decoding.child"]
    return subprocess.run(  # noqa: S603 - our own program
        [*command, str(2**31), str(seconds)],
        input=b"".join(map(bytes, pack_request(data, LIMITS))),
        capture_output=True,
        check=False,
    )


def test_it_answers_and_ends_with_its_input() -> None:
    ended = decode(as_dicom(draw_brain()), 20.0)
    ready = HEAD.size + HEAD.unpack_from(ended.stdout)[0]
    text_length, length = HEAD.unpack_from(ended.stdout, ready)
    place = ready + HEAD.size
    text = ended.stdout[place : place + text_length]
    scan = unpack_answer(text, ended.stdout[place + text_length :], LIMITS)

    assert ended.returncode == 0
    assert len(ended.stdout) == place + text_length + length
    assert scan.shape == (208, 176)


def test_it_ends_once_it_has_computed_too_long() -> None:
    ended = decode(long_sequence(2_000_000), 0.5)

    assert ended.returncode == -signal.SIGXCPU
