"""A load that is offered whatever the service does with it, and what came of it."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path


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


async def offer(
    port: int, request: bytes, *, rate: float, seconds: float, clients: int
) -> Outcome:
    """Offer a load.

    Args:
        port: Of the service, on loopback.
        request: A whole one.
        rate: Requests per second, all clients together; infinite: each client asks
            again as soon as it is answered.
        seconds: For how long.
        clients: Connections that are kept.

    Returns:
        What came of it.
    """
    outcome = Outcome(seconds)
    end = time.perf_counter() + seconds
    pause_s = clients / rate
    tasks = [
        _client(port, request, outcome, (index / clients * pause_s, pause_s, end))
        for index in range(clients)
    ]
    await asyncio.gather(*tasks, _probe(port, outcome, end))
    return outcome


async def _client(
    port: int, request: bytes, outcome: Outcome, times: tuple[float, float, float]
) -> None:
    first_s, pause_s, end = times
    due = time.perf_counter() + first_s
    connection = None
    while due < end:
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        started = time.perf_counter()
        try:
            connection = connection or await asyncio.open_connection("127.0.0.1", port)
            status, stays = await asyncio.wait_for(ask(connection, request), 60)
        except (OSError, EOFError, TimeoutError) as error:
            outcome.failures.append(type(error).__name__)
            connection = None
        else:
            _count(outcome, status, (time.perf_counter() - started) * 1000.0)
            if not stays:
                connection[1].close()
                connection = None
        # Who is late asks at once, but does not catch up: patients are finite.
        due = max(due + pause_s, time.perf_counter())
    if connection is not None:
        connection[1].close()


def _count(outcome: Outcome, status: int, spent_ms: float) -> None:
    if status == 200:
        outcome.accepted_ms.append(spent_ms)
    elif status == 503:
        outcome.refused_ms.append(spent_ms)
    else:
        outcome.failures.append(str(status))


async def _probe(port: int, outcome: Outcome, end: float) -> None:
    connection = await asyncio.open_connection("127.0.0.1", port)
    while time.perf_counter() < end:
        started = time.perf_counter()
        await ask(connection, HEALTH)
        outcome.health_ms.append((time.perf_counter() - started) * 1000.0)
        await asyncio.sleep(0.05)
    connection[1].close()


async def ask(
    connection: tuple[asyncio.StreamReader, asyncio.StreamWriter], request: bytes
) -> tuple[int, bool]:
    """Send a request and read its answer.

    Args:
        connection: To a service.
        request: A whole one.

    Returns:
        The status, and whether the connection stays open.
    """
    reader, writer = connection
    writer.write(request)
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    length = int(head.partition(b"content-length: ")[2].split(b"\r")[0])
    await reader.readexactly(length)
    return int(head.split(maxsplit=2)[1]), b"connection: close" not in head


def quantile(values: Sequence[float], share: float) -> float:
    """Give a quantile; NaN of nothing."""
    ranked = sorted(values)
    return (
        ranked[min(len(ranked) - 1, int(share * len(ranked)))]
        if ranked
        else float("nan")
    )


def resident_mb(pid: int) -> float:
    """Give the resident memory of a process in MB."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(status.partition("VmRSS:")[2].split()[0]) / 1000.0


def descriptors(pid: int) -> int:
    """Count the files and sockets that a process holds open."""
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))
