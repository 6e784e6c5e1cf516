"""A load that is offered whatever the service does with it, and what came of it."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import cast


@dataclass
class Outcome:
    """What became of the requests of one run.

    Attributes:
        seconds: How long the load was offered.
        accepted_ms: Times of the answers 200.
        refused_ms: Times of the answers 503.
        health_ms: Times of `/healthz` meanwhile.
        failures: Everything else.
    """

    seconds: float
    accepted_ms: list[float] = field(default_factory=list)
    refused_ms: list[float] = field(default_factory=list)
    health_ms: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    @property
    def goodput(self) -> float:
        """Answers 200 per second."""
        return len(self.accepted_ms) / self.seconds


HEALTH = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


async def offer(  # noqa: PLR0913 - a load has as many sides
    port: int,
    request: bytes,
    *,
    rate: float,
    seconds: float,
    clients: int,
    address: str = "127.0.0.1",
) -> Outcome:
    """Offer a load.

    Args:
        port: Of the service, on loopback.
        request: A whole one.
        rate: Requests per second, all clients together; infinite: each client asks
            again as soon as it is answered.
        seconds: For how long.
        clients: Connections that are kept.
        address: Of this machine, where they come from.

    Returns:
        What came of it.
    """
    outcome = Outcome(seconds)
    loop = asyncio.get_running_loop()
    end, pause_s = loop.time() + seconds, clients / rate
    askers = [
        _Client((address, port), request, outcome, pause_s, end) for _ in range(clients)
    ]
    for index, client in enumerate(askers):
        loop.call_later(index / clients * pause_s, client.ask)
    await asyncio.gather(
        _probe(port, outcome, end), *(client.done for client in askers)
    )
    return outcome


class _Client(asyncio.Protocol):
    """Somebody who asks at a steady pace, or as soon as possible.

    Written against the transport, not with streams: what the load costs is taken
    from the service, which runs on the same cores.
    """

    def __init__(
        self,
        way: tuple[str, int],
        request: bytes,
        outcome: Outcome,
        pause_s: float,
        end: float,
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self.done: asyncio.Future[None] = self._loop.create_future()
        (self._address, self._port) = way
        self._request, self._outcome = request, outcome
        self._pause_s, self._end = pause_s, end
        self._transport: asyncio.Transport | None = None
        self._asked_at = 0.0
        self._answer = _Answer()

    def ask(self) -> None:
        """Ask once."""
        self._asked_at = self._loop.time()
        if self._transport is None:
            self._loop.create_task(self._connect())
        else:
            self._transport.write(self._request)

    async def _connect(self) -> None:
        try:
            await self._loop.create_connection(
                lambda: self,
                "127.0.0.1",
                self._port,
                local_addr=(self._address, 0),
            )
        except OSError as error:
            self._fail(type(error).__name__)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._transport.write(self._request)

    def connection_lost(self, error: Exception | None) -> None:
        self._transport = None
        if self._asked_at:
            self._fail(type(error).__name__ if error else "closed")

    def data_received(self, data: bytes) -> None:
        if not self._answer.add(data):
            return
        spent_ms = (self._loop.time() - self._asked_at) * 1000.0
        status, stays = self._answer.status, self._answer.stays
        self._answer = _Answer()
        if status == 200:
            self._outcome.accepted_ms.append(spent_ms)
        elif status == 503:
            self._outcome.refused_ms.append(spent_ms)
        else:
            self._outcome.failures.append(str(status))
        self._go_on(stays=stays)

    def _fail(self, name: str) -> None:
        self._outcome.failures.append(name)
        self._answer = _Answer()
        self._go_on(stays=False)

    def _go_on(self, *, stays: bool) -> None:
        # Who is late asks at once, but does not catch up: patients are finite.
        now = self._loop.time()
        due = max(self._asked_at + self._pause_s, now)
        self._asked_at = 0.0
        over = due >= self._end
        if self._transport is not None and (over or not stays):
            self._transport.close()
            self._transport = None
        if over:
            self.done.set_result(None)
        elif due > now:
            self._loop.call_at(due, self.ask)
        else:
            self._loop.call_soon(self.ask)


class _Answer:
    """An answer while it comes in."""

    def __init__(self) -> None:
        self._data = b""
        self._missing = -1
        self.status = 0
        self.stays = True

    def add(self, data: bytes) -> bool:
        """Take more of it; True as soon as it is whole."""
        if self._missing < 0:
            self._data += data
            head, end, body = self._data.partition(b"\r\n\r\n")
            if not end:
                return False
            head = head.lower()
            self.status = int(head[9:12])
            self.stays = b"connection: close" not in head
            self._missing = int(head.partition(b"content-length: ")[2].split(b"\r")[0])
            data = body
        self._missing -= len(data)
        return self._missing <= 0


async def _probe(port: int, outcome: Outcome, end: float) -> None:
    loop = asyncio.get_running_loop()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    while (started := loop.time()) < end:
        writer.write(HEALTH)
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        length = int(head.partition(b"content-length: ")[2].split(b"\r")[0])
        await reader.readexactly(length)
        outcome.health_ms.append((loop.time() - started) * 1000.0)
        await asyncio.sleep(0.05)
    writer.close()


def quantile(values: Sequence[float], share: float) -> float:
    """Return a quantile; NaN of nothing."""
    ranked = sorted(values)
    return (
        ranked[min(len(ranked) - 1, int(share * len(ranked)))]
        if ranked
        else float("nan")
    )
