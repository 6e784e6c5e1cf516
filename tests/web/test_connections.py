"""Slow clients, half-open connections, and clients that leave."""

import re
import select
import signal
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from operator import itemgetter
from pathlib import Path

import httpx2 as httpx
import pytest

from phantoms import as_png, draw_brain
from processes import Running, service
from waiting import wait_until

BRAIN = as_png(draw_brain())
TERM_S = 1.5

# What is over in a moment may take that long where others work too.
PATIENCE_S = 15.0


@pytest.fixture(scope="module")
def running(
    bundle_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    """Return a service that has little patience."""
    folder = tmp_path_factory.mktemp("slow")
    with service(bundle_path, folder, slow_client_seconds=TERM_S) as running:
        yield running


def connect(running: Running) -> socket.socket:
    return socket.create_connection(("127.0.0.1", running.port), timeout=30)


def seconds_until_closed(connection: socket.socket, drip: bytes = b"") -> float:
    started = time.monotonic()
    connection.settimeout(0.1)
    while time.monotonic() - started < 20:
        try:
            if drip:
                connection.sendall(drip)
            if not connection.recv(65536):
                break
        except TimeoutError:
            continue
        except OSError:
            break
    return time.monotonic() - started


HEAD = (
    b"POST /predict HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 900000\r\n"
    b"Content-Type: multipart/form-data; boundary=x\r\n\r\n"
)


@pytest.mark.parametrize(
    ("first", "drip"),
    [
        (b"", b""),
        (b"GET / HT", b""),
        (b"GET / HTTP/1.1\r\n", b"X-a: b\r\n"),
        (HEAD, b""),
        (HEAD, b"x"),
    ],
    ids=["silent", "half a line", "dripping head", "no body", "dripping body"],
)
def test_a_client_that_does_too_little_is_closed(
    running: Running, first: bytes, drip: bytes
) -> None:
    with connect(running) as connection:
        connection.sendall(first)
        waited = seconds_until_closed(connection, drip)

    assert TERM_S - 0.5 <= waited < PATIENCE_S


PAGE = b"GET /static/alzer.css HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


@pytest.mark.parametrize("count", [1, 16])
def test_a_client_that_does_not_read_is_closed(running: Running, count: int) -> None:
    with socket.socket() as connection:
        # The client takes little: the rest waits here, in the system or the service.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 536)
        connection.connect(("127.0.0.1", running.port))
        connection.sendall(PAGE * count)
        started = time.monotonic()
        hang_up = select.poll()
        hang_up.register(connection, select.POLLHUP)
        closed = hang_up.poll(PATIENCE_S * 1000)
        waited = time.monotonic() - started

    assert closed
    assert waited >= TERM_S - 0.5


def test_requests_that_come_before_their_turn_are_answered_in_turn(
    running: Running,
) -> None:
    wanted = [b"/healthz", b"/assessment/mri-upload", b"/static/alzer.css"] * 5
    requests = b"".join(PAGE.replace(b"/static/alzer.css", each) for each in wanted)
    with connect(running) as connection:
        connection.sendall(requests[:-2] + b"Connection: close\r\n\r\n")
        answers = b"".join(iter(lambda: connection.recv(1 << 20), b""))

    kinds = re.findall(
        rb"HTTP/1.1 200 OK\r\n(?:.+\r\n)*?content-type: ([^;\r]+)", answers
    )
    assert kinds == [b"application/json", b"text/html", b"text/css"] * 5


def test_a_flood_of_requests_ends_the_connection(running: Running) -> None:
    started = time.monotonic()
    connection = connect(running)
    with connection, suppress(ConnectionError):
        connection.sendall(PAGE * 4000)
        while connection.recv(1 << 20):
            pass
    spent_s = time.monotonic() - started

    assert spent_s < PATIENCE_S
    with running.client() as client:
        assert client.get("/healthz").status_code == 200


def test_a_connection_that_works_is_kept(running: Running) -> None:
    with running.client() as client:
        for pause_s in (0.0, TERM_S + 1.0, 0.0):
            time.sleep(pause_s)
            answer = client.post("/predict", files={"file": BRAIN})

            assert answer.status_code == 200


def test_an_upload_that_takes_long_but_goes_on_is_taken(running: Running) -> None:
    padding = bytes(20_000)
    part = b'--x\r\nContent-Disposition: form-data; name="%s"%s\r\n\r\n'
    pieces = [
        part % (b"file", b'; filename="f"') + BRAIN + padding * 12,
        b"\r\n--x--\r\n",
    ]
    body = b"".join(pieces)
    head = HEAD.replace(b"900000", str(len(body)).encode())
    with connect(running) as connection:
        connection.sendall(head)
        for start in range(0, len(body), 6000):
            connection.sendall(body[start : start + 6000])
            time.sleep(0.1)
        answer = connection.recv(65536)

    assert answer.startswith(b"HTTP/1.1 200")


def test_two_hundred_slow_clients_do_not_keep_others_from_being_served(
    running: Running,
) -> None:
    slow = [connect(running) for _ in range(200)]
    for index, each in enumerate(slow):
        each.sendall((HEAD, b"GET / HT", b"")[index % 3])
    started = time.monotonic()
    with running.client() as client:
        answers = [client.post("/predict", files={"file": BRAIN}) for _ in range(20)]
    spent_s = time.monotonic() - started
    for each in slow:
        each.close()

    assert {each.status_code for each in answers} == {200}
    assert spent_s < PATIENCE_S  # 0.5 s where nothing else runs


CHUNKED = HEAD.replace(b"Content-Length: 900000", b"Transfer-Encoding: chunked")

ENDLESS = {
    "header": b"GET / HTTP/1.1\r\nX-a: " + b"a" * 40_000,
    "headers": b"GET / HTTP/1.1\r\n" + b"X-a: b\r\n" * 6_000,
    "whole head": b"GET / HTTP/1.1\r\n" + b"X-a: b\r\n" * 6_000 + b"\r\n",
    "address": b"GET /" + b"a" * 40_000,
    "trailer": CHUNKED + b"3\r\n--x\r\n0\r\nX-a: " + b"a" * 600_000,
    "trailers": CHUNKED + b"3\r\n--x\r\n0\r\n" + b"X-a: b\r\n" * 6_000,
    "extension": CHUNKED + b"3;" + b"a" * 600_000,
}


@pytest.mark.parametrize("kind", ENDLESS)
def test_nothing_but_the_body_may_grow(running: Running, kind: str) -> None:
    def send() -> tuple[bytes, float]:
        started, answer = time.monotonic(), b""
        with connect(running) as connection, suppress(ConnectionError):
            connection.sendall(ENDLESS[kind])
            answer = connection.recv(65536)
        return answer, time.monotonic() - started

    answer, spent_s = min((send() for _ in range(5)), key=itemgetter(1))
    assert spent_s < 0.3
    assert answer.startswith(b"HTTP/1.1 400") or answer == b""
    assert answer.endswith(b'"code":"invalid_request"}') or answer == b""


@pytest.mark.parametrize("count", [1_500, 20_000])
def test_forms_of_too_many_parts_are_refused_at_once(
    running: Running, count: int
) -> None:
    if count == 1_500:
        part = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n'
        body = part * count
    else:
        body = b"--x\r\n" + b"X-a: b\r\n" * count
    kind = {"content-type": "multipart/form-data; boundary=x"}
    with running.client() as client:
        answers = [
            client.post("/predict", content=body, headers=kind) for _ in range(5)
        ]

    assert {each.status_code for each in answers} == {400}
    assert min(each.elapsed.total_seconds() for each in answers) < 0.2


def total(metrics: str, start: str) -> float:
    """Add up the figures whose lines begin like this."""
    lines = [each for each in metrics.splitlines() if each.startswith(start)]
    return sum(float(each.rpartition(" ")[2]) for each in lines)


MADE = "alzer_analyses_total{"
ANSWERED = 'alzer_requests_total{method="POST",route="/predict"'


def test_those_who_leave_do_not_keep_a_place(running: Running) -> None:
    def leave(_: int) -> None:
        body = b'--x\r\nContent-Disposition: form-data; name="file"; filename="f"'
        body += b"\r\n\r\n" + BRAIN + b"\r\n--x--\r\n"
        with connect(running) as connection:
            head = HEAD.replace(b"900000", str(len(body)).encode())
            connection.sendall(head + body)

    with running.client() as client:
        before = client.get("/metrics").text
        with ThreadPoolExecutor(30) as pool:
            list(pool.map(leave, range(30)))
        for _ in range(300):
            metrics = client.get("/metrics").text
            seen = total(metrics, ANSWERED) - total(before, ANSWERED)
            if seen == 30 and "alzer_places_taken 0.0" in metrics:
                break
            time.sleep(0.1)
        answer = client.post("/predict", files={"file": BRAIN})

    assert seen == 30
    # Those that had begun; without cancelling it would be all of them.
    assert total(metrics, MADE) - total(before, MADE) <= 15
    assert "alzer_places_taken 0.0" in metrics
    assert answer.status_code == 200


def ask_until_it_has_ended(
    running: Running, statuses: list[int]
) -> httpx.TransportError:
    while True:
        try:
            with running.client() as client:
                answer = client.post("/predict", files={"file": BRAIN})
        except httpx.TransportError as error:
            return error
        statuses.append(answer.status_code)


# Never cut off within an answer.
NOT_ACCEPTED = (httpx.ConnectError, httpx.ReadError, httpx.WriteError)
NOT_ANSWERED = "Server disconnected without sending a response."


def test_it_ends_within_ten_seconds_and_finishes_what_it_accepted(
    bundle_path: Path, tmp_path: Path
) -> None:
    with service(bundle_path, tmp_path) as running:
        half_open = [connect(running) for _ in range(20)]
        for index, each in enumerate(half_open):
            each.sendall((HEAD, b"GET / HT")[index % 2])
        with ThreadPoolExecutor(4) as pool:
            answered: list[list[int]] = [[] for _ in range(4)]
            asking = [
                pool.submit(ask_until_it_has_ended, running, each) for each in answered
            ]
            wait_until(lambda: all(answered))
            started = time.monotonic()
            running.process.send_signal(signal.SIGTERM)
            running.process.wait(30)
            took = time.monotonic() - started
        for each in half_open:
            each.close()

    assert took <= 10.0
    for statuses in answered:
        assert set(statuses) == {200}
    for failure in (each.result() for each in asking):
        assert isinstance(failure, NOT_ACCEPTED) or str(failure) == NOT_ANSWERED
