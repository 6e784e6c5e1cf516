"""A queue of analyses that nobody waits for, over any backend.

Each job is a row of the database from before it begins until the retention ends. What
is to be analysed is in memory alone: scans are not written to the disk. A job whose
process ends is therefore lost, and says so.
"""

import asyncio
import logging
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Final

from anyio import CancelScope, sleep_forever, to_thread

from alzer.analysis import Analysis
from alzer.backends.backend import TOO_MANY, Backend, Order
from alzer.cancellation import Cancellation, Cancelled
from alzer.errors import AlzerError, Overloaded, StorageUnavailable
from alzer.store.audit import SERVICE, AuditEntry
from alzer.store.jobs import Job, JobState
from alzer.store.store import Store

logger = logging.getLogger(__name__)

# How soon others see how far a job is, and how soon one that another process
# cancels is given up.
_TELL_EVERY_S: Final = 0.5

# A process that works on jobs gives signs of life this often, and is given up after
# so long without.
_ALIVE_EVERY_S: Final = 10.0
_LOST_AFTER: Final = timedelta(seconds=60)

# What is waited for at the end of the service, of the ten seconds that it has.
_END_S: Final = 3.0

# Puts a failure into `detail`, `code` and `status`; None: one that nobody foresaw.
Describe = Callable[[AlzerError | None], Mapping[str, Any]]


@dataclass
class _Run:
    """A job that this process works on."""

    job: Job
    release: Callable[[], None]
    scope: CancelScope = field(default_factory=CancelScope)
    cancellation: Cancellation = field(default_factory=Cancellation)
    task: "asyncio.Task[None] | None" = None
    told: Job | None = None
    is_accepted: bool = False
    refusal: Overloaded | None = None

    def on_stage(self, stage: str, progress: float) -> None:
        """Note how far it is; called from any thread.

        Raises:
            Cancelled: It was given up.
        """
        self.cancellation.check()
        state = JobState.running
        self.job = replace(self.job, state=state, stage=stage, progress=progress)

    def cancel(self) -> None:
        """Give it up, wherever it is; called from the event loop's thread."""
        self.cancellation.cancel()
        self.scope.cancel()


