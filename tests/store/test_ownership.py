"""No database sweeps the files of another one."""

import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from alzer.store.files import FileStore
from alzer.store.kinds import Kind
from alzer.store.records import Record
from alzer.store.store import GRACE, Store
from store.belonging import files_of

Keep = Callable[..., Record]

SOON = timedelta(seconds=2)  # as exact as S3 tells times, and a second more


@pytest.fixture
def place(files_url: str | None, tmp_path: Path) -> str:
    """Return an empty place of files of each kind."""
    return files_url or str(tmp_path / "files")


@pytest.fixture
def open_beside(new_store: Callable[..., Store], place: str, tmp_path: Path) -> Any:  # noqa: ANN401 - a function
    """Return what opens a store with a database of its own and the same files."""

    def open_one(name: str) -> Store:
        return new_store(data_dir=tmp_path / name, files=place)

    return open_one


def names(store: Store) -> set[str]:
    return {each.name for each in store.files.listed()}


def start(store: Store) -> None:
    with store.in_use(datetime.now(UTC)):
        pass
    store.clean(datetime.now(UTC) + GRACE)  # as if much time had gone


def sign_off(store: Store, gone: Store) -> None:
    """Remove an entry, as the log says."""
    entry = f"{store.files._root}/databases/{gone.database.identity()}"  # noqa: SLF001 - an operator sees it
    store.files._files.rm_file(entry)  # noqa: SLF001 - likewise


def test_a_start_with_another_database_removes_nothing(
    open_beside: Callable[[str], Store],
    keep: Keep,
    caplog: pytest.LogCaptureFixture,
) -> None:
    right, mistyped = open_beside("right"), open_beside("mistyped")
    record = keep(right)
    orphan = right.files.save(Kind.HEATMAP, b"of a request that is not at its end")
    start(mistyped)

    assert names(right) == files_of(record) | {orphan}
    assert "another database keeps files in the same place" in caplog.text
    assert right.database.identity() in caplog.text


def test_what_was_kept_with_the_wrong_database_is_not_removed_by_the_right_one(
    open_beside: Callable[[str], Store], keep: Keep
) -> None:
    right, mistyped = open_beside("right"), open_beside("mistyped")
    keep(right)
    record = keep(mistyped)
    start(right)

    assert files_of(record) <= names(mistyped)


def test_a_database_that_was_there_long_before_removes_nothing_either(
    open_beside: Callable[[str], Store], keep: Keep
) -> None:
    elder, right = open_beside("elder"), open_beside("right")
    elder.database.check()
    record = keep(right)
    start(elder)

    assert files_of(record) <= names(right)


def test_files_from_before_there_were_records_stay(
    open_beside: Callable[[str], Store], place: str, keep: Keep
) -> None:
    earlier = FileStore(place).save(Kind.HEATMAP, b"of an earlier version")
    time.sleep(1.1)  # S3 tells whole seconds
    store = open_beside("new")
    start(store)
    orphan = store.files.save(Kind.HEATMAP, b"orphan")
    record = keep(store)
    start(store)

    assert names(store) == files_of(record) | {earlier}
    assert orphan not in names(store)


def test_orphans_go_once_the_other_database_is_signed_off(
    open_beside: Callable[[str], Store], keep: Keep
) -> None:
    store, gone = open_beside("store"), open_beside("gone")
    orphan = store.files.save(Kind.HEATMAP, b"orphan")
    record = keep(store)
    gone.files.save(Kind.HEATMAP, b"signs up")
    start(store)
    kept = names(store)
    sign_off(store, gone)
    start(store)

    assert orphan in kept
    assert names(store) == files_of(record)


def test_a_database_that_was_signed_off_by_mistake_signs_up_again(
    open_beside: Callable[[str], Store], keep: Keep
) -> None:
    store, other = open_beside("store"), open_beside("other")
    keep(store)
    record = keep(other)
    sign_off(store, other)
    other.clean(datetime.now(UTC))
    start(store)

    assert files_of(record) <= names(store)


def test_a_restored_database_is_the_one_that_signed_up(
    open_beside: Callable[[str], Store], keep: Keep, tmp_path: Path
) -> None:
    before = open_beside("data")
    record = keep(before)
    before.database.close()
    (tmp_path / "data").rename(tmp_path / "elsewhere")
    after = open_beside("elsewhere")
    orphan = after.files.save(Kind.HEATMAP, b"orphan")
    start(after)

    assert names(after) == files_of(record)
    assert orphan not in names(after)


def test_the_place_may_be_removed_while_it_is_in_use(
    open_beside: Callable[[str], Store], keep: Keep
) -> None:
    store = open_beside("store")
    keep(store)
    for entry in store.files._files.find(store.files._root):  # noqa: SLF001 - as an operator would
        store.files._files.rm_file(entry)  # noqa: SLF001 - likewise
    record = keep(store)
    start(store)

    assert names(store) == files_of(record)


def test_nobody_is_warned_of_a_database_that_is_alone(
    open_beside: Callable[[str], Store],
    keep: Keep,
    caplog: pytest.LogCaptureFixture,
) -> None:
    store = open_beside("store")
    keep(store)
    with caplog.at_level(logging.WARNING):
        start(store)

    assert caplog.text == ""
