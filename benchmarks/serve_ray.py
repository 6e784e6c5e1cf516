"""What replicas on a Ray cluster cost and bring, beside the service's own process.

    python benchmarks/serve_ray.py

On one machine with two cores, every figure from runs that take turns, so that what else
runs there meets both alike. Replicas are pinned to a core each.
"""

import asyncio
import os
import signal
import sys
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import suppress
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any, Final

from ray import serve

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from alzer.analysis import BATCH_SIZE, analyse_many
from alzer.backends.backend import Order, facts_of
from alzer.backends.local import LocalBackend
from alzer.backends.ray.deployments import bundle_id, slices_application
from alzer.backends.ray.handles import Handles
from alzer.backends.ray.serve_cluster import join_cluster
from alzer.backends.ray.serving import RayBackend
from alzer.backends.workers import Workers
from alzer.scans.reading import File
from alzer.settings import Settings
from alzer.wiring import local_steps, replica_parts, start_model
from phantoms import as_png, draw_brain
from replicas import quick_imports, replica_pids

_ROUNDS: Final = 60
_UNDER_LOAD: Final = 8

# So many that the last few, for which one replica waits for the other, hardly count.
_ANSWERS: Final = 96
_SLICE: Final = as_png(draw_brain())
_ORDER: Final = Order(files=(File(_SLICE),), owner="benchmark")

Ask = Callable[[], Coroutine[Any, Any, Any]]


def main() -> None:
    """Measure, and print."""
    with TemporaryDirectory(prefix="alzer-") as folder, quick_imports():
        settings = Settings(
            data_dir=Path(folder),
            engine="openvino",
            precision="fp32",
            threads=1,
            ray_slices_min=2,
            ray_slices_max=2,
            ray_volumes_max=2,
        )
        cluster = join_cluster(settings)
        try:
            one, two = _start("one", settings, 1), _start("two", settings, 2)
            nothing = _start_nothing()
            asyncio.run(_measure(settings, one, two, nothing))
        finally:
            cluster.leave()


def _start(name: str, settings: Settings, replicas: int) -> RayBackend:
    sized = settings.model_copy(
        update={"ray_slices_min": replicas, "ray_slices_max": replicas}
    )
    application = slices_application(replica_parts, sized)
    serve.run(application, name=f"alzer-{name}", route_prefix=None)
    handle = serve.get_app_handle(f"alzer-{name}").options(
        multiplexed_model_id=bundle_id(settings)
    )
    handles = Handles(handle, handle.options(stream=True))
    return RayBackend(handles, Workers(16, 64), settings.limits, handles.facts())


class _Nothing:
    """Answers with nothing: what Ray Serve takes for any call."""

    async def answer(self) -> bytes:
        return b""


def _start_nothing() -> Callable[[], Any]:
    deployment = serve.deployment(ray_actor_options={"num_cpus": 0})(_Nothing)
    serve.run(deployment.bind(), name="nothing", route_prefix=None)
    handle: Any = serve.get_app_handle("nothing")
    remote: Callable[[], Any] = handle.answer.remote
    return remote


def _pin(name: str) -> None:
    """Give each replica of an application a core, with all of its threads."""
    for core, pid in enumerate(replica_pids(name)):
        for thread in Path(f"/proc/{pid}/task").iterdir():
            os.sched_setaffinity(int(thread.name), {core})


async def _measure(
    settings: Settings, one: RayBackend, two: RayBackend, nothing: Callable[[], Any]
) -> None:
    model = start_model(settings)
    local = LocalBackend(local_steps(model, settings), Workers(1, 64), facts_of(model))

    def ask(backend: LocalBackend | RayBackend) -> Ask:
        return lambda: backend.analyse(_ORDER, lambda found: found)

    await _overhead(ask(local), ask(one), nothing)
    _pin("one")
    _pin("two")
    await _throughput(ask(one), ask(two))
    _batches(model, settings)
    await _killed(ask(two))


async def _timed(work: Ask) -> tuple[float, float]:
    """Return how long an answer took, and how much of that was no part of making it."""
    started = time.perf_counter()
    analysis = await work()
    spent_ms = (time.perf_counter() - started) * 1000.0
    return spent_ms, spent_ms - analysis.timings_ms["total"]


