"""Answers computed in this process: threads, confined decoders, and one engine."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial

from alzer.analysis import Analysis
from alzer.backends.backend import (
    Capacity,
    Heat,
    ModelFacts,
    Order,
    Question,
    Result,
)
from alzer.backends.workers import Lane, OtherLane, Workers
from alzer.cancellation import cancellable
from alzer.decoding.pool import LargeFile
from alzer.errors import InvalidRequest
from alzer.model.runtimes import usable_cores
from alzer.scans.slice import Slice


@dataclass(frozen=True)
class Steps:
    """What is done with one file; each is called in several threads at once.

    Attributes:
        analyse: From a file's bytes, or the slice in it, to what the model makes of
            it; raises UnusableScan.
        read: From a file's bytes to the slice in it; likewise. It may raise LargeFile.
        read_large: The same for those, one after the other; None: `read` reads all.
        needs_isolation: Whether another process does so for these bytes.
        start: Called when the service starts.
        stop: Called when it has ended.
    """

    analyse: Callable[[bytes | Slice], Analysis]
    read: Callable[[bytes], Slice]
    read_large: Callable[[bytes], Slice] | None = None
    needs_isolation: Callable[[bytes], bool] = lambda _: False
    start: Callable[[], None] = lambda: None
    stop: Callable[[], None] = lambda: None


@dataclass(frozen=True)
class LocalBackend:
    """Computes in threads of this process, as many at a time as there are cores.

    Attributes:
        steps: What is done with a file.
        workers: The threads, and who may have them.
        facts: What is told of the model.
    """

    steps: Steps
    workers: Workers
    facts: ModelFacts = field(default_factory=ModelFacts)

    @property
    def capacity(self) -> Capacity:
        """Who may ask."""
        return self.workers

    async def analyse(
        self, order: Order, finish: Callable[[Analysis], Result]
    ) -> Result:
        """Analyse a scan, in its turn; as `Backend` has it."""
        return await self._with_scan(order, lambda scan: finish(self._analyse(scan)))

    async def read(self, order: Order, finish: Callable[[Slice], Result]) -> Result:
        """Read a scan without analysing it; as `Backend` has it."""
        return await self._with_scan(order, lambda scan: finish(self._read(scan)))

    async def explain(
        self, question: Question, finish: Callable[[Heat | None], Result]
    ) -> Result:
        """Explain a class of an analysis that was made before; as `Backend` has it."""

        def work() -> Result:
            return finish(question.evidence.heat(question.label, question.index))

        with self.workers.place(question.owner):
            return await self.workers.run(question, work)

    def start(self) -> None:
        """Begin to work."""
        self.steps.start()

    def stop(self) -> None:
        """End whatever was started."""
        self.steps.stop()

    async def _with_scan(
        self, order: Order, work: Callable[["_Source"], Result]
    ) -> Result:
        data = _only_file(order)
        isolated = self.steps.needs_isolation(data)

        def begin(source: _Source) -> Result:
            order.on_stage("analyse", 0.5)
            order.cancellation.check()
            return work(source)

        with (
            cancellable(order.cancellation),
            self.workers.place(order.owner, isolated=isolated),
        ):
            if isolated:
                read = partial(self._read_apart, order, begin)
                return await self.workers.read_and_run(order, read)
            return await self.workers.run(order, partial(begin, _Source(data)))

    def _read_apart(
        self, order: Order, work: Callable[["_Source"], Result], lane: Lane
    ) -> Callable[[], Result]:
        order.on_stage("read", 0.0)
        order.cancellation.check()
        started = time.perf_counter()
        steps, data = self.steps, _only_file(order)
        if lane is Lane.LARGE:
            scan = (steps.read_large or steps.read)(data)
        else:
            try:
                scan = steps.read(data)
            except LargeFile as large:
                raise OtherLane(Lane.LARGE) from large
        spent_ms = (time.perf_counter() - started) * 1000.0
        return partial(work, _Source(data, scan, spent_ms))

    def _analyse(self, source: "_Source") -> Analysis:
        if source.scan is None:
            return self.steps.analyse(source.data)
        analysis = self.steps.analyse(source.scan)
        timings = dict(analysis.timings_ms)
        for stage in ("read", "total"):
            timings[stage] += source.read_ms
        return replace(analysis, timings_ms=timings)

    def _read(self, source: "_Source") -> Slice:
        return source.scan or self.steps.read(source.data)


@dataclass(frozen=True)
class _Source:
    """A file that was sent, and the slice in it if that has been read."""

    data: bytes
    scan: Slice | None = None
    read_ms: float = 0.0


def local_backend(
    steps: Steps, max_waiting: int, facts: ModelFacts | None = None
) -> LocalBackend:
    """Put a backend together with a thread for each core.

    Args:
        steps: What is done with a file.
        max_waiting: Orders of one owner that may wait.
        facts: What is told of the model.

    Returns:
        The backend, not started.
    """
    workers = Workers(usable_cores(), max_waiting)
    return LocalBackend(steps, workers, facts or ModelFacts())


def _only_file(order: Order) -> bytes:
    if len(order.files) != 1:
        message = "Send one file: several files of one scan are not read."
        raise InvalidRequest(message)
    return order.files[0]
