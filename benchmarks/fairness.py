"""What one caller at four times the capacity costs another.

Two tokens: one asks now and then, alone and while the other asks four times as often
as can be answered. With `--addresses` there are no tokens, and the two come from two
addresses. Prints the 95th percentile of the first one's times, alone and beside the
other, in alternation, and how much of the peak is still answered.
"""

import argparse
import asyncio
import math
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from load import Outcome, offer, quantile
from loopback import ALZER, Service, form, running
from subjects import drawn_slice

# How often the one who is not greedy asks, per second, and by how many connections.
NOW_AND_THEN = 10.0
PATIENT_CLIENTS = 1
GREEDY_CLIENTS = 160
TIMES_THE_CAPACITY = 4


@dataclass(frozen=True)
class Caller:
    """Somebody who asks.

    Attributes:
        request: A whole one.
        address: Where the connection comes from.
    """

    request: bytes
    address: str = "127.0.0.1"


@contextmanager
def service_with_two_callers(
    *, addresses: bool
) -> Iterator[tuple[Service, Caller, Caller]]:
    """Run a service that tells two callers apart.

    Args:
        addresses: Whether by their addresses; else by tokens.

    Yields:
        The service and the two.
    """
    request = form(drawn_slice())
    with TemporaryDirectory() as folder:
        os.environ["ALZER_DATA_DIR"] = folder
        os.environ["ALZER_AUTH"] = "auto" if addresses else "required"
        callers = [
            Caller(request, f"127.0.0.{index}")
            if addresses
            else Caller(_with_token(request, _new_token(f"caller {index}")))
            for index in (2, 3)
        ]
        with running(ALZER, Path(folder)) as service:
            yield service, callers[0], callers[1]


def _new_token(name: str) -> str:
    command = [*ALZER[:-1], "tokens", "create", name]
    made = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 - our own program
    return max(made.stdout.split(), key=len)


def _with_token(request: bytes, token: str) -> bytes:
    line = f"\r\nAuthorization: Bearer {token}\r\n".encode()
    return request.replace(b"\r\n", line, 1)


async def _ask(
    service: Service, caller: Caller, rate: float, seconds: float, clients: int
) -> Outcome:
    return await offer(
        service.port,
        caller.request,
        rate=rate,
        seconds=seconds,
        clients=clients,
        address=caller.address,
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=20.0, help="per measurement")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--addresses", action="store_true")
    chosen = parser.parse_args()
    with service_with_two_callers(addresses=chosen.addresses) as (
        service,
        patient,
        greedy,
    ):
        asyncio.run(_measure(service, patient, greedy, chosen))


async def _measure(
    service: Service, patient: Caller, greedy: Caller, chosen: argparse.Namespace
) -> None:
    seconds, ratios = chosen.seconds, []
    await _ask(service, greedy, math.inf, seconds / 4, 16)  # warm
    for _ in range(chosen.rounds):
        peak = await _ask(service, greedy, math.inf, seconds / 2, 16)
        alone = await _ask(service, patient, NOW_AND_THEN, seconds, PATIENT_CLIENTS)
        rate = TIMES_THE_CAPACITY * peak.goodput
        beside, flood = await asyncio.gather(
            _ask(service, patient, NOW_AND_THEN, seconds, PATIENT_CLIENTS),
            _ask(service, greedy, rate, seconds, GREEDY_CLIENTS),
        )
        ratios.append(_tell(peak, alone, beside, flood))
    print(f"p95 beside / alone: {median(ratios):.2f}, median (aim: at most 2)")


def _tell(peak: Outcome, alone: Outcome, beside: Outcome, flood: Outcome) -> float:
    p95s = [quantile(each.accepted_ms, 0.95) for each in (alone, beside)]
    kept = (beside.goodput + flood.goodput) / peak.goodput
    print(
        f"alone p50 {quantile(alone.accepted_ms, 0.5):.0f} ms, p95 {p95s[0]:.0f} ms; "
        f"beside p50 {quantile(beside.accepted_ms, 0.5):.0f} ms, p95 {p95s[1]:.0f} ms, "
        f"{len(beside.refused_ms)} refused, {len(beside.failures)} failures; "
        f"the other p50 {quantile(flood.accepted_ms, 0.5):.0f} ms, "
        f"{flood.goodput:.1f} answers/s, {len(flood.refused_ms) / flood.seconds:.0f} "
        f"refused/s in {quantile(flood.refused_ms, 0.99):.1f} ms (p99); "
        f"both {kept:.0%} of the peak",
        flush=True,
    )
    return p95s[1] / p95s[0]


if __name__ == "__main__":
    main()
