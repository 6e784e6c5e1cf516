"""A file of records that takes nobody else's place."""

import json
from pathlib import Path

import pytest

from alzer.cli.earlier import Earlier, read_earlier
from alzer.cli.exits import Stopped
from alzer.cli.inputs import Failure
from alzer.cli.records import Format, describe_failure
from alzer.cli.records_file import RecordsFile
from alzer.errors import InvalidRequest

RECORD = describe_failure("x.png", Failure("empty_file", "It is empty."))


def count(path: Path) -> int:
    """Count the records of an array."""
    return len(json.loads(path.read_text("utf-8")))


def write(
    path: Path, records: int, source: Path | None = None, *, stopped: bool = False
) -> None:
    """Write records, in front of them those of another file."""
    earlier = read_earlier(source, Format.json) if source else Earlier()
    file = RecordsFile(path, Format.json, earlier, source)
    file.__enter__()
    for _ in range(records):
        file.add(RECORD)
    file.__exit__(Stopped if stopped else None)


def test_records_are_on_disk_before_the_next_one(tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    with RecordsFile(path, Format.json, Earlier()) as file:
        for index in range(3):
            file.add(RECORD)
            found = read_earlier(tmp_path / "r.json.part", Format.json)

            assert found.inputs.total() == index + 1
    assert count(path) == 3


def test_a_stopped_call_leaves_a_whole_document(tmp_path: Path) -> None:
    write(tmp_path / "r.json", 2, stopped=True)

    assert count(tmp_path / "r.json") == 2
    assert not (tmp_path / "r.json.part").exists()


def test_a_stopped_call_takes_the_place_of_no_earlier_result(tmp_path: Path) -> None:
    path, partial = tmp_path / "r.json", tmp_path / "r.json.part"
    write(path, 5)
    write(path, 1, stopped=True)

    assert count(path) == 5
    assert count(partial) == 1
    write(path, 2, partial)
    assert count(path) == 3
    assert not partial.exists()


def test_going_on_with_a_finished_file_adds_to_it(tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    write(path, 2)
    write(path, 1, path, stopped=True)
    write(path, 0, path)

    assert count(path) == 3


def test_two_calls_do_not_write_at_the_same_time(tmp_path: Path) -> None:
    first = RecordsFile(tmp_path / "r.json", Format.json, Earlier())
    second = RecordsFile(tmp_path / "r.json", Format.json, Earlier())

    with first, pytest.raises(InvalidRequest, match="Another call"), second:
        pass
    assert count(tmp_path / "r.json") == 0


def test_a_record_that_was_stopped_in_the_middle_is_taken_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = RecordsFile._write  # noqa: SLF001 - where a signal may come
    file = RecordsFile(tmp_path / "r.json", Format.json, Earlier())

    def stop_in_the_middle(self: RecordsFile, content: bytes) -> None:
        usual(self, content[:20])
        raise KeyboardInterrupt

    with file:
        file.add(RECORD)
        with monkeypatch.context() as patch:
            patch.setattr(RecordsFile, "_write", stop_in_the_middle)
            with pytest.raises(KeyboardInterrupt):
                file.add(RECORD)

    assert count(tmp_path / "r.json") == 1
