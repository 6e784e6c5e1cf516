"""Files that are whole or not there."""

import errno
from dataclasses import replace
from pathlib import Path

import pytest

from alzer.cli.inputs import Failure
from alzer.cli.records import Format, describe_failure
from alzer.cli.records_file import RecordsFile
from alzer.cli.result_names import heatmap_name
from alzer.cli.results import (
    HEATMAPS,
    UNRELIABLE,
    Choice,
    Existing,
    ResultsFolder,
)
from alzer.errors import InvalidRequest, StorageUnavailable
from alzer.model.engine import ModelIdentity

JSON_LINES = Choice(Format.jsonl, Format.jsonl)
RESUME = replace(JSON_LINES, existing=Existing.RESUME)
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

    assert result[:-21] == stem
    assert len(result.encode()) <= 255


def test_the_whole_path_tells_heatmaps_apart() -> None:
    assert heatmap_name("a/x.png") != heatmap_name("b/x.png")
    assert heatmap_name("a/x.png") != heatmap_name("a/x.jpg")
    assert heatmap_name("a/x.png") == heatmap_name("./a/../a/x.png")


def test_inputs_whose_digests_begin_alike_have_names_of_their_own() -> None:
    # Found by trial: eight digits of the digests of these are the same.
    assert heatmap_name("s3://bucket/274/a.jpg") != heatmap_name(
        "s3://bucket/19449/a.jpg"
    )


def test_a_full_disk_leaves_neither_picture_nor_remains(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = ResultsFolder.open(tmp_path / "results", JSON_LINES)

    def fail(self: Path, content: bytes) -> int:
        with self.open("wb") as file:
            file.write(content[:10])
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", fail)

    with pytest.raises(StorageUnavailable, match="No space left"):
        folder.save_heatmap("x.png", b"picture" * 10, reliable=True)
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

    folder = ResultsFolder.open(tmp_path, JSON_LINES)
    monkeypatch.setattr(RecordsFile, "_write", fail_in_the_third)

    with folder.records() as records:
        records.add(RECORD)
        with pytest.raises(StorageUnavailable, match="No space left"):
            records.add(RECORD)
    lines = (tmp_path / "predictions.jsonl").read_text("utf-8").splitlines()

    assert len(lines) == 1
    assert not list(tmp_path.glob("*.part"))


def test_records_that_cannot_be_begun_are_a_foreseen_failure(tmp_path: Path) -> None:
    folder = ResultsFolder.open(tmp_path, Choice(None, Format.table))
    (tmp_path / "predictions.csv.part").mkdir()

    with (
        pytest.raises(StorageUnavailable, match="can't be written"),
        folder.records(),
    ):
        pass


def leave(path: Path, choice: Choice, count: int) -> None:
    """Leave results of some inputs."""
    with ResultsFolder.open(path, choice).records() as records:
        for _ in range(count):
            records.add(RECORD)


@pytest.mark.parametrize("left", ["predictions.jsonl", "predictions.csv.part"])
def test_a_folder_with_results_is_refused_unless_a_call_says_what_to_do(
    tmp_path: Path, left: str
) -> None:
    (tmp_path / left).write_text("a result", encoding="utf-8")

    with pytest.raises(InvalidRequest, match=r"--resume.*--overwrite"):
        ResultsFolder.open(tmp_path, JSON_LINES)
    assert (tmp_path / left).read_text("utf-8") == "a result"


def test_heatmaps_without_their_records_are_results_too(tmp_path: Path) -> None:
    ResultsFolder.open(tmp_path, JSON_LINES).save_heatmap(
        "x.png", b"picture", reliable=True
    )

    with pytest.raises(InvalidRequest, match="heatmaps"):
        ResultsFolder.open(tmp_path, JSON_LINES)


def test_the_format_of_a_resumed_file_is_its_own(tmp_path: Path) -> None:
    leave(tmp_path, Choice(Format.csv, Format.jsonl), 2)
    unsaid = Choice(None, Format.jsonl, Existing.RESUME)
    other = Choice(Format.json, Format.jsonl, Existing.RESUME)
    leave(tmp_path, unsaid, 1)

    assert len((tmp_path / "predictions.csv").read_text("utf-8").splitlines()) == 4
    with pytest.raises(InvalidRequest, match="--format csv"):
        ResultsFolder.open(tmp_path, other)


def test_of_several_formats_one_has_to_be_named(tmp_path: Path) -> None:
    leave(tmp_path, Choice(Format.csv, Format.jsonl), 1)
    leave(tmp_path, Choice(Format.json, Format.jsonl, Existing.OVERWRITE), 2)
    named = Choice(Format.json, Format.jsonl, Existing.RESUME)

    with pytest.raises(InvalidRequest, match="json and csv; say --format"):
        ResultsFolder.open(tmp_path, Choice(None, Format.json, Existing.RESUME))
    assert ResultsFolder.open(tmp_path, named).earlier.inputs["x.png"] == 2


def test_records_of_another_model_are_not_mixed(tmp_path: Path) -> None:
    model = ModelIdentity("net", "1", "a" * 64, "openvino", "fp32")
    leave(tmp_path, JSON_LINES, 1)
    ResultsFolder.open(tmp_path, RESUME).summarise(model, {"complete": False})
    folder = ResultsFolder.open(tmp_path, RESUME)
    folder.check_model(ModelIdentity("net", "1", "a" * 64, "onnxruntime", "fp32"))

    with pytest.raises(InvalidRequest, match="another model"):
        folder.check_model(ModelIdentity("net", "2", "b" * 64, "openvino", "fp32"))


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"model": 1}'])
def test_a_summary_that_says_nothing_stops_nothing(
    tmp_path: Path, content: str
) -> None:
    leave(tmp_path, JSON_LINES, 1)
    (tmp_path / "run.json").write_text(content, encoding="utf-8")
    folder = ResultsFolder.open(tmp_path, RESUME)
    folder.check_model(ModelIdentity("net", "1", "a" * 64, "openvino", "fp32"))

    assert folder.earlier.inputs.total() == 1


def test_a_picture_that_is_there_already_is_not_replaced_by_the_legend(
    tmp_path: Path,
) -> None:
    (tmp_path / "legend.png").write_bytes(b"theirs")
    ResultsFolder.open(tmp_path, JSON_LINES)

    assert (tmp_path / "legend.png").read_bytes() == b"theirs"


def test_heatmaps_of_unreliable_answers_lie_apart(tmp_path: Path) -> None:
    folder = ResultsFolder.open(tmp_path, JSON_LINES)

    good = folder.save_heatmap("x.png", b"picture", reliable=True)
    other = folder.save_heatmap("x.png", b"picture", reliable=False)

    assert Path(good).parent == tmp_path / HEATMAPS
    assert Path(other).parent == tmp_path / HEATMAPS / UNRELIABLE
