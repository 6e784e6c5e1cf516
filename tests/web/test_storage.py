"""Storage that fails costs no more than it has to, and nothing once it is back."""

import errno
import os
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx2 as httpx
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import Connection

from alzer.errors import StorageUnavailable
from alzer.model.engine import Model
from alzer.store import database as database_module
from alzer.store.audit import AuditEntry
from alzer.store.database import Database
from alzer.store.records import Record, Records
from alzer.store.schema import migrate
from alzer.store.store import Store
from alzer.web import app as app_module
from outages import filled, locked, small_disk
from phantoms import as_png, draw_brain
from served import app_with, serving
from servers import postgresql

Failure = AbstractContextManager[None]
Fail = Callable[[Path], Failure]

BRAIN = as_png(draw_brain())

# How long `/readyz` may tell what was, with time to spare.
REMEMBERED_S = 1.2


def predict(client: TestClient) -> httpx.Response:
    return client.post("/predict", files={"file": BRAIN})


def readiness(client: TestClient) -> int:
    time.sleep(REMEMBERED_S)
    return client.get("/readyz").status_code


def heatmaps(folder: Path) -> set[str]:
    return {each.name for each in folder.rglob("*") if "heatmap_" in each.name}


def recorded(client: TestClient) -> set[str]:
    """Return the heatmaps that records name."""
    analyses = client.get("/analyses").json()["analyses"]
    urls = [each["heatmap_url"] for each in analyses]
    return {each.rpartition("/")[2] for each in urls if each}


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """Return a disk of half a megabyte, where one can be made."""
    with small_disk(tmp_path / "disk", "512k") as disk:
        yield disk


@contextmanager
def replaced(path: Path) -> Iterator[None]:
    """Put a folder where a file is, or a file where a folder is."""
    aside = path.with_name("aside")
    is_folder = path.is_dir()
    path.rename(aside)
    if is_folder:
        path.touch()
    else:
        path.mkdir()
    yield
    if is_folder:
        path.unlink()
    else:
        path.rmdir()
    aside.rename(path)


def without_heatmaps(app: FastAPI, folder: Path, failure: Failure) -> dict[str, Any]:
    """See what a service answers while heatmaps can't be kept, and afterwards.

    Returns:
        What it answered meanwhile.
    """
    with TestClient(app) as client:
        before = predict(client)
        assert before.status_code == 200
        assert before.json()["heatmap_missing_reason"] is None
        assert client.get("/readyz").status_code == 200
        with failure:
            during, unready = predict(client), readiness(client)
        after, ready = predict(client), readiness(client)
        picture = client.get(after.json()["heatmap_url"])
        kept = client.get(f"/analyses/{during.json()['analysis_id']}").json()
        known = recorded(client)

    assert kept.pop("reference") is None
    assert {**kept, "created_at": None} == {**during.json(), "created_at": None}
    assert (during.status_code, during.json()["heatmap_url"]) == (200, None)
    assert (unready, ready) == (503, 200)
    assert picture.content.startswith(b"\x89PNG")
    assert len(known) == 2
    assert heatmaps(folder) == known
    told: dict[str, Any] = during.json()
    return told


