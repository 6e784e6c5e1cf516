"""What the service asks for arrives as it was asked."""

import io

from alzer.decoding.messages import HEAD
from alzer.decoding.requests import (
    Request,
    pack_request,
    pack_scan_request,
    unpack_request,
)
from alzer.limits import Limits
from alzer.scans.reading import File

LIMITS = Limits(1, 2, 3, 4, 5, 6)


def arrived(*parts: bytes) -> tuple[Request, bytes]:
    """Return what stands in a message, and what follows it."""
    message = io.BytesIO(b"".join(parts))
    text_length, length = HEAD.unpack(message.read(HEAD.size))
    request, content = unpack_request(message.read(text_length)), message.read()
    assert len(content) == length
    return request, content


def test_one_slice_is_asked_for_with_its_limits() -> None:
    request, content = arrived(*pack_request(b"a file", LIMITS))

    assert request == Request(LIMITS)
    assert content == b"a file"


def test_a_scan_is_asked_for_with_all_its_files() -> None:
    files = [File(b"one", "a.hdr"), File(b"", "b"), File(b"three", "a.img")]
    request, content = arrived(*pack_scan_request(files, LIMITS, "1.2", 60.0))

    assert request.limits == LIMITS
    assert request.names == ("a.hdr", "b", "a.img")
    assert request.lengths == (3, 0, 5)
    assert (request.series, request.seconds) == ("1.2", 60.0)
    assert content == b"onethree"
