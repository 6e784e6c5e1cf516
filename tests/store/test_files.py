"""Files in a folder and in an S3 bucket: one contract."""

import errno
import os
import stat
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from alzer.errors import StorageUnavailable
from alzer.store.files import FileStore
from alzer.store.kinds import Kind


@pytest.fixture
def files(files_url: str | None, tmp_path: Path) -> FileStore:
    """Return an empty storage of each kind."""
    return FileStore(files_url or str(tmp_path / "uploads"))


def test_what_was_saved_is_read_by_its_name(files: FileStore) -> None:
    name = files.save(Kind.HEATMAP, b"picture")

    assert files.read(Kind.HEATMAP, name) == b"picture"
    assert files.read(Kind.HEATMAP, Kind.HEATMAP.new_name()) is None


def test_every_file_has_a_name_of_its_own(files: FileStore) -> None:
    names = {files.save(Kind.HEATMAP, b"same") for _ in range(20)}

    assert len(names) == 20
    assert {each.name for each in files.listed()} == names


def test_what_was_removed_is_gone(files: FileStore) -> None:
    name = files.save(Kind.ORIGINAL, b"scan")
    files.remove(Kind.ORIGINAL, name)
    files.remove(Kind.ORIGINAL, name)

    assert files.read(Kind.ORIGINAL, name) is None
    assert list(files.listed()) == []


def test_files_are_listed_with_the_time_they_were_written(files: FileStore) -> None:
    name = files.save(Kind.HEATMAP, b"picture")
    (listed,) = files.listed()
    modified = files.modified(listed)
    files.discard(listed)

    assert listed.name == name
    assert not listed.is_partial
    assert abs(datetime.now(UTC) - modified) < timedelta(minutes=1)
    assert list(files.listed()) == []


def test_a_check_leaves_nothing_behind(files: FileStore) -> None:
    files.check()

    assert list(files.listed()) == []


@pytest.mark.parametrize(
    "name",
    ["", "..", "heatmap_.png", "../secret.png", "/etc/passwd", "secret.png",
     "heatmap_00000000-0000-4000-8000-000000000000.png\n",
     "original_00000000-0000-4000-8000-000000000000"],
)  # fmt: skip
def test_a_name_of_another_form_leads_nowhere(
    files: FileStore, tmp_path: Path, name: str
) -> None:
    (tmp_path / "secret.png").write_bytes(b"secret")
    files.save(Kind.HEATMAP, b"picture")
    files.remove(Kind.HEATMAP, name)

    assert files.read(Kind.HEATMAP, name) is None
    assert (tmp_path / "secret.png").exists()


def test_whoever_looks_while_files_are_saved_sees_whole_ones_only(
    tmp_path: Path,
) -> None:
    files = FileStore(str(tmp_path))
    content = b"start" + bytes(2**20) + b"end"  # some writes of the system long
    saved: list[str] = []
    seen: dict[str, bytes] = {}
    ended = threading.Event()

    def save_many() -> None:
        saved.extend(files.save(Kind.HEATMAP, content) for _ in range(60))
        ended.set()

    writer = threading.Thread(target=save_many)
    writer.start()
    while not ended.is_set():
        names = [each.name for each in (tmp_path / "heatmaps").glob("heatmap_*")]
        newest = [each for each in names if each not in seen]
        seen.update(
            {each: (tmp_path / "heatmaps" / each).read_bytes() for each in newest}
        )
    writer.join()

    assert len(seen) > 10
    assert set(seen.values()) == {content}
    assert {each.name for each in files.listed()} == set(saved)


@pytest.mark.parametrize(("fsync", "kinds"), [(False, []), (True, ["file", "folder"])])
def test_a_file_and_then_its_name_reach_the_disk_where_that_is_wanted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, fsync: bool, kinds: list[str]
) -> None:
    files = FileStore(str(tmp_path), fsync=fsync)
    files.save(Kind.HEATMAP, b"first")
    settled: list[str] = []
    sync = os.fsync

    def watch(descriptor: int) -> None:
        assert not list((tmp_path / "heatmaps").glob(".*.part"))
        is_folder = stat.S_ISDIR(os.fstat(descriptor).st_mode)
        settled.append("folder" if is_folder else "file")
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", watch)
    files.save(Kind.HEATMAP, b"second")

    assert settled == kinds


def test_what_the_disk_does_not_take_is_not_saved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = FileStore(str(tmp_path), fsync=True)
    files.save(Kind.HEATMAP, b"first")

    def fail(_: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    with monkeypatch.context() as patches:
        patches.setattr(os, "fsync", fail)
        with pytest.raises(StorageUnavailable, match="heatmap could not be saved"):
            files.save(Kind.HEATMAP, b"second")

    assert len(list(files.listed())) == 1
    files.save(Kind.HEATMAP, b"third")


def test_a_file_in_the_place_of_the_folder_is_said(tmp_path: Path) -> None:
    place = tmp_path / "uploads"
    place.write_bytes(b"no folder")
    files = FileStore(str(place))

    with pytest.raises(StorageUnavailable, match="could not be saved"):
        files.save(Kind.HEATMAP, b"picture")
    assert files.read(Kind.HEATMAP, Kind.HEATMAP.new_name()) is None
    assert place.read_bytes() == b"no folder"


def test_a_full_disk_leaves_nothing_and_says_so(tmp_path: Path) -> None:
    files = FileStore(str(tmp_path))
    files.save(Kind.HEATMAP, b"small")
    import resource  # noqa: PLC0415 - of this test alone
    import signal  # noqa: PLC0415 - likewise

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        with pytest.raises(StorageUnavailable, match="too large"):
            files.save(Kind.HEATMAP, bytes(5000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)

    assert len(list(files.listed())) == 1
    assert len(list((tmp_path / "heatmaps").iterdir())) == 1
