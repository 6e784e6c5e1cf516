"""Jobs as rows, on SQLite and on PostgreSQL: one contract."""

import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from alzer.store.audit import LOCAL, AuditEntry
from alzer.store.jobs import Job, JobState
from alzer.store.records import Record
from alzer.store.store import Store

NOW = datetime.now(UTC)


def add(store: Store, owner: str | None = None, age: timedelta = timedelta(0)) -> Job:
    identity, analysis, moment = str(uuid.uuid4()), str(uuid.uuid4()), NOW - age
    job = Job(identity, owner, analysis, "me", created_at=moment, seen_at=moment)
    store.jobs.add(job)
    return job


def state(store: Store, job: Job) -> JobState | None:
    found = store.jobs.find(job.id)
    return None if found is None else found.state


def test_what_was_added_is_found_as_it_was_after_a_new_start(store: Store) -> None:
    job = add(store, "me")
    store.database.close()

    assert store.jobs.find(job.id) == job
    assert store.jobs.find(job.id, "me") == job
    assert store.jobs.find(job.id, "other") is None


def test_progress_and_the_end_are_kept(store: Store) -> None:
    job = add(store)
    store.jobs.advance(job.id, "read", 0.25)
    running = store.jobs.find(job.id)
    ended = store.jobs.end(job.id, JobState.done)
    done = store.jobs.find(job.id)

    assert running is not None
    assert (running.state, running.stage, running.progress) == ("running", "read", 0.25)
    assert running.seen_at > job.seen_at
    assert ended
    assert done is not None
    assert (done.state, done.stage, done.progress) == ("done", None, 1.0)


def test_a_problem_is_kept(store: Store) -> None:
    job, problem = add(store), {"detail": "No.", "code": "not_an_image", "status": 400}
    store.jobs.end(job.id, JobState.failed, problem)
    found = store.jobs.find(job.id)

    assert found is not None
    assert found.problem == problem


@pytest.mark.parametrize("first", [JobState.done, JobState.failed, JobState.cancelled])
def test_what_has_ended_stays_so(store: Store, first: JobState) -> None:
    job = add(store)
    store.jobs.end(job.id, first)

    assert not any(store.jobs.end(job.id, then) for then in JobState)
    store.jobs.advance(job.id, "read", 0.5)
    assert state(store, job) is first


def test_silent_jobs_are_lost_and_others_are_not(store: Store) -> None:
    silent, alive, done = (add(store, age=timedelta(hours=1)) for _ in range(3))
    store.jobs.touch([alive.id])
    store.jobs.end(done.id, JobState.done)

    assert store.jobs.lose(NOW - timedelta(minutes=1)) == 1
    states = [state(store, each) for each in (silent, alive, done)]
    assert states == [JobState.lost, JobState.queued, JobState.done]


def test_who_works_on_a_job_knows_better_than_those_who_took_it_for_lost(
    store: Store,
) -> None:
    job, other = add(store), add(store)
    store.jobs.lose(NOW + timedelta(seconds=1))
    store.jobs.advance(job.id, "read", 0.5)
    revived = state(store, job)

    assert revived is JobState.running
    assert store.jobs.end(other.id, JobState.done)
    assert state(store, other) is JobState.done


def test_those_that_were_cancelled_are_named(store: Store) -> None:
    one, other = add(store), add(store)
    store.jobs.end(one.id, JobState.cancelled)

    assert store.jobs.cancelled([one.id, other.id]) == {one.id}
    assert store.jobs.cancelled([]) == set()


def test_jobs_go_with_the_term_and_with_their_analysis(
    store: Store, keep: Callable[..., Record]
) -> None:
    old, young = add(store, age=timedelta(days=31)), add(store)
    record = keep(store)
    led = Job(str(uuid.uuid4()), None, record.id, "me")
    cancelled = Job(str(uuid.uuid4()), None, record.id, "me")
    for job, end in ((led, JobState.done), (cancelled, JobState.cancelled)):
        store.jobs.add(job)
        store.jobs.end(job.id, end)
    store.purge()
    after_the_term = [state(store, each) for each in (old, young, led)]
    store.delete(record, AuditEntry(LOCAL, "deleted", record.id))

    assert after_the_term == [None, JobState.queued, JobState.done]
    left = [state(store, each) for each in (young, led, cancelled)]
    assert left == [JobState.queued, None, JobState.cancelled]


def test_a_service_that_is_alone_at_its_start_knows_that_earlier_jobs_are_lost(
    store: Store,
) -> None:
    job = add(store)
    with store.in_use(datetime.now(UTC)):
        alone = state(store, job)
        other = add(store)
        with store.in_use(datetime.now(UTC)):
            beside = state(store, other)

    assert alone is JobState.lost
    assert beside is JobState.queued
