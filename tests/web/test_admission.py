"""Turning away costs next to nothing, and lacks nothing of an ordinary answer."""

import logging
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path

import httpx2 as httpx
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from alzer.model.engine import Model
from alzer.web.admission import Admission
from alzer.web.middleware import SECURITY_HEADERS
from phantoms import as_png, draw_brain
from served import app_with, serving_app

BRAIN = as_png(draw_brain())
ORIGIN = "http://localhost:3000"


@pytest.fixture
def app(model: Model, tmp_path: Path) -> FastAPI:
    return app_with(model, data_dir=tmp_path, max_waiting=1, allowed_origins=[ORIGIN])


@contextmanager
def all_taken(app: FastAPI) -> Iterator[None]:
    """Let nobody get a place."""
    workers = app.state.service.backend.workers
    with ExitStack() as places:
        for owner in map(str, count()):
            if workers.are_full:
                break
            places.enter_context(workers.place(owner))
        yield


@pytest.fixture
def full(app: FastAPI) -> Iterator[TestClient]:
    """Return a service whose places are all taken."""
    with TestClient(app) as client, all_taken(app):
        yield client


@pytest.fixture
def full_address(app: FastAPI) -> Iterator[str]:
    """Return the address of such a service behind a real server."""
    with serving_app(app) as address, all_taken(app):
        yield address


@pytest.mark.parametrize("path", ["/predict", "/preview"])
def test_who_is_turned_away_is_told_so(full: TestClient, path: str) -> None:
    answer = full.post(path, files={"file": BRAIN}, headers={"Origin": ORIGIN})

    assert answer.status_code == 503
    assert answer.json()["code"] == "overloaded"
    assert int(answer.headers["retry-after"]) > 0
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    assert len(answer.headers["x-request-id"]) == 36
    for name, value in SECURITY_HEADERS.items():
        assert answer.headers[name] == value


def test_what_needs_no_place_is_answered(full: TestClient) -> None:
    assert full.get("/healthz").status_code == 200
    assert full.get("/predict").status_code == 405
    assert full.get("/metrics").status_code == 200


