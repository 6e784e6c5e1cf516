"""Records and files together, on both databases."""

import sqlite3
import subprocess
import sys
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from alzer.errors import InvalidRequest, StorageUnavailable
from alzer.settings import Settings
from alzer.store.audit import LOCAL, SERVICE, Act, read_log
from alzer.store.database import Database
from alzer.store.files import Kind
from alzer.store.keeping import GRACE, Store, open_store
from alzer.store.records import Filter, Record

PICTURE = b"a picture that can be looked for"
WORDS = "a prediction that can be looked for"


def keep(store: Store, age: timedelta = timedelta(0)) -> Record:
    record = Record(
        id=str(uuid.uuid4()),
        owner=None,
        prediction=WORDS[:40],
        reliable=True,
        has_warnings=False,
        answer={"prediction": WORDS},
        heatmap=store.files.save(Kind.HEATMAP, PICTURE),
        original=store.files.save(Kind.ORIGINAL, PICTURE),
        created_at=datetime.now(UTC) - age,
    )
    store.records.add(record, Act(LOCAL, "analysed", record.id))
    return record


def names(store: Store) -> set[str]:
    return {each.name for each in store.files.listed()}


def test_deleting_removes_record_and_files(store: Store) -> None:
    kept, deleted = keep(store), keep(store)
    store.delete(deleted, Act(LOCAL, "deleted", deleted.id))

    assert store.records.find(deleted.id) is None
    assert store.records.find(kept.id) == kept
    assert names(store) == {kept.heatmap, kept.original}


def test_what_is_older_than_the_term_goes_and_nothing_else(store: Store) -> None:
    old = [keep(store, timedelta(days=30, minutes=each + 1)) for each in range(3)]
    young = keep(store, timedelta(days=29, hours=23))

    assert store.purge() == 3
    assert store.purge() == 0
    assert [each.id for each in store.records.page(Filter(), 9).records] == [young.id]
    assert names(store) == {young.heatmap, young.original}
    expired = [each for each in read_log(store.database) if each.action == "expired"]
    assert {each.subject for each in expired} == {each.id for each in old}
    assert {each.actor for each in expired} == {SERVICE}


def test_after_the_term_the_disk_holds_nothing_of_it(tmp_path: Path) -> None:
    store = open_store(Settings(data_dir=tmp_path))
    record = keep(store, timedelta(days=31))
    found_before = _on_disk(tmp_path, record)
    store.purge()

    assert found_before == {WORDS.encode(), PICTURE, str(record.heatmap).encode()}
    assert _on_disk(tmp_path, record) == set()
    store.database.close()


def _on_disk(folder: Path, record: Record) -> set[bytes]:
    texts = {WORDS.encode(), PICTURE, str(record.heatmap).encode()}
    files = [each for each in folder.rglob("*") if each.is_file()]
    return {
        text for text in texts for each in files
        if text in each.read_bytes() or text in each.name.encode()
    }  # fmt: skip


def test_without_a_term_everything_stays(tmp_path: Path) -> None:
    store = open_store(Settings.model_validate({"data_dir": tmp_path,
                                                "retention": "never"}))  # fmt: skip
    keep(store, timedelta(days=9999))

    assert store.purge() == 0
    assert len(store.records.page(Filter(), 9).records) == 1
    store.database.close()


def test_files_without_a_record_are_swept(store: Store, tmp_path: Path) -> None:
    kept = keep(store)
    store.files.save(Kind.HEATMAP, b"orphan")
    half = tmp_path / "data/uploads/heatmaps" / f".heatmap_{uuid.uuid4()}.png.part"
    half.write_bytes(b"half a picture")
    foreign = half.with_name("notes.txt")
    foreign.write_text("somebody's own", encoding="utf-8")

    assert store.sweep(datetime.now(UTC) - GRACE) == 0
    assert store.sweep(datetime.now(UTC) + timedelta(seconds=1)) == 2
    assert names(store) == {kept.heatmap, kept.original}
    assert foreign.exists()


def test_at_its_start_a_service_that_is_alone_sweeps_everything(store: Store) -> None:
    keep(store)
    store.files.save(Kind.HEATMAP, b"orphan")
    with store.in_use():
        alone = names(store)
        store.files.save(Kind.HEATMAP, b"about to get its record")
        with store.in_use():
            together = names(store)

    assert len(alone) == 2
    assert len(together) == 3


def test_what_can_not_be_cleaned_now_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "alzer.db").mkdir()
    store = open_store(Settings(data_dir=tmp_path))

    with store.in_use():
        store.clean(datetime.now(UTC))
    with pytest.raises(StorageUnavailable):
        store.database.check()


def test_a_file_that_can_not_be_removed_keeps_its_record(
    store: Store, tmp_path: Path
) -> None:
    record = keep(store)
    path = tmp_path / "data/uploads/heatmaps" / str(record.heatmap)
    path.unlink()
    path.mkdir()
    (path / "x").touch()

    with pytest.raises(StorageUnavailable, match="removed"):
        store.delete(record, Act(LOCAL, "deleted", record.id))
    assert store.records.find(record.id) == record


HOLD = """
import sqlite3, sys
held = sqlite3.connect(sys.argv[1], isolation_level=None)
held.execute("BEGIN EXCLUSIVE")
print("locked", flush=True)
sys.stdin.read()
"""


def test_a_locked_database_is_said_and_used_again_once_it_is_free(
    tmp_path: Path,
) -> None:
    store = open_store(Settings(data_dir=tmp_path))
    keep(store)
    command = [sys.executable, "-c", HOLD, str(tmp_path / "alzer.db")]
    with subprocess.Popen(  # noqa: S603 - our own
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout
        holder.stdout.readline()
        with pytest.raises(StorageUnavailable, match="locked"):
            keep(store)
        holder.communicate()
    keep(store)

    assert len(store.records.page(Filter(), 9).records) == 2
    store.database.close()


def test_a_database_that_was_taken_away_is_made_again(tmp_path: Path) -> None:
    store = open_store(Settings(data_dir=tmp_path))
    keep(store)
    for each in tmp_path.glob("alzer.db*"):
        each.unlink()
    record = keep(store)
    with sqlite3.connect(tmp_path / "alzer.db") as reader:
        (count,) = reader.execute("SELECT count(*) FROM analyses").fetchone()
    reader.close()

    assert count == 1
    assert store.records.find(record.id) == record
    store.database.close()


def test_an_absent_server_is_said_within_seconds() -> None:
    absent = Database("postgresql://nobody@127.0.0.1:1/none")

    with pytest.raises(StorageUnavailable, match="can't be used now"):
        absent.check()


@pytest.mark.parametrize("url", ["mysql://x/y", "nonsense", "sqlserver://", ""])
def test_an_address_of_another_kind_is_refused(url: str) -> None:
    with pytest.raises(InvalidRequest, match="ALZER_DATABASE"):
        Database(url)
