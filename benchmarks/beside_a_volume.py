"""How long a slice takes alone, and beside a whole head that is worked on.

    python benchmarks/beside_a_volume.py HEAD.nii.gz

The head is sent as a job; until it is done slices are asked for one after the other,
with a pause in which a person would look at the answer. The same before and after
it, so that what else the machine does hits all alike. Aim: the median beside a
volume is at most twice that alone.
"""

import argparse
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from loopback import ALZER, Connection, Service, form, post, running
from reporting import quantile_ms, report
from subjects import drawn_slice

PAUSE_S = 0.05
ALONE = 60


@dataclass
class Job:
    """A head that the service works on.

    Attributes:
        connection: To ask how far it is.
        address: Of the job.
        stages: The moments at which each stage was first seen.
    """

    connection: Connection
    address: str
    stages: dict[str, float] = field(default_factory=dict)

    def is_under_way(self) -> bool:
        """Ask how far the job is."""
        ask = f"GET {self.address} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
        status = json.loads(self.connection.ask(ask.encode())[1])
        self.stages.setdefault(status["stage"] or status["state"], time.perf_counter())
        return status["state"] in {"queued", "running"}


def begin(service: Service, head: bytes) -> Job:
    """Send a head as a job.

    Args:
        service: That answers.
        head: The file.

    Returns:
        The job.

    Raises:
        SystemExit: It is refused.
    """
    request = form(head).replace(b"\r\n", b"\r\nPrefer: respond-async\r\n", 1)
    connection = service.connect()
    status, answer = connection.ask(request)
    if status != 202:
        raise SystemExit(answer.decode(errors="replace"))
    return Job(connection, f"/jobs/{json.loads(answer)['job_id']}")


def time_slices(service: Service, go_on: Callable[[int], bool]) -> list[float]:
    """Ask for slices one after the other.

    Args:
        service: That answers.
        go_on: Says after so many whether there are to be more.

    Returns:
        Their durations in seconds.
    """
    connection, request = service.connect(), form(drawn_slice())
    durations: list[float] = []
    while go_on(len(durations)):
        time.sleep(PAUSE_S)
        started = time.perf_counter()
        post(connection, request)
        durations.append(time.perf_counter() - started)
    return durations


def run(head: bytes) -> dict[str, float]:
    """Measure slices before, beside and after a head.

    Args:
        head: The file.

    Returns:
        Times and ratios.
    """
    with running(ALZER) as service:
        time_slices(service, lambda count: count < 5)
        before = time_slices(service, lambda count: count < ALONE)
        started = time.perf_counter()
        job = begin(service, head)
        beside = time_slices(service, lambda _: job.is_under_way())
        took_s = time.perf_counter() - started
        alone = before + time_slices(service, lambda count: count < ALONE)
    stages = {f"stage {name} from s": at - started for name, at in job.stages.items()}
    return {
        "alone median ms": quantile_ms(alone),
        "alone p95 ms": quantile_ms(alone, 0.95),
        "beside a volume median ms": quantile_ms(beside),
        "beside a volume p95 ms": quantile_ms(beside, 0.95),
        "beside / alone, medians": quantile_ms(beside) / quantile_ms(alone),
        "slices answered beside": float(len(beside)),
        "volume s": took_s,
        **stages,
    }


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("head", type=Path)
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    figures = run(chosen.head.read_bytes())
    report("A slice beside a whole head", figures, as_json=chosen.json)


if __name__ == "__main__":
    main()
