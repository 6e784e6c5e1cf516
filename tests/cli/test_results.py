"""Files that are whole or not there."""

import errno
from pathlib import Path

import pytest

from alzer.cli.inputs import Failure
from alzer.cli.records import Format, describe_failure
from alzer.cli.results import RecordsFile, ResultsFolder, heatmap_name
from alzer.errors import StorageUnavailable

RECORD = describe_failure("x.png", Failure("empty_file", "It is empty."))


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("a/b.jpg", "b"),
        ("a/b.nii.gz", "b"),
        ("sub-01 (2).png", "sub-01_2_"),
        ("1.2.840.5", "1.2.840"),
        (".png", "scan"),
        ("\u8133.png", "\u8133"),
        ("\udcff.png", "_"),
        ("\u8133" * 80 + ".png", "\u8133" * 66),
    ],
)
def test_heatmaps_are_named_after_their_input(name: str, stem: str) -> None:
    result = heatmap_name(name)

    assert result[:-13] == stem
    assert len(result.encode()) <= 255


def test_the_whole_path_tells_heatmaps_apart() -> None:
    assert heatmap_name("a/x.png") != heatmap_name("b/x.png")
    assert heatmap_name("a/x.png") != heatmap_name("a/x.jpg")
    assert heatmap_name("a/x.png") == heatmap_name("./a/../a/x.png")


def test_a_full_disk_leaves_neither_picture_nor_remains(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = ResultsFolder.open(tmp_path / "results")

    def fail(self: Path, content: bytes) -> int:
        with self.open("wb") as file:
            file.write(content[:10])
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", fail)

    with pytest.raises(StorageUnavailable, match="No space left"):
        folder.save_heatmap("x.png", b"picture" * 10)
    assert list((tmp_path / "results" / "heatmaps").iterdir()) == []


def test_a_full_disk_cuts_the_records_after_a_whole_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = RecordsFile._write  # noqa: SLF001 - where a disk would fail
    calls = 0

    def fail_in_the_third(self: RecordsFile, content: bytes) -> None:
        nonlocal calls
        calls += 1
        usual(self, content if calls < 3 else content[:10])
        if calls == 3:
            raise OSError(errno.ENOSPC, "No space left on device")

    folder = ResultsFolder.open(tmp_path)
    monkeypatch.setattr(RecordsFile, "_write", fail_in_the_third)

    with folder.records(Format.jsonl) as records:
        records.add(RECORD)
        with pytest.raises(StorageUnavailable, match="No space left"):
            records.add(RECORD)
    lines = (tmp_path / "predictions.jsonl").read_text("utf-8").splitlines()

    assert len(lines) == 1
    assert not list(tmp_path.glob("*.part"))


def test_records_that_cannot_be_begun_are_a_foreseen_failure(tmp_path: Path) -> None:
    folder = ResultsFolder.open(tmp_path)
    (tmp_path / "predictions.csv.part").mkdir()

    with (
        pytest.raises(StorageUnavailable, match="can't be written"),
        folder.records(Format.table),
    ):
        pass
