"""Every wait for a database has an end; commits are kept as wanted."""

import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final

import psycopg
import pytest
from sqlalchemy import text

from alzer.errors import InvalidRequest, StorageUnavailable
from alzer.store.database import Database
from alzer.store.filters import Filter
from alzer.store.records import Record
from alzer.store.store import Store
from outages import locked

# Waiting ends after 1 to 5 s; the rest is room for a slow machine.
SOON_S = 30.0


# Source: SQLite's documentation, PRAGMA synchronous: 1 is NORMAL, 2 is FULL.
@pytest.mark.parametrize(("survives", "expected"), [(False, 1), (True, 2)])
def test_commits_wait_for_the_disk_where_that_is_wanted(
    new_store: Callable[..., Store], *, survives: bool, expected: int
) -> None:
    store = new_store(durable_writes=survives)
    with store.database.transaction() as connection:
        found = connection.exec_driver_sql("PRAGMA synchronous").scalar()
        journal = connection.exec_driver_sql("PRAGMA journal_mode").scalar()

    assert found == expected
    assert journal == "wal"


@pytest.fixture
def url(new_postgresql: Callable[[], str]) -> str:
    """Return an empty database of PostgreSQL."""
    return new_postgresql()


def test_a_locked_table_is_said_and_used_again_once_it_is_free(
    url: str, new_store: Callable[..., Store], keep: Callable[..., Record]
) -> None:
    store = new_store(database=url)
    keep(store)
    with psycopg.connect(url) as holder:
        holder.execute("LOCK TABLE analyses IN ACCESS EXCLUSIVE MODE")
        start = time.monotonic()
        with pytest.raises(StorageUnavailable, match="it is locked"):
            keep(store)
        waited = time.monotonic() - start
    keep(store)

    assert waited < SOON_S
    assert len(store.records.page(Filter(), 9).records) == 2


# What waits for a lock is answered within so long, the answer and all.
ANSWERED_S: Final = 2.0


@contextmanager
def held(store: Store, url: str | None) -> Iterator[None]:
    """Keep the lock that every writer needs."""
    if url is None:
        with locked(Path(str(store.database._file))):  # noqa: SLF001 - no other tells
            yield
        return
    with psycopg.connect(url) as holder:
        holder.execute("LOCK TABLE analyses IN ACCESS EXCLUSIVE MODE")
        yield


def wait_in_vain(store: Store, keep: Callable[..., Record]) -> float:
    """Return for how many seconds a writer waits for a lock."""
    start = time.monotonic()
    with pytest.raises(StorageUnavailable, match="it is locked"):
        keep(store)
    return time.monotonic() - start


def test_waiting_for_a_lock_ends_within_two_seconds(
    store: Store, database_url: str | None, keep: Callable[..., Record]
) -> None:
    keep(store)
    with held(store, database_url):
        waited_s = wait_in_vain(store, keep)

    assert waited_s < ANSWERED_S


def test_who_comes_after_one_that_waited_in_vain_hardly_waits(
    store: Store, database_url: str | None, keep: Callable[..., Record]
) -> None:
    keep(store)
    with held(store, database_url):
        first_s, *others_s = [wait_in_vain(store, keep) for _ in range(6)]

    assert sum(others_s) < first_s


def test_a_lock_that_is_free_again_is_waited_for_as_before(
    new_store: Callable[..., Store], keep: Callable[..., Record], tmp_path: Path
) -> None:
    store = new_store()
    keep(store)
    with held(store, None):
        wait_in_vain(store, keep)
    keep(store)
    time.sleep(2.1)  # so long others hardly wait
    with locked_for(tmp_path / "data/alzer.db", 0.3):
        keep(store)

    assert len(store.records.page(Filter(), 9).records) == 3


@contextmanager
def locked_for(database: Path, seconds: float) -> Iterator[None]:
    """Keep a database of SQLite for oneself for some time."""
    with ExitStack() as stack:
        stack.enter_context(locked(database))
        release = threading.Timer(seconds, stack.pop_all().close)
        release.start()
        yield
        release.join()


def test_a_statement_that_does_not_end_is_ended_by_the_server(url: str) -> None:
    database = Database(url)
    start = time.monotonic()
    with pytest.raises(StorageUnavailable), database.transaction() as connection:
        connection.execute(text("SELECT pg_sleep(600)"))
    waited = time.monotonic() - start
    running = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'")
    with database.transaction() as connection:
        still_running = connection.execute(running).scalar_one()
    database.close()

    assert waited < SOON_S
    assert still_running == 0


def test_what_the_url_says_comes_before_our_limits(url: str) -> None:
    own = "?options=-c%20lock_timeout%3D77&keepalives_idle=9"
    database = Database(url + own)
    with database.transaction() as connection:
        limits = {
            name: connection.execute(text(f"SHOW {name}")).scalar()
            for name in ("lock_timeout", "statement_timeout")
        }
        driver: Any = connection.connection.dbapi_connection
        parameters = driver.info.get_parameters()
    database.close()

    assert limits == {"lock_timeout": "77ms", "statement_timeout": "1800ms"}
    assert parameters["keepalives_idle"] == "9"
    assert parameters["keepalives_count"] == "3"
    assert parameters["tcp_user_timeout"] == "5000"


def test_a_server_that_never_answers_is_said_soon() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        database = Database(f"postgresql://alzer@127.0.0.1:{port}/alzer")
        start = time.monotonic()
        with pytest.raises(StorageUnavailable, match="can't be used now"):
            database.check()

    assert time.monotonic() - start < SOON_S


@contextmanager
def halted(processes: list[int]) -> Iterator[None]:
    for each in processes:
        os.kill(each, signal.SIGSTOP)
    try:
        yield
    finally:
        for each in processes:
            os.kill(each, signal.SIGCONT)


def test_a_server_that_halts_is_said_soon_and_used_again_once_it_goes_on(
    postgresql_folder: Path,
    url: str,
    new_store: Callable[..., Store],
    keep: Callable[..., Record],
) -> None:
    store = new_store(database=url)
    keep(store)
    with store.database.transaction() as connection:
        ours = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
    server = int(
        (postgresql_folder / "data/postmaster.pid").read_text("utf-8").split()[0]
    )
    with halted([server, ours]):
        start = time.monotonic()
        with pytest.raises(StorageUnavailable):
            keep(store)
        waited = time.monotonic() - start
    keep(store)
    kept = store.records.page(Filter(), 9).records

    assert waited < SOON_S
    assert len(kept) == 2


def test_an_absent_server_is_said_soon() -> None:
    absent = Database("postgresql://nobody@127.0.0.1:1/none")
    start = time.monotonic()
    with pytest.raises(StorageUnavailable, match="can't be used now"):
        absent.check()

    assert time.monotonic() - start < SOON_S


@pytest.mark.parametrize("url", ["mysql://x/y", "nonsense", "sqlserver://", ""])
def test_an_address_of_another_kind_is_refused(url: str) -> None:
    with pytest.raises(InvalidRequest, match="ALZER_DATABASE"):
        Database(url)
