"""Jobs: analyses that were asked for without waiting, and how far they are."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import ColumnElement, delete, insert, select, update

from alzer.store.database import Database
from alzer.store.tables import JOBS


class JobState(StrEnum):
    """What has become of a job."""

    queued = "queued"
    running = "running"
    done = "done"
    failed = "failed"
    cancelled = "cancelled"
    lost = "lost"


_UNFINISHED: Final = (JobState.queued.value, JobState.running.value)

# Whoever works on a job knows better than those who took it for lost.
_OPEN: Final = (*_UNFINISHED, JobState.lost.value)


@dataclass(frozen=True)
class Job:
    """One job as it is kept.

    Attributes:
        id: Names the job.
        owner: The id of the token that asked for it; None where nobody signs in.
        analysis: The id that the analysis has, or will have.
        runner: The process that works on it.
        state: What has become of it.
        stage: What is being done.
        progress: How much is done, 0 to 1.
        problem: Why it has failed: `detail`, `code` and `status`.
        created_at: When it was asked for.
        seen_at: When its process last gave a sign of life.
    """

    id: str
    owner: str | None
    analysis: str
    runner: str
    state: JobState = JobState.queued
    stage: str | None = None
    progress: float = 0.0
    problem: Mapping[str, Any] | None = None
    created_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    seen_at: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def is_finished(self) -> bool:
        """Whether nothing will change any more."""
        return self.state not in _UNFINISHED


_COLUMNS: Final = tuple(JOBS.c[name] for name in Job.__dataclass_fields__)


@dataclass(frozen=True)
class Jobs:
    """The jobs of a database.

    Attributes:
        database: Where they are.
    """

    database: Database

    def add(self, job: Job) -> None:
        """Keep a job from now on, whatever becomes of this process.

        Args:
            job: Which.

        Raises:
            StorageUnavailable: It can't be kept.
        """
        with self.database.transaction() as connection:
            connection.execute(insert(JOBS), {**vars(job), "state": job.state.value})

    def find(self, identity: str, owner: str | None = None) -> Job | None:
        """Find one job.

        Args:
            identity: Of the job.
            owner: Only if it is this token's; None: anyone's.

        Returns:
            The job, or None.
        """
        conditions = [JOBS.c.id == identity]
        if owner is not None:
            conditions.append(JOBS.c.owner == owner)
        with self.database.transaction() as connection:
            row = connection.execute(select(*_COLUMNS).where(*conditions)).first()
        return None if row is None else _job_of(row)

    def advance(self, identity: str, stage: str, progress: float) -> None:
        """Note how far a job is, unless it has ended.

        Args:
            identity: Of the job.
            stage: What is being done.
            progress: How much is done, 0 to 1.
        """
        values = {"state": JobState.running.value, "stage": stage, "progress": progress}
        self._change(values, JOBS.c.id == identity, JOBS.c.state.in_(_OPEN))

    def end(
        self, identity: str, state: JobState, problem: Mapping[str, Any] | None = None
    ) -> bool:
        """End a job, unless it has been ended.

        Args:
            identity: Of the job.
            state: What has become of it.
            problem: Why it has failed.

        Returns:
            Whether it was open until now.
        """
        values: dict[str, Any] = {"state": state.value, "problem": problem}
        if state is JobState.done:
            values |= {"stage": None, "progress": 1.0}
        knows_better = state in {JobState.done, JobState.failed}
        allowed = _OPEN if knows_better else _UNFINISHED
        return self._change(values, JOBS.c.id == identity, JOBS.c.state.in_(allowed))

    def touch(self, identities: Collection[str]) -> None:
        """Give a sign of life for jobs that are worked on."""
        self._change({}, JOBS.c.id.in_(identities))

    def cancelled(self, identities: Collection[str]) -> set[str]:
        """Return which of some jobs were cancelled, perhaps by another process."""
        query = select(JOBS.c.id).where(
            JOBS.c.id.in_(identities), JOBS.c.state == JobState.cancelled.value
        )
        with self.database.transaction() as connection:
            return set(connection.execute(query).scalars())

    def lose(self, seen_before: datetime) -> int:
        """Note that jobs are lost whose process gives no sign of life.

        Args:
            seen_before: The last one that counts.

        Returns:
            How many are.
        """
        lost = (
            update(JOBS)
            .where(JOBS.c.state.in_(_UNFINISHED), JOBS.c.seen_at < seen_before)
            .values(state=JobState.lost.value)
        )
        with self.database.transaction() as connection:
            return connection.execute(lost).rowcount

    def forget(self, *conditions: ColumnElement[bool]) -> int:
        """Delete jobs for good; their analyses are another matter.

        Args:
            conditions: Which.

        Returns:
            How many there were.
        """
        with self.database.transaction() as connection:
            count = connection.execute(delete(JOBS).where(*conditions)).rowcount
        if count:
            self.database.note_deletion()
        return count

    def remove(self, identity: str) -> None:
        """Delete one job, of which nobody was told."""
        self.forget(JOBS.c.id == identity)

    def purge(self, until: datetime) -> int:
        """Delete jobs from before a moment.

        Args:
            until: The end of the term.

        Returns:
            How many there were.
        """
        return self.forget(JOBS.c.created_at < until)

    def _change(
        self, values: Mapping[str, Any], *conditions: ColumnElement[bool]
    ) -> bool:
        changed = update(JOBS).where(*conditions)
        seen = {**values, "seen_at": datetime.now(UTC)}
        with self.database.transaction() as connection:
            return connection.execute(changed.values(**seen)).rowcount > 0


def _job_of(row: Any) -> Job:  # noqa: ANN401 - SQLAlchemy's row of any columns
    job = Job(*row)
    return Job(**{**vars(job), "state": JobState(job.state)})
