"""What becomes of the service at four and ten times what it can do.

Prints, for each load: answers per second, times of answers and refusals, times
of `/healthz` meanwhile, and memory; then how soon it is as quick as before.
"""

import argparse
import asyncio
import math
import time
from statistics import fmean, median

from load import Outcome, offer, quantile, resident_mb
from loopback import ALZER, Service, form, post, running
from subjects import drawn_slice

from alzer.web.workers import usable_cores


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0, help="per load")
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    request, seconds = form(drawn_slice()), arguments.seconds
    shares: dict[int, list[float]] = {4: [], 10: []}
    with running(ALZER) as service:
        _offer(service, request, math.inf, seconds / 6, 16)  # warm
        before = _peak(service, request, seconds / 3)
        for _ in range(arguments.rounds):
            for times, kept in shares.items():
                rate = times * before.goodput
                load = _offer(service, request, rate, seconds, 40 * times)
                _tell(f"{times} times the capacity", load, service)
                after = _peak(service, request, seconds / 3)
                kept.append(_judge(load, before, after))
                before = after
        for times, kept in shares.items():
            print(f"{times} times: {median(kept):.0%} of the peak's answers, median")
        print(f"as quick as before after {_recovery_s(service, request):.2f} s")


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
        f"{len(load.failures)} failures; {resident_mb(service.pid):.0f} MB"
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


def _recovery_s(service: Service, request: bytes) -> float:
    connection = service.connect()
    started = time.perf_counter()
    quick = 0
    while quick < 5:
        before = time.perf_counter()
        post(connection, request)
        quick = quick + 1 if time.perf_counter() - before < 0.05 else 0
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