class JobQueue:
    """Runs jobs beside the requests that are waited for, in the same places.

    Args:
        backend: What computes.
        store: Where jobs and analyses are kept.
        describe: Puts failures into words.
    """

    def __init__(self, backend: Backend, store: Store, describe: Describe) -> None:
        self._backend = backend
        self._store = store
        self._describe = describe
        self._runner = str(uuid.uuid4())
        self._runs: dict[str, _Run] = {}
        self._teller: asyncio.Task[None] | None = None
        self._alive_at = 0.0

    async def submit(
        self,
        order: Order,
        job: Job,
        keep: Callable[[Analysis], object],
        release: Callable[[], None],
    ) -> Job:
        """Begin a job; its row is there before anybody is told of it.

        Args:
            order: What to analyse.
            job: As `new` gave it.
            keep: Keeps the analysis, under the id that the job names; called in a
                thread.
            release: Called when the order's files are not needed any more; not if
                this fails.

        Returns:
            The job.

        Raises:
            Overloaded: Too much waits already.
            StorageUnavailable: The job can't be kept.
        """
        if not self._backend.capacity.have_place_for(order.owner):
            raise Overloaded(TOO_MANY)
        await to_thread.run_sync(self._store.jobs.add, job)
        run = self._runs[job.id] = _Run(job, release)
        order = replace(
            order,
            gone=sleep_forever,  # whoever has asked has got an answer
            on_stage=run.on_stage,
            cancellation=run.cancellation,
        )
        run.task = asyncio.create_task(self._work(run, order, keep))
        await asyncio.sleep(0)  # it takes its place, or finds none
        if run.refusal is not None:
            await to_thread.run_sync(self._store.jobs.remove, job.id)
            raise run.refusal
        run.is_accepted = True
        self._teller = self._teller or asyncio.create_task(self._tell())
        return job

    def new(self, owner: str | None, analysis: str) -> Job:
        """Return a job that is about to be submitted.

        Args:
            owner: The id of the token that asks for it; None where nobody signs in.
            analysis: The id that the analysis will have.

        Returns:
            The job.
        """
        return Job(str(uuid.uuid4()), owner, analysis, self._runner)

    def find(self, identity: str, owner: str | None) -> Job | None:
        """Find a job, as far as it is now; waits for the database.

        Args:
            identity: Of the job.
            owner: Only if it is this token's; None: anyone's.

        Returns:
            The job, or None.
        """
        job, run = self._store.jobs.find(identity, owner), self._runs.get(identity)
        if job is None or (job.is_finished and job.state is not JobState.lost):
            return job
        if run is not None:
            return run.job
        is_stale = datetime.now(UTC) - job.seen_at > _LOST_AFTER
        return self._settle(job) if is_stale or job.is_finished else job

    def _settle(self, job: Job) -> Job:
        """Say what has become of a job whose process gives no sign of life."""
        is_kept = self._store.records.find(job.analysis) is not None
        state = JobState.done if is_kept else JobState.lost
        self._store.jobs.end(job.id, state)
        return self._store.jobs.find(job.id) or replace(job, state=state)

    async def cancel(self, job: Job) -> None:
        """Give a job up; one that has ended stays as it is.

        Args:
            job: Which.

        Raises:
            StorageUnavailable: It can't be noted, and goes on.
        """
        end = partial(self._store.jobs.end, job.id, JobState.cancelled)
        run = self._runs.get(job.id)
        if await to_thread.run_sync(end) and run is not None:
            run.cancel()

    async def close(self) -> None:
        """Give up what this process works on, and say that it is lost."""
        runs = list(self._runs.values())
        for run in runs:
            run.cancel()
        tasks = [run.task for run in runs if run.task is not None]
        if tasks:
            await asyncio.wait(tasks, timeout=_END_S)
        for run in runs:
            await self._end(run, JobState.lost)

    async def _work(
        self, run: _Run, order: Order, keep: Callable[[Analysis], object]
    ) -> None:
        try:
            with run.scope:
                finish = partial(self._finish, run, keep)
                await self._backend.analyse(order, finish)
        except Cancelled:
            pass
        except AlzerError as error:
            await self._fail(run, error)
        except Exception:
            logger.exception("unforeseen failure of a job")
            await self._fail(run, None)
        finally:
            del self._runs[run.job.id]
            if run.refusal is None:
                run.release()

    def _finish(
        self, run: _Run, keep: Callable[[Analysis], object], analysis: Analysis
    ) -> None:
        run.cancellation.check()
        keep(analysis)
        if not self._store.jobs.end(run.job.id, JobState.done):
            self._undo(run.job)

    def _undo(self, job: Job) -> None:
        """Delete the analysis of a job that was cancelled while it was being kept."""
        record = self._store.records.find(job.analysis)
        if record is not None:
            self._store.delete(record, AuditEntry(SERVICE, "deleted", record.id))

    async def _fail(self, run: _Run, error: AlzerError | None) -> None:
        if isinstance(error, Overloaded) and not run.is_accepted:
            run.refusal = error
        else:
            await self._end(run, JobState.failed, self._describe(error))

    async def _end(
        self, run: _Run, state: JobState, problem: Mapping[str, Any] | None = None
    ) -> None:
        end = partial(self._store.jobs.end, run.job.id, state, problem)
        try:
            await to_thread.run_sync(end)
        except StorageUnavailable:  # without signs of life it will be lost
            logger.warning("a job's end can't be kept: the storage is unavailable")

    async def _tell(self) -> None:
        """Let others see how far jobs are, and see which they have cancelled."""
        try:
            while self._runs:
                await asyncio.sleep(_TELL_EVERY_S)
                for identity in await to_thread.run_sync(self._exchange):
                    if run := self._runs.get(identity):
                        run.cancel()
        finally:
            self._teller = None

    def _exchange(self) -> set[str]:
        runs = list(self._runs.values())
        identities = [run.job.id for run in runs]
        try:
            for run in runs:
                self._tell_of(run)
            if time.monotonic() - self._alive_at > _ALIVE_EVERY_S:
                self._store.jobs.touch(identities)
                self._alive_at = time.monotonic()
            return self._store.jobs.cancelled(identities)
        except StorageUnavailable:  # tried again soon
            return set()

    def _tell_of(self, run: _Run) -> None:
        job = run.job
        if job.stage is not None and job is not run.told:
            self._store.jobs.advance(job.id, job.stage, job.progress)
            run.told = job
