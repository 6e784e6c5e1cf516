"""What becomes of the service at four and ten times what it can do.

Prints, for each load: answers per second, times of answers and refusals, times
of `/healthz` meanwhile, memory, and how soon it is as quick as before.
"""

import argparse
import asyncio
import math
import time
from statistics import fmean, median

from load import Outcome, offer, quantile
from loopback import ALZER, Connection, Service, form, post, running
from subjects import drawn_slice

from alzer.model.runtimes import usable_cores

# What counts as recovered: so many answers in a row, each within so many times
# the median of one client alone.
QUICK_ANSWERS = 5
NEARLY = 1.5


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0, help="per load")
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    request, seconds = form(drawn_slice()), arguments.seconds
    shares: dict[int, list[float]] = {4: [], 10: []}
    recovered_s = []
    with running(ALZER) as service:
        _offer(service, request, math.inf, seconds / 6, 16)  # warm
        alone_s = _alone_s(service, request)
        before = _peak(service, request, seconds / 3)
        for _ in range(arguments.rounds):
            for times, kept in shares.items():
                rate = times * before.goodput
                load = _offer(service, request, rate, seconds, 40 * times)
                recovered_s.append(_recovery_s(service, request, alone_s))
                _tell(f"{times} times the capacity", load, service)
                after = _peak(service, request, seconds / 3)
                kept.append(_judge(load, before, after))
                before = after
        for times, kept in shares.items():
            print(f"{times} times: {median(kept):.0%} of the peak's answers, median")
    print(f"as quick as before after {max(recovered_s):.2f} s at most (aim: below 2)")


def _peak(service: Service, request: bytes, seconds: float) -> Outcome:
    peak = _offer(service, request, math.inf, seconds, 16)
    _tell("capacity, 16 clients", peak, service)
    return peak


def _offer(
    service: Service, request: bytes, rate: float, seconds: float, clients: int
) -> Outcome:
    spent_s, started = time.process_time(), time.perf_counter()
    load = offer(service.port, request, rate=rate, seconds=seconds, clients=clients)
    outcome = asyncio.run(load)
    took_s = time.perf_counter() - started
    share = (time.process_time() - spent_s) / took_s / usable_cores()
    print(f"[the load itself takes {share:.1%} of the cores]")
    return outcome


def _tell(name: str, load: Outcome, service: Service) -> None:
    print(
        f"{name}: {load.goodput:.1f} answers/s, "
        f"p50 {quantile(load.accepted_ms, 0.5):.0f} ms, "
        f"p99 {quantile(load.accepted_ms, 0.99):.0f} ms; "
        f"{len(load.refused_ms) / load.seconds:.0f} refused/s, "
        f"p50 {quantile(load.refused_ms, 0.5):.1f} ms, "
        f"p99 {quantile(load.refused_ms, 0.99):.1f} ms; "
        f"health p99 {quantile(load.health_ms, 0.99):.1f} ms; "
        f"{len(load.failures)} failures; {service.resident_mb():.0f} MB"
    )


def _judge(load: Outcome, *peaks: Outcome) -> float:
    """Compare with the peaks before and after: the machine itself is unsteady."""
    peak = fmean(each.goodput for each in peaks)
    peak_p99 = fmean(quantile(each.accepted_ms, 0.99) for each in peaks)
    kept = load.goodput / peak
    print(
        f"  {kept:.0%} of the peak's answers (aim: 90 %), "
        f"p99 {quantile(load.accepted_ms, 0.99) / peak_p99:.1f} times the peak's "
        "(aim: below 3)",
        flush=True,
    )
    return kept


def _alone_s(service: Service, request: bytes) -> float:
    connection = service.connect()
    times = [_answered_s(connection, request) for _ in range(50)]
    connection.close()
    return median(times)


def _recovery_s(service: Service, request: bytes, alone_s: float) -> float:
    """Ask until five answers in a row are as quick as before, or nearly so."""
    connection = service.connect()
    started, quick = time.perf_counter(), 0
    while quick < QUICK_ANSWERS:
        try:
            spent_s = _answered_s(connection, request)
        except RuntimeError:  # turned away, and the connection closed
            connection.close()
            spent_s = math.inf
        quick = quick + 1 if spent_s < NEARLY * alone_s else 0
    connection.close()
    return time.perf_counter() - started


def _answered_s(connection: Connection, request: bytes) -> float:
    started = time.perf_counter()
    post(connection, request)
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
