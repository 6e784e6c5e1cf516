"""`alzer serve`: ready from the first moment, and clear when it can't be."""

import asyncio
import json
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path

import pytest
import uvicorn
from typer.testing import Result

from alzer.cli.serve import listen, page_address

Call = Callable[..., Result]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def visitor(
    port: int, answers: list[tuple[int, bytes]], path: str = "/readyz"
) -> Iterator[None]:
    """Ask once as soon as the port is open, then stop the service with Ctrl-C."""

    def visit() -> None:
        for _ in range(6000):
            connection = HTTPConnection("127.0.0.1", port, timeout=10)
            try:
                connection.request("GET", path)
                response = connection.getresponse()
                answers.append((response.status, response.read()))
                break
            except ConnectionRefusedError:
                time.sleep(0.01)
            finally:
                connection.close()
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=visit)
    thread.start()
    yield
    thread.join()


def test_the_first_answer_is_that_it_is_ready(call: Call, tmp_path: Path) -> None:
    port = free_port()
    answers: list[tuple[int, bytes]] = []
    with visitor(port, answers):
        result = call("serve", "--port", port, "--data-dir", tmp_path / "data")

    assert answers[0][0] == 200
    assert json.loads(answers[0][1])["model"]["name"] == "tiny"
    assert (
        f"alzer is ready: http://127.0.0.1:{port}/assessment/mri-upload"
        in result.stdout
    )
    assert "not a medical device" in result.stdout
    assert "Stopped." in result.stdout
    assert result.exit_code == 0


def test_settings_from_the_environment_are_honoured(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = free_port()
    monkeypatch.setenv("ALZER_DATA_DIR", str(tmp_path))
    assert call("tokens", "create", "somebody").exit_code == 0
    monkeypatch.setenv("ALZER_PORT", str(port))
    monkeypatch.setenv("ALZER_HOST", "0.0.0.0")  # noqa: S104 - what is tested
    answers: list[tuple[int, bytes]] = []
    with visitor(port, answers, "/assessment/mri-upload"):
        result = call("serve")

    assert answers[0][0] == 303
    assert "Other machines reach it once ALZER_PUBLIC_URL" in result.stdout


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7"])  # noqa: S104 - what is tested
def test_nobody_is_let_in_from_elsewhere_without_a_token(
    call: Call, tmp_path: Path, host: str
) -> None:
    result = call("serve", "--host", host, "--data-dir", tmp_path)

    assert result.exit_code == 2
    assert "alzer tokens create" in result.stderr


def test_a_port_that_is_taken_is_told_in_one_sentence(call: Call) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        result = call("serve", "--port", port)

    assert result.exit_code == 1
    assert result.stderr.startswith(f"alzer: Port {port} of 127.0.0.1 can't be used")
    assert len(result.stderr.splitlines()) == 1


def test_without_a_model_nothing_is_served(call: Call) -> None:
    result = call("serve", "--model", "nowhere")

    assert result.exit_code == 1
    assert "card.json" in result.stderr


def test_a_service_that_does_not_start_ends_with_one(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: object, **__: object) -> None: ...

    monkeypatch.setattr(uvicorn.Server, "serve", fail)
    result = call("serve", "--port", free_port())

    assert result.exit_code == 1
    assert "could not start" in result.stderr


@pytest.mark.parametrize(
    ("public", "host", "address"),
    [
        (None, "127.0.0.1", "http://127.0.0.1:80"),
        (None, "0.0.0.0", "http://127.0.0.1:80"),  # noqa: S104 - a text
        (None, "::", "http://[::1]:80"),
        (None, "192.168.0.7", "http://192.168.0.7:80"),
        ("https://mri.example.org", "0.0.0.0", "https://mri.example.org"),  # noqa: S104 - a text
    ],
)
def test_the_address_is_one_that_a_browser_can_open(
    public: str | None, host: str, address: str
) -> None:
    assert page_address(public, host, 80) == address + "/assessment/mri-upload"


def test_answers_are_sent_without_delay() -> None:
    delays = []

    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        accepted = writer.get_extra_info("socket")
        delays.append(not accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        writer.close()

    async def ask() -> None:
        with listen("127.0.0.1", 0) as listening:
            server = await asyncio.start_server(answer, sock=listening)
            async with server:
                port = listening.getsockname()[1]
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                await reader.read()
                writer.close()

    asyncio.run(ask())

    assert delays == [False]