def test_a_service_waits_for_its_database_before_it_serves(
    model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def migrate_slowly(connection: Connection) -> None:
        time.sleep(7.5)  # longer than a request waits for it
        migrate(connection)

    monkeypatch.setattr(database_module, "migrate", migrate_slowly)
    app = app_with(model, data_dir=tmp_path)
    with TestClient(app, raise_server_exceptions=False) as client:
        listed, answer = client.get("/analyses"), predict(client)

    assert listed.status_code == 200
    assert "analysis_id" in answer.json()


def test_cleaning_that_begins_late_leaves_what_requests_write(
    model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written, cleaned = threading.Event(), threading.Event()
    clean_all, clean, add = app_module._clean, Store.clean, Records.add  # noqa: SLF001 - as its thread runs it

    def begin_late(*given: Any) -> None:  # noqa: ANN401 - as it has them
        written.wait(30)
        clean_all(*given)

    def clean_and_tell(store: Store, written_before: datetime) -> None:
        clean(store, written_before)
        cleaned.set()

    def add_later(records: Records, record: Record, entry: AuditEntry) -> None:
        written.set()
        cleaned.wait(30)
        add(records, record, entry)

    monkeypatch.setattr(app_module, "_clean", begin_late)
    monkeypatch.setattr(Store, "clean", clean_and_tell)
    monkeypatch.setattr(Records, "add", add_later)
    with TestClient(app_with(model, data_dir=tmp_path)) as client:
        answer = predict(client).json()

    assert cleaned.is_set()
    assert answer["heatmap_missing_reason"] is None
    assert heatmaps(tmp_path) == {answer["heatmap_url"].rpartition("/")[2]}


def test_without_their_folder_predictions_come_without_heatmaps(
    model: Model, tmp_path: Path
) -> None:
    files = tmp_path / "files"
    app = app_with(model, data_dir=tmp_path, files=str(files))
    told = without_heatmaps(app, files, replaced(files / "heatmaps"))

    assert "could not be saved" in told["heatmap_missing_reason"]


def test_on_a_full_disk_predictions_come_without_heatmaps(
    model: Model, tmp_path: Path, disk: Path
) -> None:
    app = app_with(model, data_dir=tmp_path, files=str(disk))
    told = without_heatmaps(app, disk, filled(disk))

    assert "disk is full" in told["heatmap_missing_reason"]


@pytest.mark.parametrize("call", [(Path, "replace"), (os, "fsync")])
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO])
def test_whatever_the_system_says_predictions_come_without_heatmaps(
    model: Model,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    number: int,
    call: tuple[object, str],
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    @contextmanager
    def failing() -> Iterator[None]:
        with monkeypatch.context() as patch:
            patch.setattr(*call, refuse)
            yield

    told = without_heatmaps(app_with(model, data_dir=tmp_path), tmp_path, failing())

    assert "could not be saved" in told["heatmap_missing_reason"]


def test_no_answer_comes_before_the_disk_has_the_heatmap(
    model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sync, reached, go_on = os.fsync, threading.Event(), threading.Event()

    def hold(descriptor: int) -> None:
        reached.set()
        go_on.wait(60)
        sync(descriptor)

    app = app_with(model, data_dir=tmp_path)
    with TestClient(app) as client, ThreadPoolExecutor(1) as pool:
        predict(client)
        monkeypatch.setattr(os, "fsync", hold)
        asked = pool.submit(predict, client)
        assert reached.wait(60)
        time.sleep(0.5)  # ten times what all the rest of an answer takes
        came_early = asked.done()
        go_on.set()

        assert not came_early
        assert asked.result().json()["heatmap_url"] is not None


def test_half_a_heatmap_is_none(model: Model, tmp_path: Path) -> None:
    with TestClient(app_with(model, data_dir=tmp_path)) as client:
        url = predict(client).json()["heatmap_url"]
        whole = client.get(url)
        (file,) = tmp_path.rglob("heatmap_*.png")
        file.write_bytes(whole.content[:-1])
        half = client.get(url)

    assert (whole.status_code, half.status_code) == (200, 404)


def without_records(
    app: FastAPI, folder: Path, failure: Failure
) -> tuple[dict[str, Any], int]:
    """See what a service answers while records can't be kept, and afterwards.

    Returns:
        What it answered meanwhile, and what `/readyz` said.
    """
    with TestClient(app) as client:
        first = predict(client).json()
        before = heatmaps(folder)
        with failure:
            during, left, unready = predict(client), heatmaps(folder), readiness(client)
        after, ready = predict(client), readiness(client)
        known = recorded(client)

    assert (during.status_code, during.json()["code"]) == (503, "storage_unavailable")
    assert int(during.headers["retry-after"]) > 0
    assert left == before
    assert (after.status_code, ready) == (200, 200)
    assert len(known) == 2
    assert first["heatmap_url"].rpartition("/")[2] in known
    assert heatmaps(folder) == known
    return during.json(), unready


@pytest.mark.parametrize(
    ("fail", "said"), [(replaced, "can't be used now"), (locked, "it is locked")]
)
def test_without_its_database_nothing_is_acknowledged_or_left(
    model: Model, tmp_path: Path, fail: Fail, said: str
) -> None:
    app = app_with(model, data_dir=tmp_path)
    during, unready = without_records(app, tmp_path, fail(tmp_path / "alzer.db"))

    assert said in during["detail"]
    assert unready == 503


def test_a_locked_database_is_answered_within_two_seconds(
    model: Model, tmp_path: Path
) -> None:
    with TestClient(app_with(model, data_dir=tmp_path)) as client:
        identity = predict(client).json()["analysis_id"]
        with locked(tmp_path / "alzer.db"):
            start = time.monotonic()
            answer = predict(client)
            waited_s = time.monotonic() - start
            others = [client.get("/analyses"), client.get(f"/analyses/{identity}")]

    assert waited_s < 2.0
    for refused in (answer, *others):
        assert refused.status_code == 503
        assert refused.json()["code"] == "storage_unavailable"
        assert int(refused.headers["retry-after"]) > 0


def test_on_a_full_disk_nothing_is_acknowledged_or_left(
    model: Model, tmp_path: Path, disk: Path
) -> None:
    address = f"sqlite:///{disk}/alzer.db"
    app = app_with(model, data_dir=tmp_path, database=address)
    during, _ = without_records(app, tmp_path, filled(disk))

    assert "disk is full" in during["detail"]


def test_a_record_whose_commit_was_not_heard_of_keeps_its_heatmap(
    model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep = Records.add

    def keep_and_fall_silent(records: Records, record: Record, act: AuditEntry) -> None:
        keep(records, record, act)
        message = "The server is silent."
        raise StorageUnavailable(message)

    with TemporaryDirectory() as folder, postgresql(Path(folder)) as url:
        app = app_with(model, data_dir=tmp_path, database=url)
        with TestClient(app) as client:
            with monkeypatch.context() as patch:
                patch.setattr(Records, "add", keep_and_fall_silent)
                refused = predict(client)
            (listed,) = client.get("/analyses").json()["analyses"]
            picture = client.get(listed["heatmap_url"])

    assert refused.status_code == 503
    assert picture.content.startswith(b"\x89PNG")


def test_many_probes_ask_the_storage_once(
    model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    check, asked = Database.check, []

    def count(database: Database) -> None:
        asked.append(database)
        time.sleep(0.2)
        check(database)

    monkeypatch.setattr(Database, "check", count)
    with serving(model, tmp_path) as address, ThreadPoolExecutor(8) as pool:
        url = f"{address}/readyz"
        statuses = list(
            pool.map(lambda _: httpx.get(url, timeout=60).status_code, range(8))
        )

    assert statuses == [200] * 8
    assert len(asked) < 4
