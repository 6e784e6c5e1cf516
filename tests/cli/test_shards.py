"""Shards of records, and the ledger that they are."""

from pathlib import Path
from typing import Any

import pytest
from pyarrow import dataset

from alzer.cli.places import Place
from alzer.cli.records import Format
from alzer.cli.shards import CONTENT, KINDS, MODEL, RECORDS, SETTINGS, Shards
from alzer.errors import InvalidRequest


def record(name: str, content: str | None = "c", **fields: Any) -> dict[str, Any]:  # noqa: ANN401 - of records
    digests = {CONTENT: content, MODEL: "m", SETTINGS: "s"}
    return {"input": name, "kind": "slice", **digests, **fields}


def failed(name: str) -> dict[str, Any]:
    return record(name, None, kind=None, error={"code": "empty_file", "message": "No."})


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_written_is_what_has_a_record(tmp_path: Path, kind: Format) -> None:
    shards = Shards(Place(str(tmp_path)), kind)
    odd = "a\udcff b.jpg"  # a name in no encoding
    for one in (record("a"), record("a"), record(odd, "d"), failed("f")):
        shards.add(one)
    shards.write_all()
    ledger = Shards(Place(str(tmp_path)), kind).read()

    assert dict(ledger.inputs) == {"a": 2, odd: 1, "f": 1}
    assert ledger.digests == {"a": "c", odd: "d", "f": None}
    assert ledger.failures == 1
    assert ledger.identities == {("m", "s")}
    assert Shards(Place(str(tmp_path)), kind).kinds() == {kind}


def test_records_lie_in_partitions_that_other_programs_read(tmp_path: Path) -> None:
    shards = Shards(Place(str(tmp_path)), Format.parquet)
    for one in (record("a"), record("b", kind="volume", confidence=0.5), failed("f")):
        shards.add(one)
    shards.write_all()
    table = dataset.dataset(tmp_path / RECORDS, partitioning="hive").to_table()
    rows = {row["input"]: row for row in table.to_pylist()}

    assert {name: row["outcome"] for name, row in rows.items()} == {
        "a": "slice", "b": "volume", "f": "error"
    }  # fmt: skip
    assert rows["b"]["confidence"] == 0.5
    assert rows["f"]["error_code"] == "empty_file"


def test_records_wait_for_others_but_not_long(tmp_path: Path) -> None:
    now = [0.0]
    shards = Shards(Place(str(tmp_path)), Format.jsonl, lambda: now[0])
    shards.add(record("a"))
    shards.add(record("b"))
    early = list(tmp_path.rglob("*.jsonl"))
    now[0] = 60.0
    shards.write_due()

    assert early == []
    assert len(list(tmp_path.rglob("*.jsonl"))) == 1


class BrokenOff(Place):
    """A place where one write is done, and yet its caller is never told so."""

    is_broken_off = False

    def write(self, name: str, content: bytes) -> None:
        super().write(name, content)
        if not self.is_broken_off:
            self.is_broken_off = True
            raise KeyboardInterrupt


@pytest.mark.parametrize("kind", KINDS)
def test_a_write_that_was_broken_off_and_repeated_leaves_one_record_each(
    tmp_path: Path, kind: Format
) -> None:
    shards = Shards(BrokenOff(str(tmp_path)), kind)
    for one in (record("a"), record("b"), failed("f")):
        shards.add(one)
    with pytest.raises(KeyboardInterrupt):
        shards.write_all()
    shards.add(record("c"))
    shards.write_all()
    shards.write_all()

    assert dict(shards.read().inputs) == dict.fromkeys("abcf", 1)


def test_a_shard_that_was_not_written_to_its_end_is_none(tmp_path: Path) -> None:
    shards = Shards(Place(str(tmp_path)), Format.jsonl)
    shards.add(record("a"))
    shards.write_all()
    (shard,) = tmp_path.rglob("*.jsonl")
    shard.with_name(f".{shard.name}.part").write_text('{"input": "b', "utf-8")

    assert dict(shards.read().inputs) == {"a": 1}


@pytest.mark.parametrize("kind", KINDS)
def test_records_are_dropped_and_the_others_stay(tmp_path: Path, kind: Format) -> None:
    shards = Shards(Place(str(tmp_path)), kind)
    for one in (record("a"), record("b"), failed("f")):
        shards.add(one)
    shards.write_all()
    shards.drop({"a", "f"})

    assert dict(shards.read().inputs) == {"b": 1}
    assert len(list(tmp_path.rglob(f"*.{kind}"))) == 1


def test_all_shards_can_be_removed(tmp_path: Path) -> None:
    shards = Shards(Place(str(tmp_path)), Format.jsonl)
    shards.add(record("a"))
    shards.write_all()
    shards.clear()

    assert shards.kinds() == frozenset()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("content", [b"no records\n", b'{"input": "a"}\n', b"[1]\n"])
def test_files_of_others_are_refused(
    tmp_path: Path, kind: Format, content: bytes
) -> None:
    (tmp_path / RECORDS).mkdir()
    (tmp_path / RECORDS / f"part-1.{kind}").write_bytes(content)

    with pytest.raises(InvalidRequest, match="not as alzer writes them"):
        Shards(Place(str(tmp_path)), kind).read()
