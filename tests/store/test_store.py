"""Records and files together, on both databases and both kinds of storage."""

import logging
import time
import tracemalloc
import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from alzer.errors import StorageUnavailable
from alzer.store.audit import LOCAL, SERVICE, AuditEntry, read_log
from alzer.store.filters import Filter
from alzer.store.kinds import Kind
from alzer.store.records import Record
from alzer.store.store import GRACE, Store
from store.belonging import files_of

# A second is as exact as S3 tells times.
SOON = timedelta(seconds=2)

Keep = Callable[..., Record]


def names(store: Store) -> set[str]:
    return {each.name for each in store.files.listed()}


def test_deleting_removes_record_and_files(any_store: Store, keep: Keep) -> None:
    store = any_store
    kept, deleted = keep(store), keep(store)
    store.delete(deleted, AuditEntry(LOCAL, "deleted", deleted.id))

    assert store.records.find(deleted.id) is None
    assert store.records.find(kept.id) == kept
    assert names(store) == files_of(kept)


def test_what_is_older_than_the_term_goes_and_nothing_else(
    any_store: Store, keep: Keep
) -> None:
    store = any_store
    old = [keep(store, timedelta(days=30, minutes=each + 1)) for each in range(3)]
    young = keep(store, timedelta(days=29, hours=23))

    assert store.purge() == 3
    assert store.purge() == 0
    assert [each.id for each in store.records.page(Filter(), 9).records] == [young.id]
    assert names(store) == files_of(young)
    expired = [each for each in read_log(store.database) if each.action == "expired"]
    assert {each.subject for each in expired} == {each.id for each in old}
    assert {each.actor for each in expired} == {SERVICE}


def test_after_the_term_the_disk_holds_nothing_of_it(
    new_store: Callable[..., Store],
    keep: Keep,
    words: str,
    picture: bytes,
    tmp_path: Path,
) -> None:
    store = new_store()
    record = keep(store, timedelta(days=31))
    planted = {words.encode(), picture, str(record.heatmap).encode()}
    found_before = _on_disk(tmp_path, planted)
    store.purge()

    assert found_before == planted
    assert _on_disk(tmp_path, planted) == set()


def _on_disk(folder: Path, texts: set[bytes]) -> set[bytes]:
    files = [each for each in folder.rglob("*") if each.is_file()]
    return {
        text for text in texts for each in files
        if text in each.read_bytes() or text in each.name.encode()
    }  # fmt: skip


def test_without_a_term_everything_stays(
    new_store: Callable[..., Store], keep: Keep
) -> None:
    store = new_store(retention="never")
    keep(store, timedelta(days=9999))

    assert store.purge() == 0
    assert len(store.records.page(Filter(), 9).records) == 1


def test_files_without_a_record_are_swept(any_store: Store, keep: Keep) -> None:
    store = any_store
    kept = keep(store)
    store.files.save(Kind.HEATMAP, b"orphan")
    store.files.save(Kind.ORIGINAL, b"orphan")

    assert store.sweep(datetime.now(UTC) - GRACE) == 0
    assert store.sweep(datetime.now(UTC) + SOON) == 2
    assert names(store) == files_of(kept)


def test_half_files_are_swept_and_what_is_not_ours_is_not(
    store: Store, keep: Keep, tmp_path: Path
) -> None:
    kept = keep(store)
    half = tmp_path / "data/uploads/heatmaps" / f".heatmap_{uuid.uuid4()}.png.part"
    half.write_bytes(b"half a picture")
    foreign = half.with_name("notes.txt")
    foreign.write_text("somebody's own", encoding="utf-8")

    assert store.sweep(datetime.now(UTC) + SOON) == 1
    assert names(store) == files_of(kept)
    assert foreign.exists()


def test_at_its_start_a_service_that_is_alone_sweeps_everything(
    store: Store, keep: Keep
) -> None:
    kept = files_of(keep(store))
    store.files.save(Kind.HEATMAP, b"orphan")
    with store.in_use(datetime.now(UTC)):
        alone = names(store)
        follows = store.files.save(Kind.HEATMAP, b"about to get its record")
        with store.in_use(datetime.now(UTC)):
            together = names(store)

    assert alone == kept
    assert together == kept | {follows}


def test_what_a_service_has_written_is_no_orphan_however_late_it_cleans_up(
    store: Store,
) -> None:
    begun = datetime.now(UTC)
    time.sleep(0.05)  # file systems round the time
    name = store.files.save(Kind.HEATMAP, b"about to get its record")
    with store.in_use(begun):
        pass

    assert store.files.read(Kind.HEATMAP, name) == b"about to get its record"


