"""Local files, whole or not at all."""

import errno
from pathlib import Path

import pytest

from alzer.errors import StorageUnavailable
from alzer.store.kinds import Kind
from alzer.store.writing import fsync_file, saving, write_whole


def test_a_file_is_there_whole_and_for_its_own_account_alone(tmp_path: Path) -> None:
    path = tmp_path / "name"

    write_whole(path, b"content")

    assert path.read_bytes() == b"content"
    assert path.stat().st_mode & 0o077 == 0
    assert list(tmp_path.iterdir()) == [path]


def test_what_could_not_be_named_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(Path, "replace", fail)

    with pytest.raises(OSError, match="full"):
        write_whole(tmp_path / "name", b"content")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        (errno.ENOSPC, "the disk is full"),
        (errno.EROFS, "its folder is read-only"),
        (errno.EIO, "its folder can't be used"),
    ],
)
def test_the_reason_is_said_in_our_words(number: int, reason: str) -> None:
    message = f"The heatmap could not be saved: {reason}."
    with (
        pytest.raises(StorageUnavailable, match=message) as raised,
        saving(Kind.HEATMAP),
    ):
        raise OSError(number, "secret", "/secret")

    assert "secret" not in raised.value.message


def test_a_file_that_is_gone_can_not_be_brought_to_the_disk(tmp_path: Path) -> None:
    with pytest.raises(StorageUnavailable):
        fsync_file(Kind.HEATMAP, str(tmp_path / "gone"))
