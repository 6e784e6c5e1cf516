"""What 200 slow clients cost those who come with a scan.

A third of them drips the head of a request, a third drips a body, a third asks for
a file five times over and hardly reads the answers. Who is closed comes again.
Prints the times of `POST /predict` without and with them, in alternation. With
`--slowhttptest` the clients are those of that program, which has to be installed.
"""

import argparse
import asyncio
import socket
import subprocess
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from statistics import median

from load import quantile
from loopback import ALZER, BOUNDARY, Service, form, post, running
from subjects import drawn_slice

DRIP_S = 1.0

HEAD = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n"
BODY = (
    b"POST /predict HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 900000\r\n"
    b"Content-Type: multipart/form-data; boundary=" + BOUNDARY.encode() + b"\r\n\r\n"
    b"--" + BOUNDARY.encode() + b"\r\n"
    b'Content-Disposition: form-data; name="file"; filename="f"\r\n\r\n'
)
PAGES = b"GET /static/alzer.css HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" * 5


class Slow:
    """Some slow clients.

    Attributes:
        lifetimes_s: Of the connections that the service has closed.
    """

    def __init__(self, port: int, count: int) -> None:
        self._port, self._count = port, count
        self._tasks: list[asyncio.Task[None]] = []
        self.lifetimes_s: list[float] = []

    async def start(self) -> None:
        """Open all connections."""
        self._tasks = [
            asyncio.create_task(self._one(index)) for index in range(self._count)
        ]
        await asyncio.sleep(2 * DRIP_S)

    async def stop(self) -> None:
        """Close them."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _one(self, index: int) -> None:
        loop = asyncio.get_running_loop()
        first, drip = ((HEAD, b"X-a: b\r\n"), (BODY, b"x"), (PAGES, b""))[index % 3]
        while True:
            with socket.socket() as connection:
                connection.settimeout(0)
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
                await loop.sock_connect(connection, ("127.0.0.1", self._port))
                opened = time.perf_counter()
                try:
                    await loop.sock_sendall(connection, first)
                    while True:
                        await asyncio.sleep(DRIP_S)
                        await self._drip(connection, drip)
                except OSError:
                    self.lifetimes_s.append(time.perf_counter() - opened)

    async def _drip(self, connection: socket.socket, drip: bytes) -> None:
        try:
            if drip:
                connection.send(drip)
            if not connection.recv(1):
                raise ConnectionResetError
        except BlockingIOError:
            return


@asynccontextmanager
async def own_clients(port: int, count: int, _: float) -> AsyncIterator[None]:
    """Let our own slow clients come, and tell how long they were borne."""
    slow = Slow(port, count)
    await slow.start()
    yield
    await slow.stop()
    lived_s = slow.lifetimes_s or [float("nan")]
    closed = len(slow.lifetimes_s)
    print(f"  {closed} closed, each after {max(lived_s):.1f} s at most")


# Slow heads, slow bodies, slow readers: options of slowhttptest(1).
KINDS = {
    "heads": ["-H", "-i", "1"],
    "bodies": ["-B", "-i", "1", "-s", "900000", "-t", "POST"],
    "readers": ["-X", "-w", "512", "-y", "1024", "-n", "1", "-z", "32", "-k", "5"],
}
PATHS = {"heads": "healthz", "bodies": "predict", "readers": "static/alzer.css"}


@asynccontextmanager
async def others_clients(port: int, count: int, seconds: float) -> AsyncIterator[None]:
    """Let those of slowhttptest come, a third of each kind."""
    count = count // len(KINDS) * len(KINDS)
    begun = [_start(kind, port, count // len(KINDS), seconds) for kind in KINDS]
    await asyncio.sleep(2 * DRIP_S)
    yield
    still = _open_connections(port)
    print(f"  {still} of {count} still open after {seconds + 2 * DRIP_S:.0f} s")
    for process in begun:
        process.terminate()
        process.wait()


def _start(kind: str, port: int, count: int, seconds: float) -> subprocess.Popen[bytes]:
    url = f"http://127.0.0.1:{port}/{PATHS[kind]}"
    # It polls without a pause: six tenths of a core that are the tool's own cost.
    command = [
        *("nice", "-n", "19", "slowhttptest", *KINDS[kind]),
        *("-c", str(count), "-r", str(count), "-l", str(int(seconds) + 10)),
        *("-p", "5", "-u", url),
    ]
    return subprocess.Popen(  # noqa: S603 - the program that was asked for
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def _open_connections(port: int) -> int:
    """Count the clients of a port, without those that come and go."""
    # Source: proc(5), /proc/net/tcp: local address, remote address, state.
    lines = Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]
    states = [line.split()[1:4] for line in lines]
    return sum(
        local.endswith(f":{port:04X}") and state == "01" for local, _, state in states
    )


async def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=20.0, help="per measurement")
    parser.add_argument("--slowhttptest", action="store_true")
    chosen = parser.parse_args()
    request, slow_ms, alone_ms = form(drawn_slice()), [], []
    come = others_clients if chosen.slowhttptest else own_clients
    with running(ALZER) as service:
        await _times(service, request, 5.0)
        for _ in range(chosen.rounds):
            alone_ms.append(await _times(service, request, chosen.seconds))
            async with come(service.port, chosen.clients, chosen.seconds):
                slow_ms.append(await _times(service, request, chosen.seconds))
                _tell("alone", alone_ms[-1])
                _tell(f"beside {chosen.clients} slow clients", slow_ms[-1])
    ratio = median(
        quantile(slow, 0.99) / quantile(alone, 0.99)
        for slow, alone in zip(slow_ms, alone_ms, strict=True)
    )
    print(f"p99 beside slow clients / alone: {ratio:.2f} (aim: at most 2)")


async def _times(service: Service, request: bytes, seconds: float) -> list[float]:
    return await asyncio.to_thread(_times_in_thread, service, request, seconds)


def _times_in_thread(service: Service, request: bytes, seconds: float) -> list[float]:
    connection, times = service.connect(), []
    end = time.perf_counter() + seconds
    while (started := time.perf_counter()) < end:
        post(connection, request)
        times.append((time.perf_counter() - started) * 1000.0)
    connection.close()
    return times


def _tell(name: str, times: list[float]) -> None:
    print(
        f"{name}: p50 {quantile(times, 0.5):.1f} ms, p99 {quantile(times, 0.99):.1f} ms"
    )


if __name__ == "__main__":
    asyncio.run(main())
