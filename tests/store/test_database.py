"""What was deleted leaves the files of the database, too; others may be in the way."""

import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text

from alzer.errors import StorageUnavailable
from alzer.store.audit import LOCAL, AuditEntry
from alzer.store.database import Database
from alzer.store.filters import Filter
from alzer.store.records import Record
from alzer.store.store import Store
from outages import locked


def on_disk(folder: Path, words: str) -> list[str]:
    files = [each for each in folder.rglob("*") if each.is_file()]
    return [each.name for each in files if words.encode() in each.read_bytes()]


def test_what_is_deleted_is_not_in_the_file_nor_in_its_log(
    new_store: Callable[..., Store],
    keep: Callable[..., Record],
    tmp_path: Path,
    words: str,
) -> None:
    store = new_store()
    record = keep(store)
    before = on_disk(tmp_path, words)
    store.delete(record, AuditEntry(LOCAL, "deleted", record.id))

    assert before == ["alzer.db-wal"]
    assert on_disk(tmp_path, words) == []


def test_who_reads_delays_the_forgetting_and_prevents_neither_it_nor_the_deletion(
    new_store: Callable[..., Store],
    keep: Callable[..., Record],
    tmp_path: Path,
    words: str,
) -> None:
    store = new_store()
    record, expired = keep(store), keep(store, timedelta(days=31))
    with closing(sqlite3.connect(tmp_path / "data/alzer.db")) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM analyses").fetchall()
        store.delete(record, AuditEntry(LOCAL, "deleted", record.id))
        with store.in_use(datetime.now(UTC)):
            while_read = on_disk(tmp_path, words)
        in_the_way = store.database.forget_deleted()
    gone = [store.records.find(each.id) for each in (record, expired)]
    store.clean(datetime.now(UTC))

    assert gone == [None, None]
    assert while_read
    assert not in_the_way
    assert store.database.forget_deleted()
    assert on_disk(tmp_path, words) == []


@pytest.fixture
def postgresql_store(
    new_store: Callable[..., Store], new_postgresql: Callable[[], str]
) -> Store:
    """Return an empty store over PostgreSQL."""
    return new_store(database=new_postgresql())


def test_a_database_that_was_made_anew_gets_its_tables(
    postgresql_store: Store, keep: Callable[..., Record]
) -> None:
    store = postgresql_store
    keep(store)
    with store.database.transaction() as connection:
        for statement in ("DROP SCHEMA public CASCADE", "CREATE SCHEMA public"):
            connection.execute(text(statement))
    with pytest.raises(StorageUnavailable):
        keep(store)
    record = keep(store)

    assert [each.id for each in store.records.page(Filter(), 9).records] == [record.id]


def dead_rows(store: Store) -> int:
    with store.database.transaction() as connection:
        connection.execute(text("CREATE EXTENSION IF NOT EXISTS pgstattuple"))
        query = text("SELECT dead_tuple_count FROM pgstattuple('analyses')")
        return int(connection.execute(query).scalar_one())


def test_postgresql_makes_room_of_what_was_deleted(
    postgresql_store: Store, keep: Callable[..., Record]
) -> None:
    store = postgresql_store
    record = keep(store)
    keep(store, timedelta(days=31))
    store.clean(datetime.now(UTC))
    purged = dead_rows(store)
    store.delete(record, AuditEntry(LOCAL, "deleted", record.id))
    deleted = dead_rows(store)
    store.clean(datetime.now(UTC))

    assert (purged, deleted, dead_rows(store)) == (0, 1, 0)


def test_making_room_is_tried_again_after_a_failure(
    postgresql_store: Store, keep: Callable[..., Record]
) -> None:
    store = postgresql_store
    record = keep(store)
    store.clean(datetime.now(UTC))
    store.delete(record, AuditEntry(LOCAL, "deleted", record.id))
    with store.database.transaction() as holder:
        holder.execute(text("LOCK TABLE analyses IN SHARE UPDATE EXCLUSIVE MODE"))
        with pytest.raises(StorageUnavailable, match="locked"):
            store.database.forget_deleted()
    failed = dead_rows(store)
    store.clean(datetime.now(UTC))

    assert (failed, dead_rows(store)) == (1, 0)


def test_a_full_vacuum_takes_the_text_out_of_the_table(
    new_store: Callable[..., Store],
    new_postgresql: Callable[[], str],
    keep: Callable[..., Record],
    words: str,
) -> None:
    url = new_postgresql()
    store = new_store(database=url)
    record = keep(store)
    written = table_holds(store, words)
    store.delete(record, AuditEntry(LOCAL, "deleted", record.id))
    with psycopg.connect(url, autocommit=True) as operator:
        operator.execute("VACUUM FULL analyses")  # as docs/how-to/deploy.md says

    assert written
    assert not table_holds(store, words)


def table_holds(store: Store, words: str) -> bool:
    """Look into the table's file itself, as whoever has the disk could."""
    with store.database.transaction() as connection:
        connection.execute(text("CHECKPOINT"))
        read = text("SELECT pg_read_binary_file(pg_relation_filepath('analyses'))")
        return words.encode() in connection.execute(read).scalar_one()


def test_a_locked_database_is_said_and_used_again_once_it_is_free(
    new_store: Callable[..., Store], keep: Callable[..., Record], tmp_path: Path
) -> None:
    store = new_store()
    keep(store)
    with (
        locked(tmp_path / "data/alzer.db"),
        pytest.raises(StorageUnavailable, match="locked"),
    ):
        keep(store)
    keep(store)

    assert len(store.records.page(Filter(), 9).records) == 2


def test_a_database_that_was_taken_away_is_made_again(
    new_store: Callable[..., Store], keep: Callable[..., Record], tmp_path: Path
) -> None:
    store = new_store()
    keep(store)
    for each in (tmp_path / "data").glob("alzer.db*"):
        each.unlink()
    record = keep(store)
    with closing(sqlite3.connect(tmp_path / "data/alzer.db")) as reader:
        (count,) = reader.execute("SELECT count(*) FROM analyses").fetchone()

    assert count == 1
    assert store.records.find(record.id) == record


def test_an_address_of_sqlites_own_form_makes_one_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    database = Database(f"sqlite:///file:{tmp_path}/alzer.db?uri=true")
    database.check()
    database.close()

    assert [each.name for each in tmp_path.iterdir()] == ["alzer.db"]


TRY = """
import sqlite3, sys
other = sqlite3.connect(sys.argv[1], timeout=0, isolation_level=None)
other.execute("PRAGMA journal_mode = DELETE")  # only who is alone can do this
"""


def test_opening_a_database_leaves_the_locks_of_others_in_this_process(
    new_store: Callable[..., Store], tmp_path: Path
) -> None:
    store = new_store()
    command = [sys.executable, "-c", TRY, str(tmp_path / "data/alzer.db")]
    with store.database.transaction():
        new_store().database.identity()
        other = subprocess.run(command, capture_output=True, check=False)  # noqa: S603 - our own

    assert b"database is locked" in other.stderr
