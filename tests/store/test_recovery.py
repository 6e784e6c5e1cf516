"""A disk that is full or read-only: said, nothing half kept, used again afterwards."""

import errno
import os
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from alzer.errors import StorageUnavailable
from alzer.store.audit import LOCAL, AuditEntry
from alzer.store.filters import Filter
from alzer.store.records import Record
from alzer.store.store import Store
from outages import filled, run, small_disk
from store.belonging import files_of

Keep = Callable[..., Record]


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """Return a disk of 2 MB; the tests below those that have it need none."""
    with small_disk(tmp_path / "disk", "2m") as disk:
        yield disk


def remount(disk: Path, mode: str) -> None:
    """Let a disk be read-only (ro), or not (rw)."""
    assert run("mount", "-o", f"remount,{mode}", str(disk))


def large_record() -> Record:
    """Make a record that does not fit into what is left of a page."""
    answer = {"x": "y" * 300_000}
    return Record(str(uuid.uuid4()), None, "x", None, has_warnings=False, answer=answer)


def add(store: Store, record: Record) -> None:
    store.records.add(record, AuditEntry(LOCAL, "analysed", record.id))


def check_that_only(store: Store, *records: Record) -> None:
    kept = {each.id for each in store.records.page(Filter(), 9).records}
    files = {each.name for each in store.files.listed()}
    named = {name for each in records for name in files_of(each)}

    assert kept == {each.id for each in records}
    assert files == named


def test_a_full_disk_is_said_and_used_again_once_there_is_room(
    disk: Path, new_store: Callable[..., Store], keep: Keep
) -> None:
    store = new_store(data_dir=disk / "data")
    first = keep(store)
    with filled(disk):
        with pytest.raises(StorageUnavailable, match="saved: the disk is full"):
            keep(store)
        with pytest.raises(StorageUnavailable, match="now: the disk is full"):
            add(store, large_record())

    check_that_only(store, first)
    check_that_only(store, first, keep(store))


def test_a_full_disk_at_the_first_use_is_said_and_used_once_there_is_room(
    disk: Path, new_store: Callable[..., Store], keep: Keep
) -> None:
    store = new_store(data_dir=disk / "data")
    with filled(disk), pytest.raises(StorageUnavailable, match="the disk is full"):
        store.database.check()

    check_that_only(store, keep(store))


def test_a_disk_that_turns_read_only_is_said_and_used_again(
    disk: Path, new_store: Callable[..., Store], keep: Keep
) -> None:
    store = new_store(data_dir=disk / "data")
    first = keep(store)
    store.database.close()  # as long as a file is open for writing it stays writable
    remount(disk, "ro")
    with pytest.raises(StorageUnavailable):
        store.database.check()
    with pytest.raises(StorageUnavailable):
        keep(store)
    with pytest.raises(StorageUnavailable):
        store.delete(first, AuditEntry(LOCAL, "deleted", first.id))
    with store.in_use(datetime.now(UTC)):  # cleaning up is put off
        pass
    remount(disk, "rw")

    check_that_only(store, first)
    check_that_only(store, first, keep(store))


def test_a_read_only_disk_of_files_is_said_and_used_again(
    disk: Path, new_store: Callable[..., Store], keep: Keep
) -> None:
    store = new_store(files=str(disk / "files"))
    first = keep(store)
    remount(disk, "ro")
    with pytest.raises(StorageUnavailable, match="saved: its folder is read-only"):
        keep(store)
    with pytest.raises(StorageUnavailable, match="removed"):
        store.delete(first, AuditEntry(LOCAL, "deleted", first.id))
    remount(disk, "rw")

    check_that_only(store, first)
    check_that_only(store, first, keep(store))


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        (errno.ENOSPC, "the disk is full"),
        (errno.EDQUOT, "the disk quota is used up"),
        (errno.EROFS, "its folder is read-only"),
        (errno.EACCES, "its folder is read-only"),
        (errno.EIO, "its folder can't be used"),
    ],
)
def test_what_the_system_refuses_is_said_in_words(
    store: Store,
    keep: Keep,
    monkeypatch: pytest.MonkeyPatch,
    number: int,
    reason: str,
) -> None:
    first = keep(store)
    with (
        refused(monkeypatch, number),
        pytest.raises(StorageUnavailable, match=f"saved: {reason}"),
    ):
        keep(store)

    check_that_only(store, first)
    check_that_only(store, first, keep(store))


@contextmanager
def refused(monkeypatch: pytest.MonkeyPatch, number: int) -> Iterator[None]:
    """Let the system refuse to move a file that was written to its place."""

    def refuse(*_: Any) -> None:  # noqa: ANN401 - whatever the system is asked for
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", refuse)
        patch.setattr(Path, "replace", refuse)
        yield


def test_a_database_without_room_is_said_and_used_again_once_there_is(
    new_store: Callable[..., Store], keep: Keep
) -> None:
    store = new_store()
    first = keep(store)
    with store.database.transaction() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StorageUnavailable, match="now: the disk is full"):
        add(store, large_record())
    check_that_only(store, first)
    with store.database.transaction() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count = 1000000")
    record = large_record()
    add(store, record)

    check_that_only(store, first, record)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_turns_read_only_is_said_and_used_again(
    new_store: Callable[..., Store], keep: Keep, tmp_path: Path
) -> None:
    store = new_store()
    first = keep(store)
    folder = tmp_path / "data/uploads/heatmaps"
    folder.chmod(0o500)
    with pytest.raises(StorageUnavailable, match="saved: its folder is read-only"):
        keep(store)
    folder.chmod(0o700)

    check_that_only(store, first, keep(store))
