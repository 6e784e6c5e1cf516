"""Silent clients of STOW-RS, at a real socket."""

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial

import httpx2 as httpx
import pytest
import uvicorn

from alzer.node.spool import Spool
from alzer.node.stow import Door, create_app
from alzer.node.timeouts import TimeoutProtocol
from servers import free_port

TYPE = "multipart/related; boundary=edge"
BODY = (
    b"POST /studies HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9000\r\n"
    b"Content-Type: multipart/related; boundary=edge\r\n\r\n--edge\r\n"
)
SILENCE_S = 1.0


@contextmanager
def served(
    spool: Spool, most: int = 100, admits: Callable[[str], bool] | None = None
) -> Iterator[tuple[str, int]]:
    """Serve STOW-RS as the node does; give where."""
    protocol = partial(TimeoutProtocol, silence_s=SILENCE_S, most=most)
    port = free_port()
    config = uvicorn.Config(
        create_app(Door(spool.keep, admits, 2**20, 2)),
        host="127.0.0.1",
        port=port,
        http=protocol,  # type: ignore[arg-type]  # made like the class
        ws="none",
        lifespan="off",
        log_config=None,
        timeout_keep_alive=60,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve()))
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield ("127.0.0.1", port)
    server.should_exit = True
    thread.join()


def answer_of(connection: socket.socket) -> bytes | None:
    """Return what comes until the other side hangs up; None if it does not."""
    connection.settimeout(20.0)
    told = b""
    try:
        while part := connection.recv(1000):
            told += part
    except ConnectionResetError:
        return told
    except TimeoutError:
        return None
    return told


@pytest.mark.parametrize(
    "sent", [b"", BODY[:20], BODY], ids=["nothing", "head", "body"]
)
def test_who_is_silent_is_hung_up_on(spool: Spool, sent: bytes) -> None:
    with served(spool) as address, socket.create_connection(address) as connection:
        connection.sendall(sent)

        assert answer_of(connection) == b""


def test_a_silent_sender_gives_its_place_back(spool: Spool) -> None:
    with served(spool) as address, ExitStack() as stack:
        silent = [
            stack.enter_context(socket.create_connection(address)) for _ in range(2)
        ]
        for one in silent:
            one.sendall(BODY)
        ask = partial(
            httpx.post,
            f"http://127.0.0.1:{address[1]}/studies",
            content=b"x",
            headers={"Content-Type": TYPE},
        )
        deadline = time.monotonic() + 20.0
        while (first := ask().status_code) != 503 and time.monotonic() < deadline:
            time.sleep(0.02)
        ends = [answer_of(one) for one in silent]

        assert (first, ends, ask().status_code) == (503, [b"", b""], 400)


def test_the_one_that_is_silent_for_the_longest_makes_room(spool: Spool) -> None:
    with served(spool, most=5) as address, ExitStack() as stack:
        silent = []
        for _ in range(5):
            silent.append(stack.enter_context(socket.create_connection(address)))
            time.sleep(0.02)
        status = httpx.get(f"http://127.0.0.1:{address[1]}/healthz").status_code
        silent[0].settimeout(SILENCE_S / 2)
        first = silent[0].recv(1)

        assert (status, first) == (200, b"")


def test_who_waits_for_us_is_not_hung_up_on(spool: Spool) -> None:
    def admits(_: str) -> bool:
        time.sleep(2.5 * SILENCE_S)
        return False

    head = BODY.partition(b"\r\n\r\n")[0] + b"\r\nExpect: 100-continue"
    token = b"\r\nAuthorization: Bearer x\r\nConnection: close\r\n\r\n"
    with (
        served(spool, admits=admits) as address,
        socket.create_connection(address) as connection,
    ):
        connection.sendall(head + token)
        told = answer_of(connection)

    assert told is not None
    assert told.startswith(b"HTTP/1.1 401")
