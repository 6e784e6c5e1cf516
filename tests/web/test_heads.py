"""What heads of requests may say, and how many clients there may be."""

import json
import os
import resource
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2 as httpx
import pytest

from alzer.model.engine import Model
from alzer.web.connections import room_for_connections
from alzer.web.middleware import SECURITY_HEADERS
from phantoms import as_png, draw_brain
from served import serving

BRAIN = as_png(draw_brain())
BODY = (
    b'--x\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\n'
    + BRAIN
    + b"\r\n--x--\r\n"
)


def ask(address: str, *parts: bytes) -> bytes:
    """Send these parts one after the other; give all that comes."""
    port = int(address.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for part in parts:
            connection.sendall(part)
            time.sleep(0.3 if len(parts) > 1 else 0.0)  # else they arrive as one
        return b"".join(iter(lambda: connection.recv(65536), b""))


def head(*lines: str, path: str = "/predict", method: str = "POST") -> bytes:
    kind = "Content-Type: multipart/form-data; boundary=x"
    given = (f"{method} {path} HTTP/1.1", *lines, kind, f"Content-Length: {len(BODY)}")
    return "\r\n".join((*given, "", "")).encode()


LAST = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
H2C = ("Host: 127.0.0.1", "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c",
       "HTTP2-Settings: AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA")  # fmt: skip


@pytest.mark.parametrize("name", ["Upgrade", "upgrade", "UPGRADE"])
def test_who_offers_another_protocol_is_answered_in_this_one(
    address: str, name: str
) -> None:
    lines = [each.replace("Upgrade:", f"{name}:") for each in H2C]
    answers = ask(address, head(*lines) + BODY + LAST)

    assert answers.count(b"HTTP/1.1 200 OK") == 2
    assert b'"prediction"' in answers
    assert answers.endswith(b'{"status":"ok"}')


def test_an_offer_in_pieces_ends_with_an_answer(address: str) -> None:
    whole = head(*H2C)
    place = whole.index(b"Upgrade: h2c") + 3
    answers = ask(address, whole[:place], whole[place:] + BODY)

    assert answers.startswith(b"HTTP/1.1 ")
    assert b"connection: close" in answers


@pytest.mark.parametrize(
    "lines",
    [[], ["Host: 127.0.0.1", "Host: evil.example"], ["Host: 127.0.0.1"] * 2],
    ids=["none", "two", "twice"],
)
def test_a_request_that_does_not_name_one_host_is_refused(
    address: str, lines: list[str]
) -> None:
    answer = ask(address, head(*lines))

    assert answer.startswith(b"HTTP/1.1 400")


MALFORMED = {
    "no HTTP": b"hello\r\n\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(32),
    "a space in a header's name": b"GET / HTTP/1.1\r\nHost : a\r\n\r\n",
    "two lengths": head("Host: 127.0.0.1", "Content-Length: 3"),
    "no host": b"GET /healthz HTTP/1.1\r\n\r\n",
    "a long head": b"GET / HTTP/1.1\r\nX-a: " + b"a" * 40_000,
}


@pytest.mark.parametrize("kind", MALFORMED)
def test_what_is_no_http_is_answered_like_any_other_failure(
    address: str, kind: str
) -> None:
    answer = ask(address, MALFORMED[kind])
    told, _, body = answer.partition(b"\r\n\r\n")
    status, *lines = told.decode().split("\r\n")
    headers = dict(line.split(": ", 1) for line in lines)

    assert status == "HTTP/1.1 400 Bad Request"
    assert json.loads(body)["code"] == "invalid_request"
    assert headers["content-type"] == "application/json"
    assert int(headers["content-length"]) == len(body)
    assert headers["connection"] == "close"
    for name, value in SECURITY_HEADERS.items():
        assert headers[name.lower()] == value


@pytest.fixture
def small(model: Model, tmp_path: Path) -> Iterator[str]:
    with serving(model, tmp_path, max_connections=5) as address:
        yield address


def test_more_clients_than_allowed_are_closed_and_the_others_served(small: str) -> None:
    port = int(small.rpartition(":")[2])
    with httpx.Client(base_url=small) as first:
        assert first.get("/healthz").status_code == 200
        others = [socket.create_connection(("127.0.0.1", port)) for _ in range(10)]
        ended = 0
        for each in others:
            each.settimeout(2)
            try:
                ended += each.recv(1) == b""
            except ConnectionResetError:
                ended += 1
            except TimeoutError:
                continue
        answer = first.post("/predict", files={"file": BRAIN})
        for each in others:
            each.close()

    assert ended == 6
    assert answer.status_code == 200
    assert httpx.get(f"{small}/healthz").status_code == 200


def test_as_many_files_may_be_opened_as_the_system_allows() -> None:
    program = (
        "import resource; from alzer.web.connections import room_for_connections;"
        "print(room_for_connections(), *resource.getrlimit(resource.RLIMIT_NOFILE))"
    )
    told = subprocess.run(  # noqa: S603 - our own
        [sys.executable, "-c", program],
        check=True,
        capture_output=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (300, 1000)),
        env=os.environ,
    ).stdout.split()

    assert [int(each) for each in told] == [800, 1000, 1000]
    assert room_for_connections() >= 1
