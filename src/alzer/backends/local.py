"""Answers computed in this process: threads, confined decoders, and one engine."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from alzer.analysis import Analysis
from alzer.backends.backend import (
    Capacity,
    Heat,
    Layer,
    MapQuestion,
    ModelFacts,
    OcclusionQuestion,
    Order,
    PreparedInputs,
    Question,
    Result,
)
from alzer.backends.workers import Lane, OtherLane, Workers
from alzer.cancellation import cancellable
from alzer.decoding.pool import LargeFile
from alzer.errors import InvalidRequest, NoEvidence, NotOneSlice
from alzer.explain.faithfulness import Faithfulness
from alzer.explain.occlusion import Occlusion, ask_without
from alzer.model.evidence import Evidence, Floats, SliceEvidence
from alzer.model.runtimes import usable_cores
from alzer.scans.reading import File
from alzer.scans.slice import Slice
from alzer.scans.volume import Volume

OnStage = Callable[[str, float], None]
ReadScan = Callable[[Sequence[File], str | None], Slice | Volume]

# The longest that a volume waits for slices between two steps of its own.
_GIVE_WAY_S = 0.25


@dataclass(frozen=True)
class Steps:
    """What is done with a scan; each is called in several threads at once.

    Whatever takes long checks `current()`, which says whether it is still wanted.

    Attributes:
        analyse: From a file's bytes, or the slice in it, to what the model makes of
            it; raises UnusableScan.
        read: From a file's bytes to the slice in it; likewise. It may raise LargeFile.
        read_large: The same for those, one after the other; None: `read` reads all.
        needs_isolation: Whether another process does so for these bytes.
        read_scan: From several files, or one that holds more than a slice, to the scan
            in them; also given the series that is meant. None: slices are read alone.
        is_archive: Whether a file holds several.
        analyse_volume: From a whole head to what the model makes of it; also given
            what it tells its stages, which raises if it is not wanted any more.
        check: From what the model gave for a slice, and a class, to whether its map
            holds. None: maps are not checked.
        run: From inputs of the network, shape (n, 1, row, column), to their evidence,
            in exact arithmetic. None: it can't be asked about parts of a slice.
        start: Called when the service starts.
        stop: Called when it has ended.
    """

    analyse: Callable[[bytes | Slice], Analysis]
    read: Callable[[bytes], Slice]
    read_large: Callable[[bytes], Slice] | None = None
    needs_isolation: Callable[[bytes], bool] = lambda _: False
    read_scan: ReadScan | None = None
    is_archive: Callable[[bytes], bool] = lambda _: False
    analyse_volume: Callable[[Volume, OnStage], Analysis] | None = None
    check: Callable[[SliceEvidence, int], Faithfulness] | None = None
    run: Callable[[Floats], Evidence] | None = None
    start: Callable[[], None] = lambda: None
    stop: Callable[[], None] = lambda: None


@dataclass(frozen=True)
class LocalBackend:
    """Computes in threads of this process, as many at a time as there are cores.

    Attributes:
        steps: What is done with a scan.
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

        def work(source: _Source) -> Result:
            return finish(self._analyse(order, source))

        return await self._with_scan(order, work)

    async def read(
        self, order: Order, finish: Callable[[Slice | Volume], Result]
    ) -> Result:
        """Read a scan without analysing it; as `Backend` has it."""

        def work(source: _Source) -> Result:
            return finish(source.scan or self.steps.read(source.data))

        return await self._with_scan(order, work)

    async def explain(
        self, question: Question, finish: Callable[[Heat | None], Result]
    ) -> Result:
        """Explain a class of an analysis that was made before; as `Backend` has it."""

        def work() -> Result:
            return finish(question.evidence.heat(question.label, question.index))

        with self.workers.place(question.owner):
            return await self.workers.run(question, work)

    async def check(
        self, question: Question, finish: Callable[[Faithfulness], Result]
    ) -> Result:
        """Ask the model whether a map holds; as `Backend` has it.

        Raises:
            NoEvidence: Maps are not checked here.
        """
        check = self.steps.check
        if check is None:
            message = "This service does not check maps."
            raise NoEvidence(message)

        def work() -> Result:
            one = question.evidence.slices[question.index]
            return finish(check(one, question.label))

        with self.workers.place(question.owner):
            return await self.workers.run(question, work)

    async def draw_map(
        self, question: MapQuestion, finish: Callable[[Layer | None], Result]
    ) -> Result:
        """Draw a map of an analysis that was made before; as `Backend` has it."""

        def work() -> Result:
            maps = question.evidence.maps(question.index)
            return finish(maps.draw(question.style, question.label))

        with self.workers.place(question.owner):
            return await self.workers.run(question, work)

    async def ask_without(
        self, question: OcclusionQuestion, finish: Callable[[Occlusion], Result]
    ) -> Result:
        """Ask about a slice again, without a part of it; as `Backend` has it.

        Raises:
            InvalidRequest: As there, or this service has no network for that.
        """
        run = self.steps.run
        if run is None:
            message = "This service can't ask its network about parts of a slice."
            raise InvalidRequest(message)

        def work() -> Result:
            maps, edges, fill = question.maps, question.edges, question.fill
            return finish(ask_without(maps, edges, fill, run))

        with self.workers.place(question.owner):
            return await self.workers.run(question, work)

    async def infer(
        self, inputs: PreparedInputs, finish: Callable[[Evidence], Result]
    ) -> Result:
        """Run the network on prepared inputs; as `Backend` has it.

        Raises:
            InvalidRequest: This service has no network for that.
        """
        run = self.steps.run
        if run is None:
            message = "This service can't run its network on prepared inputs."
            raise InvalidRequest(message)

        def work() -> Result:
            return finish(run(inputs.images))

        with self.workers.place(inputs.owner):
            return await self.workers.run(inputs, work)

    def start(self) -> None:
        """Begin to work."""
        self.steps.start()

    def stop(self) -> None:
        """End whatever was started."""
        self.steps.stop()

    async def _with_scan(
        self, order: Order, work: Callable[["_Source"], Result]
    ) -> Result:
        data = order.files[0].content
        are_several = len(order.files) > 1 or self.steps.is_archive(data)
        isolated = are_several or self.steps.needs_isolation(data)

        def begin(source: _Source) -> Result:
            order.cancellation.check()
            if not isinstance(source.scan, Volume):  # which tells its own stages
                order.on_stage("analyse", 0.5)
            return work(source)

        with (
            cancellable(order.cancellation),
            self.workers.place(order.owner, isolated=isolated),
        ):
            if not isolated:
                return await self.workers.run(order, partial(begin, _Source(data)))
            lane = Lane.VOLUME if are_several else Lane.SMALL
            read = partial(self._read_apart, order, begin)
            return await self.workers.read_and_run(order, read, lane)

    def _read_apart(
        self, order: Order, work: Callable[["_Source"], Result], lane: Lane
    ) -> Callable[[], Result]:
        order.cancellation.check()
        order.on_stage("read", 0.0)
        started = time.perf_counter()
        scan = self._read_in(lane, order)
        spent_ms = (time.perf_counter() - started) * 1000.0
        return partial(work, _Source(order.files[0].content, scan, spent_ms))

    def _read_in(self, lane: Lane, order: Order) -> Slice | Volume:
        steps, data = self.steps, order.files[0].content
        if lane is Lane.VOLUME:
            return self._read_all(order)
        try:
            if lane is Lane.LARGE:
                return (steps.read_large or steps.read)(data)
            return steps.read(data)
        except LargeFile as large:
            raise OtherLane(Lane.LARGE) from large
        except NotOneSlice as several:
            if steps.read_scan is None:
                raise
            raise OtherLane(Lane.VOLUME) from several

    def _read_all(self, order: Order) -> Slice | Volume:
        if self.steps.read_scan is None:
            message = "Send one file, with one slice: several files are not read."
            raise NotOneSlice(message)
        return self.steps.read_scan(order.files, order.series)

    def _analyse(self, order: Order, source: "_Source") -> Analysis:
        if source.scan is None:
            return self.steps.analyse(source.data)
        if isinstance(source.scan, Volume):
            analysis = self._analyse_volume(source.scan, order)
        else:
            analysis = self.steps.analyse(source.scan)
        timings = dict(analysis.timings_ms)
        for stage in ("read", "total"):
            timings[stage] = timings.get(stage, 0.0) + source.read_ms
        return replace(analysis, timings_ms=timings)

    def _analyse_volume(self, volume: Volume, order: Order) -> Analysis:
        if self.steps.analyse_volume is None:
            message = "The file holds a volume; send one slice of it."
            raise NotOneSlice(message)

        def on_stage(stage: str, share: float) -> None:
            order.cancellation.check()
            order.on_stage(stage, share)
            self._give_way()

        return self.steps.analyse_volume(volume, on_stage)

    def _give_way(self) -> None:
        """Wait while slices are worked on, but not for ever."""
        until = time.monotonic() + _GIVE_WAY_S
        while not self.workers.are_idle and time.monotonic() < until:
            time.sleep(0.005)


@dataclass(frozen=True)
class _Source:
    """A file that was sent, and the scan in it if that has been read."""

    data: bytes
    scan: Slice | Volume | None = None
    read_ms: float = 0.0


def local_backend(
    steps: Steps, max_waiting: int, facts: ModelFacts | None = None
) -> LocalBackend:
    """Put a backend together with a thread for each core.

    Args:
        steps: What is done with a scan.
        max_waiting: Orders of one owner that may wait.
        facts: What is told of the model.

    Returns:
        The backend, not started.
    """
    workers = Workers(usable_cores(), max_waiting)
    return LocalBackend(steps, workers, facts or ModelFacts())
