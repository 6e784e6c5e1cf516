"""Other accounts of the machine read nothing."""

import os
import stat
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from alzer.store.permissions import make_folder
from alzer.store.records import Record
from alzer.store.store import Store


@pytest.fixture(autouse=True)
def usual_umask() -> Iterator[None]:
    """Let new files be read by everybody, unless the code says otherwise."""
    before = os.umask(0o022)
    yield
    os.umask(before)


def modes(folder: Path) -> dict[str, int]:
    return {
        str(each.relative_to(folder)): stat.S_IMODE(each.stat().st_mode)
        for each in (folder, *folder.rglob("*"))
    }


def test_only_this_account_reads_what_is_kept(
    new_store: Callable[..., Store], keep: Callable[..., Record], tmp_path: Path
) -> None:
    data = tmp_path / "not yet there" / "data"
    store = new_store(data_dir=data)
    with store.in_use(datetime.now(UTC)):
        keep(store)
        found = modes(data.parent)  # while SQLite's other files are there

    folders = {each for each in found if (data.parent / each).is_dir()}
    assert {"data/alzer.db", "data/alzer.db-wal", "data/uploads/.lock"} <= set(found)
    assert len([each for each in found if "heatmap_" in each]) == 1
    assert {found[each] for each in folders} == {0o700}
    assert {found[each] for each in set(found) - folders} == {0o600}


def test_the_process_makes_its_other_files_as_before(
    new_store: Callable[..., Store], keep: Callable[..., Record], tmp_path: Path
) -> None:
    keep(new_store())
    (tmp_path / "other").touch()

    assert stat.S_IMODE((tmp_path / "other").stat().st_mode) == 0o644


def test_a_folder_that_is_there_keeps_its_mode(tmp_path: Path) -> None:
    tmp_path.chmod(0o750)
    make_folder(tmp_path / "a" / "b")
    make_folder(tmp_path / "a" / "b")

    assert modes(tmp_path) == {".": 0o750, "a": 0o700, "a/b": 0o700}


def test_the_names_of_new_folders_are_on_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settled: set[Path] = set()
    fsync = os.fsync

    def watch(descriptor: int) -> None:
        settled.add(Path(f"/proc/self/fd/{descriptor}").readlink())
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", watch)
    make_folder(tmp_path / "a" / "b")

    assert settled == {tmp_path, tmp_path / "a"}
