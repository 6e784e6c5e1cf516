"""Analyses that nobody waits for."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from alzer.cancellation import current
from alzer.model.engine import Model
from alzer.model.runtimes import usable_cores
from alzer.scans.slice import Slice
from alzer.settings import Settings
from alzer.store.jobs import JobState
from alzer.store.store import Store, open_store
from phantoms import as_dicom, as_png, draw_brain
from served import ABSENT, app_of, app_with, steps_of
from web.test_access import bearer, make_token

BRAIN = as_png(draw_brain())
DICOM = as_dicom(draw_brain())
pytestmark = pytest.mark.on_every_backend

ASYNC = {"Prefer": "respond-async"}


def ask(
    client: TestClient, content: bytes = BRAIN, headers: dict[str, str] | None = None
) -> httpx.Response:
    files = {"file": content}
    return client.post("/predict", files=files, headers={**ASYNC, **(headers or {})})


def wait(
    client: TestClient, address: str, until: Callable[[dict[str, Any]], bool]
) -> dict[str, Any]:
    for _ in range(600):
        status: dict[str, Any] = client.get(address).json()
        if until(status):
            return status
        time.sleep(0.02)
    raise AssertionError(status)


def is_finished(status: dict[str, Any]) -> bool:
    return status["state"] not in {"queued", "running"}


def test_who_does_not_want_to_wait_gets_a_job_and_then_the_same_answer(
    client: TestClient,
) -> None:
    accepted = ask(client)
    address = accepted.headers["location"]
    done = wait(client, address, is_finished)
    found = client.get(done["analysis_url"]).json()
    waited = client.post("/predict", files={"file": BRAIN}).json()

    assert accepted.status_code == 202
    assert accepted.headers["preference-applied"] == "respond-async"
    assert "Prefer" in accepted.headers["vary"]
    assert accepted.json()["state"] == "queued"
    assert address == f"/jobs/{accepted.json()['job_id']}"
    assert (done["state"], done["progress"]) == ("done", 1.0)
    assert done["problem"] is None
    assert found["analysis_id"] == done["analysis_id"]
    assert found["class_probabilities"] == waited["class_probabilities"]
    assert client.get(found["heatmap_url"]).status_code == 200


@pytest.mark.parametrize(
    ("preference", "status"),
    [
        ("respond-async", 202),
        ("Respond-Async", 202),
        ("wait=10, respond-async", 202),
        ("respond-async; foo=1", 202),
        ("return=minimal", 200),
        ("no-respond-async", 200),
        ("", 200),
    ],
)
def test_only_that_preference_is_followed(
    client: TestClient, preference: str, status: int
) -> None:
    answer = client.post(
        "/predict", files={"file": BRAIN}, headers={"Prefer": preference}
    )

    assert answer.status_code == status
    assert "Prefer" in answer.headers["vary"]
    assert ("preference-applied" in answer.headers) == (status == 202)


def test_a_file_that_can_not_be_used_fails_its_job_in_the_same_words(
    client: TestClient, tmp_path: Path
) -> None:
    refused = client.post("/predict", files={"file": b"no picture"})
    failed = wait(client, ask(client, b"no picture").headers["location"], is_finished)

    assert failed["state"] == "failed"
    told = {**refused.json(), "status": refused.status_code}
    assert {**failed["problem"], **told} == failed["problem"]
    assert failed["analysis_url"] is None
    assert client.get("/analyses").json()["analyses"] == []
    assert not list(tmp_path.rglob("heatmap_*"))


@pytest.mark.parametrize("method", ["GET", "DELETE"])
@pytest.mark.parametrize("name", [ABSENT, "x", "%00", "a" * 300])
def test_what_is_not_there_is_not_found(
    client: TestClient, method: str, name: str
) -> None:
    answer = client.request(method, f"/jobs/{name}")

    assert (answer.status_code, answer.json()["code"]) == (404, "no_such_job")


def test_a_job_belongs_to_the_token_that_asked_for_it(
    model: Model, tmp_path: Path
) -> None:
    app = app_with(model, data_dir=tmp_path, auth="required")
    mine, other = (bearer(make_token(tmp_path, name)) for name in ("mine", "other"))
    with TestClient(app) as client:
        address = ask(client, headers=mine).headers["location"]
        statuses = [
            client.request(method, address, headers=headers).status_code
            for method in ("GET", "DELETE")
            for headers in (other, {})
        ]
        own = client.get(address, headers=mine).status_code

    assert statuses == [404, 401, 404, 401]
    assert own == 200


@dataclass
class Slow:
    """Reading that takes until it may end, or is given up."""

    ends: threading.Event = field(default_factory=threading.Event)
    begun: threading.Event = field(default_factory=threading.Event)

    def wait(self) -> None:
        self.begun.set()
        while not self.ends.wait(0.05):
            current().check()


@contextmanager
def reading_slowly(
    model: Model, folder: Path, **changes: object
) -> Iterator[tuple[FastAPI, Slow]]:
    values = {"data_dir": folder, "allowed_hosts": "testserver", **changes}
    settings, slow = Settings.model_validate(values), Slow()
    steps = steps_of(model, settings)

    def read(data: bytes) -> Slice:
        slow.wait()
        return steps.read(data)

    slowly = replace(steps, read=read, needs_isolation=lambda data: b"DICM" in data)
    try:
        yield app_of(slowly, settings, model), slow
    finally:
        slow.ends.set()


def test_a_job_tells_its_stage_and_is_answered_beside(
    model: Model, tmp_path: Path
) -> None:
    with reading_slowly(model, tmp_path) as (app, slow), TestClient(app) as client:
        address = ask(client, DICOM).headers["location"]
        running = wait(client, address, lambda status: status["state"] == "running")
        beside = client.post("/predict", files={"file": BRAIN}).status_code
        slow.ends.set()
        done = wait(client, address, is_finished)

    assert running["stage"] == "read"
    assert 0.0 <= running["progress"] < 1.0
    assert running["analysis_url"] is None
    assert beside == 200
    assert done["state"] == "done"


def test_a_job_that_is_cancelled_frees_its_worker_within_a_second(
    model: Model, tmp_path: Path
) -> None:
    with reading_slowly(model, tmp_path) as (app, slow), TestClient(app) as client:
        capacity = app.state.service.backend.capacity
        address = ask(client, DICOM).headers["location"]
        slow.begun.wait(30)
        taken = capacity.taken
        started = time.monotonic()
        cancelled = client.delete(address)
        while capacity.taken:
            time.sleep(0.005)
        took_s = time.monotonic() - started
        status = client.get(address).json()
        again = client.delete(address).status_code

        assert taken == 1
        assert cancelled.status_code == again == 204
        assert took_s < 10.0  # 0.02 s where nothing else runs; reading takes 30
        assert status["state"] == "cancelled"
        assert client.get("/analyses").json()["analyses"] == []
        assert not list(tmp_path.rglob("heatmap_*"))


def test_jobs_that_wait_are_cancelled_too(model: Model, tmp_path: Path) -> None:
    many = usable_cores() + 2
    with reading_slowly(model, tmp_path) as (app, slow), TestClient(app) as client:
        addresses = [ask(client, DICOM).headers["location"] for _ in range(many)]
        slow.begun.wait(30)
        client.delete(addresses[-1])
        while app.state.service.backend.capacity.taken == many:
            time.sleep(0.005)
        slow.ends.set()
        states = [wait(client, each, is_finished)["state"] for each in addresses]

    assert states == ["done"] * (many - 1) + ["cancelled"]


def test_what_has_ended_can_not_be_cancelled(client: TestClient) -> None:
    address = ask(client).headers["location"]
    wait(client, address, is_finished)

    assert client.delete(address).status_code == 204
    assert client.get(address).json()["state"] == "done"


def test_an_analysis_that_was_cancelled_while_it_was_kept_is_not_left(
    model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = app_with(model, data_dir=tmp_path)
    store: Store = app.state.service.store
    end, cancelled = type(store.jobs).end, []

    def cancel_before(jobs: Any, identity: str, state: JobState, *rest: Any) -> bool:  # noqa: ANN401 - as the method has it
        if state is JobState.done:
            cancelled.append(end(jobs, identity, JobState.cancelled))
        return end(jobs, identity, state, *rest)

    monkeypatch.setattr(type(store.jobs), "end", cancel_before)
    with TestClient(app) as client:
        status = wait(client, ask(client).headers["location"], is_finished)
        while app.state.service.backend.capacity.taken:
            time.sleep(0.005)
        listed = client.get("/analyses").json()["analyses"]

    assert cancelled == [True]
    assert status["state"] == "cancelled"
    assert listed == []
    assert not list(tmp_path.rglob("heatmap_*"))


def test_a_job_whose_service_has_ended_is_lost_and_says_so(
    model: Model, tmp_path: Path
) -> None:
    with reading_slowly(model, tmp_path) as (app, slow):
        with TestClient(app) as client:
            address = ask(client, DICOM).headers["location"]
            slow.begun.wait(30)
        with TestClient(app_with(model, data_dir=tmp_path)) as client:
            status = client.get(address).json()

    assert status["state"] == "lost"
    assert status["problem"]["code"] == "job_lost"
    assert "again" in status["problem"]["detail"]


def test_too_many_jobs_are_refused_and_leave_nothing(
    model: Model, tmp_path: Path
) -> None:
    with (
        reading_slowly(model, tmp_path, max_waiting=1) as (app, slow),
        TestClient(app) as client,
    ):
        answers = [ask(client, DICOM) for _ in range(usable_cores() + 4)]
        accepted = [each for each in answers if each.status_code == 202]
        refused = [each for each in answers if each.status_code == 503]
        slow.ends.set()
        for each in accepted:
            wait(client, each.headers["location"], is_finished)

    store = open_store(Settings(data_dir=tmp_path))
    with store.database.transaction() as connection:
        rows = connection.exec_driver_sql("SELECT count(*) FROM jobs").scalar_one()
    store.database.close()
    assert accepted
    assert refused
    assert len(accepted) + len(refused) == len(answers)
    assert {each.json()["code"] for each in refused} == {"overloaded"}
    assert all(int(each.headers["retry-after"]) > 0 for each in refused)
    assert rows == len(accepted)


def test_what_jobs_hold_counts_until_they_end(model: Model, tmp_path: Path) -> None:
    large = as_dicom(draw_brain((1500, 1400)))
    # Two files of the largest size may be held.
    limits = {"max_upload_bytes": len(large), "max_buffered_bytes": 1}
    with (
        reading_slowly(model, tmp_path, **limits) as (app, slow),
        TestClient(app) as client,
    ):
        held = [ask(client, large) for _ in range(2)]
        beyond = ask(client, large).status_code
        slow.ends.set()
        for each in held:
            wait(client, each.headers["location"], is_finished)
        while app.state.service.backend.capacity.taken:
            time.sleep(0.005)
        again = ask(client, large)
        wait(client, again.headers["location"], is_finished)

    assert [each.status_code for each in held] == [202, 202]
    assert beyond == 503
    assert again.status_code == 202
