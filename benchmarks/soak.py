"""Half an hour at 80 % of what the service can do: errors, memory, open files.

Ends with 1 if anything failed, or if memory or the number of open files has
grown from the first third to the last by more than is said below.
"""

import argparse
import asyncio
import math
from statistics import median

from load import offer, quantile
from loopback import ALZER, Service, form, running
from subjects import drawn_slice

LOAD = 0.8
CLIENTS = 8

# Allocators keep some of what they were given; a leak goes on.
MAX_GROWTH_MB = 20.0
MAX_MORE_DESCRIPTORS = 5


def main() -> None:
    """Measure and print.

    Raises:
        SystemExit: Something failed or has grown.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=30.0)
    seconds = 60.0 * parser.parse_args().minutes
    request = form(drawn_slice())
    with running(ALZER) as service:
        warm_s = max(3.0, min(20.0, seconds / 10))
        peak = _offer(service, request, math.inf, warm_s)
        print(f"capacity: {peak:.1f} answers/s", flush=True)
        failed = _soak(service, request, LOAD * peak, seconds)
    if failed:
        raise SystemExit(1)


def _offer(service: Service, request: bytes, rate: float, seconds: float) -> float:
    load = offer(service.port, request, rate=rate, seconds=seconds, clients=CLIENTS)
    return asyncio.run(load).goodput


def _soak(service: Service, request: bytes, rate: float, seconds: float) -> bool:
    parts = 30
    memory, files, failures = [], [], 0
    for part in range(parts):
        load = asyncio.run(
            offer(
                service.port,
                request,
                rate=rate,
                seconds=seconds / parts,
                clients=CLIENTS,
            )
        )
        memory.append(service.resident_mb())
        files.append(service.open_files())
        failures += len(load.failures) + len(load.refused_ms)
        print(
            f"{(part + 1) / parts:.0%}: {load.goodput:.1f} answers/s, "
            f"p50 {quantile(load.accepted_ms, 0.5):.0f} ms, "
            f"p99 {quantile(load.accepted_ms, 0.99):.0f} ms, "
            f"{memory[-1]:.0f} MB, {files[-1]} open files, {failures} failures",
            flush=True,
        )
    third = parts // 3
    grown_mb = median(memory[-third:]) - median(memory[:third])
    more = median(files[-third:]) - median(files[:third])
    print(f"grown by {grown_mb:.1f} MB and {more:.0f} open files; {failures} failures")
    return failures > 0 or grown_mb > MAX_GROWTH_MB or more > MAX_MORE_DESCRIPTORS


if __name__ == "__main__":
    main()