def test_services_that_share_only_the_files_leave_one_another_what_they_write(
    new_store: Callable[..., Store],
    new_postgresql: Callable[[], str],
    tmp_path: Path,
) -> None:
    shared = {"database": new_postgresql(), "files": str(tmp_path / "shared")}
    one = new_store(data_dir=tmp_path / "one", **shared)
    other = new_store(data_dir=tmp_path / "other", **shared)
    with one.in_use(datetime.now(UTC)):
        name = one.files.save(Kind.HEATMAP, b"about to get its record")
        with other.in_use(datetime.now(UTC)):
            pass

    assert one.files.read(Kind.HEATMAP, name) == b"about to get its record"


def test_what_can_not_be_cleaned_now_stops_nothing(
    new_store: Callable[..., Store], tmp_path: Path
) -> None:
    (tmp_path / "data/alzer.db").mkdir(parents=True)
    store = new_store()

    with store.in_use(datetime.now(UTC)):
        store.clean(datetime.now(UTC))
    with pytest.raises(StorageUnavailable):
        store.database.check()


def test_one_thing_that_can_not_be_cleaned_does_not_keep_the_others(
    store: Store, keep: Keep, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    stuck = keep(store, timedelta(days=31))
    _block(tmp_path, stuck)
    orphan = store.files.save(Kind.ORIGINAL, b"orphan")
    with caplog.at_level(logging.INFO):
        store.clean(datetime.now(UTC) + SOON)

    assert orphan not in names(store)
    assert store.records.find(stuck.id) == stuck
    assert "put off" in caplog.text
    assert "1 orphaned" in caplog.text


def test_a_file_that_can_not_be_removed_keeps_its_record(
    store: Store, keep: Keep, tmp_path: Path
) -> None:
    record = keep(store)
    _block(tmp_path, record)

    with pytest.raises(StorageUnavailable, match="removed"):
        store.delete(record, AuditEntry(LOCAL, "deleted", record.id))
    assert store.records.find(record.id) == record


def _block(folder: Path, record: Record) -> None:
    """Put in the place of a heatmap what is not removed as a file."""
    path = folder / "data/uploads/heatmaps" / str(record.heatmap)
    path.unlink()
    path.mkdir()
    (path / "x").touch()


def test_a_file_that_can_not_be_removed_does_not_keep_others_beyond_their_term(
    store: Store, keep: Keep, tmp_path: Path
) -> None:
    stuck, other = keep(store, timedelta(days=40)), keep(store, timedelta(days=31))
    _block(tmp_path, stuck)
    with pytest.raises(StorageUnavailable, match="1 analyses"):
        store.purge()

    assert store.records.find(other.id) is None
    assert store.records.find(stuck.id) == stuck


def test_where_nothing_can_be_removed_a_purge_ends_soon(
    store: Store, keep: Keep, tmp_path: Path
) -> None:
    records = [keep(store, timedelta(days=31)) for _ in range(15)]
    for each in records:
        _block(tmp_path, each)
    with pytest.raises(StorageUnavailable, match="removed"):
        store.purge()

    assert len(store.records.page(Filter(), 50).records) == 15


def test_what_nobody_foresaw_does_not_end_cleaning(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    endless = replace(store, term=timedelta.max)
    orphan = store.files.save(Kind.ORIGINAL, b"orphan")
    endless.clean(datetime.now(UTC) + SOON)

    assert orphan not in names(store)
    assert "OverflowError" in caplog.text


def test_cleaning_comes_to_its_end_with_the_service(store: Store, keep: Keep) -> None:
    old = keep(store, timedelta(days=31))
    orphan = store.files.save(Kind.ORIGINAL, b"orphan")
    store.ending.set()
    store.clean(datetime.now(UTC) + SOON)

    assert store.records.find(old.id) == old
    assert orphan in names(store)
    store.ending.clear()
    store.clean(datetime.now(UTC) + SOON)
    assert names(store) == set()


def test_more_orphans_than_are_held_at_once_are_swept(
    new_store: Callable[..., Store], keep: Keep
) -> None:
    store = new_store(durable_writes=False)
    kept = keep(store)
    for _ in range(1_100):
        store.files.save(Kind.HEATMAP, b"orphan")

    assert store.sweep(datetime.now(UTC) + SOON) == 1_100
    assert names(store) == files_of(kept)


def test_a_folder_is_listed_without_holding_all_of_it(
    new_store: Callable[..., Store],
) -> None:
    store = new_store(durable_writes=False)
    for _ in range(3_000):
        store.files.save(Kind.HEATMAP, b"")
    tracemalloc.start()
    count = sum(1 for _ in store.files.listed())
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert count == 3_000
    assert peak_bytes < 300_000  # 100 bytes of each name would be as many