async def _overhead(here: Ask, there: Ask, nothing: Callable[[], Any]) -> None:
    for work in (here, there, nothing) * 5:
        await work()
    pairs, empty_ms = [], []
    for _ in range(_ROUNDS):
        pairs.append((await _timed(here), await _timed(there)))
        started = time.perf_counter()
        await nothing()
        empty_ms.append((time.perf_counter() - started) * 1000.0)
    for name, column in zip(
        ("in process", "by a replica"), zip(*pairs, strict=True), strict=True
    ):
        spent, around = (median(values) for values in zip(*column, strict=True))
        print(f"one slice {name:14} {spent:8.1f} ms, {around:.1f} ms of it around it")
    more = median(remote[1] - own[1] for own, remote in pairs)
    print(f"overhead                 {more:8.1f} ms")
    print(f"a call without any work  {median(empty_ms):8.1f} ms")


async def _together(work: Ask, count: int = _ANSWERS) -> float:
    """Return the answers per second under load."""
    waiting = asyncio.Semaphore(_UNDER_LOAD)

    async def one() -> None:
        async with waiting:
            await work()

    started = time.perf_counter()
    await asyncio.gather(*(one() for _ in range(count)))
    return count / (time.perf_counter() - started)


async def _throughput(one: Ask, two: Ask) -> None:
    for work in (one, two):
        await _together(work)
    rounds, spent_s = [], []
    for _ in range(4):
        alone = await _together(one)
        before = _cpu_s()
        rounds.append((alone, await _together(two)))
        spent_s.append([now - then for now, then in zip(_cpu_s(), before, strict=True)])
    alone, both = (median(column) for column in zip(*rounds, strict=True))
    ratio = median(second / first for first, second in rounds)
    print(f"one replica, one core    {alone:8.2f} answers per second")
    print(f"two replicas, two cores  {both:8.2f} answers per second")
    print(f"median ratio             {ratio:8.2f}")
    columns = zip(*spent_s, strict=True)
    for name, column in zip(("replicas", "service", "Ray"), columns, strict=True):
        each_ms = median(column) * 1000.0 / _ANSWERS
        print(f"processor time of {name:8} {each_ms:6.1f} ms per answer")


def _cpu_s() -> tuple[float, float, float]:
    """Return the processor time of replicas, of this process, and of Ray's others."""
    processes = dict(_processes())
    replicas = {*replica_pids("one"), *replica_pids("two")}

    def is_ours(pid: int) -> bool:
        return pid == os.getpid() or (pid in processes and is_ours(processes[pid][0]))

    spent = {pid: time_s for pid, (_, time_s) in processes.items() if is_ours(pid)}
    own = spent.pop(os.getpid())
    at_replicas = sum(time_s for pid, time_s in spent.items() if pid in replicas)
    return at_replicas, own, sum(spent.values()) - at_replicas


def _processes() -> Iterator[tuple[int, tuple[int, float]]]:
    """Give the parent and the processor time of each process of the machine."""
    # Source: proc_pid_stat(5): the name in brackets, then from the third field on.
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it has ended since
            fields = (folder / "stat").read_text("utf-8").rpartition(")")[2].split()
            ticks = int(fields[11]) + int(fields[12])
            yield int(folder.name), (int(fields[1]), ticks / os.sysconf("SC_CLK_TCK"))


def _batches(model: Any, settings: Settings) -> None:  # noqa: ANN401 - a model
    def each(size: int) -> float:
        started = time.perf_counter()
        for _ in range(BATCH_SIZE // size):
            list(analyse_many([_SLICE] * size, model, settings.limits))
        return (time.perf_counter() - started) * 1000.0 / BATCH_SIZE

    pairs = [(each(1), each(BATCH_SIZE)) for _ in range(8)]
    single, together = (median(column) for column in zip(*pairs, strict=True))
    print(f"a slice alone            {single:8.1f} ms")
    print(f"a slice in a batch of {BATCH_SIZE}  {together:8.1f} ms")


async def _killed(ask: Ask) -> None:
    tasks = [asyncio.create_task(ask()) for _ in range(48)]
    await asyncio.wait(tasks, return_when="FIRST_COMPLETED")
    before = set(replica_pids("two"))
    victim = before.pop()
    os.kill(victim, signal.SIGKILL)
    killed_at = time.monotonic()
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    while len(set(replica_pids("two")) - {victim}) < 2:  # noqa: ASYNC110 - a process
        await asyncio.sleep(0.2)
    failed = sum(isinstance(outcome, BaseException) for outcome in outcomes)
    print(f"a replica killed         {failed:8d} of {len(tasks)} failed")
    print(f"its successor            {time.monotonic() - killed_at:8.1f} s later")


if __name__ == "__main__":
    main()
