"""Many clients at once: alzer against the usual way behind the same FastAPI app."""

import argparse
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from loopback import ALZER, USUAL, Service, form, post, running
from reporting import quantile_ms, report
from subjects import draw_slice


def load(service: Service, content: bytes, clients: int, seconds: float) -> list[Any]:
    """Let clients ask without a break.

    Args:
        service: Whom to ask.
        content: The file.
        clients: How many at once, each on a connection of its own.
        seconds: For how long.

    Returns:
        The duration of each answer in seconds, or the error instead.
    """
    outcomes: list[Any] = []
    deadline = time.perf_counter() + seconds
    body = form(content)

    def ask() -> None:
        connection = service.connect()
        while (started := time.perf_counter()) < deadline:
            try:
                post(connection, body)
                outcomes.append(time.perf_counter() - started)
            except (OSError, RuntimeError) as error:
                outcomes.append(error)
                connection.close()
        connection.close()

    threads = [threading.Thread(target=ask) for _ in range(clients)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    return outcomes


def measure(
    name: str, command: Sequence[str], content: bytes, chosen: argparse.Namespace
) -> dict[str, Any]:
    """Measure one service.

    Args:
        name: For the figures.
        command: Starts it.
        content: The file.
        chosen: clients and seconds.

    Returns:
        Requests per second, latencies and errors.

    Raises:
        SystemExit: If it answers nothing at all.
    """
    with running(command) as service:
        load(service, content, 2, 1.0)
        started = time.perf_counter()
        outcomes = load(service, content, chosen.clients, chosen.seconds)
        spent = time.perf_counter() - started
    durations = [each for each in outcomes if isinstance(each, float)]
    if not durations:
        message = f"{name} answered nothing: {outcomes[:1]}"
        raise SystemExit(message)
    return {
        f"{name} requests/s": len(durations) / spent,
        f"{name} p50 ms": quantile_ms(durations),
        f"{name} p99 ms": quantile_ms(durations, 0.99),
        f"{name} errors": len(outcomes) - len(durations),
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--seconds", type=float, default=15.0)
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    with TemporaryDirectory() as folder:
        content = draw_slice(Path(folder) / "slice.jpg")
    figures = measure("alzer", ALZER, content, chosen)
    figures |= measure("usual way", USUAL, content, chosen)
    figures["alzer / usual way"] = (
        figures["alzer requests/s"] / figures["usual way requests/s"]
    )
    report(f"throughput, {chosen.clients} clients", figures, as_json=chosen.json)


if __name__ == "__main__":
    main()