def test_every_refusal_is_counted_and_few_are_logged(
    full: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        for _ in range(50):
            full.post("/predict", files={"file": BRAIN})

    counter = 'alzer_requests_total{method="POST",route="/predict",status="503"} 50.0'
    assert counter in full.get("/metrics").text
    told = [each for each in caplog.records if each.name == "alzer.web.admission"]
    assert 1 <= len(told) < 25


@contextmanager
def all_taken_that_one_may_have(app: FastAPI, owner: str) -> Iterator[None]:
    """Let one owner have no more place."""
    workers = app.state.service.backend.workers
    with ExitStack() as places:
        while workers.have_place_for(owner):
            places.enter_context(workers.place(owner))
        yield


def asking_from(address: str, source: str) -> httpx.Client:
    """Return somebody who asks from one of this machine's addresses."""
    transport = httpx.HTTPTransport(local_address=source)
    return httpx.Client(base_url=address, transport=transport, timeout=60)


def test_who_has_too_many_places_leaves_some_for_another(
    model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = app_with(model, data_dir=tmp_path)
    file = {"file": BRAIN}
    with (
        serving_app(app) as address,
        asking_from(address, "127.0.0.2") as greedy,
        asking_from(address, "127.0.0.3") as patient,
    ):
        first = greedy.post("/predict", files=file).status_code
        with all_taken_that_one_may_have(app, "127.0.0.2"):
            refused = greedy.post("/predict", files=file).status_code
            answered = patient.post("/predict", files=file).status_code
            by_application = []

            async def ask(*_: object) -> None:
                by_application.append(_)

            monkeypatch.setattr(Admission, "__call__", ask)
            refused_again = greedy.post("/predict", files=file).status_code

    assert (first, refused, answered, refused_again) == (200, 503, 200, 503)
    assert by_application == []  # the connection itself turned it away


def test_who_is_turned_away_for_the_first_time_is_so_after_the_upload(
    app: FastAPI,
) -> None:
    # Nothing tells the connection yet on whose account the request comes.
    with (
        serving_app(app) as address,
        asking_from(address, "127.0.0.2") as greedy,
        all_taken_that_one_may_have(app, "127.0.0.2"),
    ):
        answer = greedy.post("/predict", files={"file": BRAIN})

    assert answer.status_code == 503
    assert answer.json()["code"] == "overloaded"


KINDS = {
    "ordinary": {},
    "of another origin": {"Origin": ORIGIN},
    "the last one": {"Connection": "close"},
    "asking first": {"Expect": "100-continue"},
}


@pytest.mark.parametrize("kind", KINDS)
def test_over_a_real_connection_the_answer_is_the_same(
    full_address: str, full: TestClient, kind: str
) -> None:
    given = KINDS[kind]
    by_application = full.post("/predict", files={"file": BRAIN}, headers=given)
    with httpx.Client(base_url=full_address) as client:
        answers = [
            client.post("/predict?layers=true", files={"file": BRAIN}, headers=given)
            for _ in range(3)
        ]
        told = client.get("/metrics").text

    for each in answers:
        assert each.status_code == 503
        assert each.content == by_application.content
        names = set(by_application.headers) - {"connection"}
        assert set(each.headers) - {"connection", "date"} == names
        changing = {"x-request-id"}
        for name in names - changing:
            assert each.headers[name] == by_application.headers[name]
    assert len({each.headers["x-request-id"] for each in answers}) == 3
    # Both count in the same place.
    assert 'route="/predict",status="503"} 4.0' in told


def test_an_ordinary_request_is_turned_away_by_the_connection(
    full_address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    async def ask(_: Admission, scope: dict[str, str], *__: object) -> None:
        asked.append(scope["path"])

    monkeypatch.setattr(Admission, "__call__", ask)
    answer = httpx.post(f"{full_address}/predict", files={"file": BRAIN})

    assert answer.status_code == 503
    assert asked == []


HEAD = (
    b"POST /predict HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 20\r\n"
    b"Content-Type: multipart/form-data; boundary=x\r\n\r\n"
)
HEALTH = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


def receive_until(connection: socket.socket, end: bytes) -> bytes:
    received = b""
    while not received.endswith(end):
        received += connection.recv(65536)
    return received


def test_a_connection_goes_on_after_a_body_that_nobody_read(full_address: str) -> None:
    port = int(full_address.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(HEAD)
        refused = receive_until(connection, b"}")
        connection.sendall(b"POST /predict HTTP/1")
        connection.sendall(HEALTH + (HEAD + bytes(20)) * 2 + HEALTH)
        rest = receive_until(connection, b'{"status":"ok"}')
        while rest.count(b"HTTP/1.1 200 OK") < 2:
            rest += receive_until(connection, b'{"status":"ok"}')

    assert refused.startswith(b"HTTP/1.1 503 Service Unavailable\r\n")
    statuses = [each[:3] for each in rest.split(b"HTTP/1.1 ")[1:]]
    assert statuses == [b"200", b"503", b"503", b"200"]


def test_when_a_place_is_free_again_the_same_connection_gets_it(app: FastAPI) -> None:
    with serving_app(app) as address, httpx.Client(base_url=address) as client:
        with all_taken(app):
            refused = client.post("/predict", files={"file": BRAIN})
        answered = client.post("/predict", files={"file": BRAIN})

    assert refused.status_code == 503
    assert answered.status_code == 200


@pytest.mark.parametrize("path", [b"/predict", b"/nowhere"])
def test_a_connection_answered_before_its_body_is_not_kept_for_ever(
    app: FastAPI, path: bytes
) -> None:
    with serving_app(app, kept_s=1) as address, all_taken(app):
        port = int(address.rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
            connection.sendall(HEAD.replace(b"/predict", path))
            receive_until(connection, b"}")
            connection.sendall(bytes(20))
            started = time.monotonic()
            ended = connection.recv(1)

    assert ended == b""
    assert time.monotonic() - started < 15.0
