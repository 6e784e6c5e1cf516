"""What one process of a cluster does: the work of `alzer predict`, in batches."""

import json
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import Final, Self

from alzer.cli.cluster_digests import content_digest
from alzer.cli.cluster_order import Order, enter
from alzer.cli.cluster_results import results_folder
from alzer.cli.cluster_tasks import Task
from alzer.cli.cohort import Cohort
from alzer.cli.inputs import Input, failure_of
from alzer.cli.reading import Read, Reader, Whole
from alzer.cli.records import Record, describe_failure
from alzer.cli.remote_scans import fetched
from alzer.cli.shards import CONTENT, MODEL
from alzer.cli.volume_records import describe_person, keep_head
from alzer.cli.volumes import Head, Heads, Work
from alzer.errors import AnalysisFailed, ClusterUnavailable
from alzer.model.runtimes import usable_cores
from alzer.settings import Settings
from alzer.wiring import start_model

# Each is a request that mostly waits.
_FETCHED_AT_ONCE: Final = 8


@dataclass(frozen=True)
class Answer:
    """What came of one task.

    Attributes:
        task: Which.
        records: One, or one for each slice of what turned out to be slices apart;
            none if it is a whole head, for others to work on.
        lost: Why heatmaps could not be written, a sentence each.
    """

    task: Task
    records: Sequence[Record]
    lost: Sequence[str] = ()

    def as_text(self) -> str:
        """Return it as it travels."""
        return json.dumps([self.task.as_text(), list(self.records), list(self.lost)])

    @classmethod
    def from_text(cls, text: str) -> "Answer":
        """Read what `as_text` has written.

        Args:
            text: The answer.

        Returns:
            The same answer.
        """
        task, records, lost = json.loads(text)
        return cls(Task.from_text(task), records, lost)


class SliceWorker:
    """Analyses slices in batches, with a model of its own; may be used as a context.

    Args:
        order: What is the same for all inputs.

    Raises:
        ClusterUnavailable: The folder of the call is not there, or another model.
        UnusableModel: The model can't be loaded.
    """

    def __init__(self, order: Order) -> None:
        enter(order.folder)
        self._order = order
        threads = order.settings["threads"] or usable_cores()
        values = {**order.settings, "threads": threads}
        self._settings = Settings.model_validate(values)
        self._model = start_model(self._settings)
        if self._model.identity.sha256 != order.identity[MODEL]:
            message = "A node has another model. Give all nodes the same one (--model)."
            raise ClusterUnavailable(message)
        self._reader = Reader(self._settings.limits, self._settings.decoding)
        self._folder = results_folder(order.output)

    def __enter__(self) -> Self:
        self._reader.__enter__()
        return self

    def __exit__(self, *end: object) -> None:
        self._reader.__exit__(*end)

    def answer(self, items: Sequence[str]) -> Sequence[str]:
        """Answer for tasks; as `Worker` has it."""
        return [one.as_text() for one in self._answer([*map(Task.from_text, items)])]

    def give_up(self, item: str, reason: str) -> str:
        """Answer for a task that can't be worked on; as `Worker` has it."""
        task = Task.from_text(item)
        message = f"{reason} The file may be made to harm; look at it elsewhere."
        failure = failure_of(AnalysisFailed(message))
        record = describe_failure(task.scan.name, failure)
        with fetched(task.scan, self._settings.limits.max_scan_bytes) as (local, _):
            return self._finish(task, [record], local, ()).as_text()

    def _answer(self, tasks: Sequence[Task]) -> Iterator[Answer]:
        most = self._settings.limits.max_scan_bytes
        with ExitStack() as stack:
            contexts = [fetched(task.scan, most) for task in tasks]
            with ThreadPoolExecutor(_FETCHED_AT_ONCE) as threads:
                entered = list(threads.map(stack.enter_context, contexts))
            local = [scan for scan, _ in entered]
            reads = list(self._reader.read(local))
            cohort = self._cohort()
            slices = (
                Read(task.scan, read.outcome)
                for task, read in zip(tasks, reads, strict=True)
                if not isinstance(read.outcome, Whole)
            )
            with self._heads(None) as heads:
                records = cohort.records(slices, self._model, heads)
                for task, read in zip(tasks, reads, strict=True):
                    if isinstance(read.outcome, Whole):
                        yield Answer(task, ())
                        continue
                    record = next(records)
                    lost = cohort.tally.lost
                    yield self._finish(task, [record], read.input, tuple(lost))
                    lost.clear()

    def _cohort(self) -> Cohort:
        return Cohort((), self._folder, extras=self._order.extras)

    @contextmanager
    def _heads(self, series: str | None) -> Iterator[Heads]:
        work = Work(series, keeps_files=True, data_dir=self._settings.data_dir)
        with Heads(self._reader, self._model, work, _tell_nobody) as heads:
            yield heads

    def _finish(
        self,
        task: Task,
        records: Sequence[Record],
        local: Input,
        lost: Sequence[str],
        names: Mapping[str, str] | None = None,
    ) -> Answer:
        """Add to records what they are found again by."""
        facts = {} if task.subject is None else {"participant": task.subject}
        paths = {shown: path for path, shown in (names or {}).items()}
        finished = []
        for record in records:
            name = str(record["input"])
            is_whole = name == task.scan.name
            read = local if is_whole else Input(paths.get(name, name))
            digest = {CONTENT: content_digest(read, task)}
            finished.append({**record, **facts, **digest, **self._order.identity})
        return Answer(task, finished, lost)


class HeadWorker(SliceWorker):
    """Analyses whole heads one by one; slices among them like any other."""

    def _answer(self, tasks: Sequence[Task]) -> Iterator[Answer]:
        for task in tasks:
            yield self._answer_one(task)

    def _answer_one(self, task: Task) -> Answer:
        most = self._settings.limits.max_scan_bytes
        with fetched(task.scan, most) as (local, names):
            if local.failure is not None:
                record = describe_failure(task.scan.name, local.failure)
                record = {**record, **describe_person(task.scan)}
                return self._finish(task, [record], local, ())
            cohort = self._cohort()
            records = list(self._records(task, local, names, cohort))
            return self._finish(task, records, local, cohort.tally.lost, names)

    def _records(
        self, task: Task, local: Input, names: Mapping[str, str], cohort: Cohort
    ) -> Iterator[Record]:
        with self._heads(task.series) as heads:
            outcome = heads.begin(Read(local, Whole())).result()
            if isinstance(outcome, Head):
                lost, extras = cohort.tally.lost, self._order.extras
                yield keep_head(task.scan, outcome, self._folder, lost, extras)
                return
            reads = (Read(_shown(read.input, local, task, names), read.outcome)
                     for read in outcome)  # fmt: skip
            yield from cohort.records(reads, self._model, heads)


def _shown(read: Input, local: Input, task: Task, names: Mapping[str, str]) -> Input:
    """Return what the call calls an input that was read here."""
    if read == local:
        return task.scan
    return replace(read, name=names.get(read.name, read.name))


def _tell_nobody(name: str, stage: str, share: float | None) -> None:
    """Tell no stages: who watches is on another machine."""
