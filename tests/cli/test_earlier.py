"""What an earlier call left is found, wherever it was cut off."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from alzer.cli.earlier import Earlier, read_earlier
from alzer.cli.inputs import Failure, Input
from alzer.cli.records import LAYOUTS, Format, continued, describe_failure
from alzer.errors import InvalidRequest

NAMES = ("=b\n.png", "c,\\d.png")
FILES = (Format.json, Format.jsonl, Format.csv)


def document(kind: Format, names: Sequence[str]) -> str:
    """Write records as a call does."""
    layout = LAYOUTS[kind]()
    rows = (
        layout.row(describe_failure(each, Failure("x", "It is so."))) for each in names
    )
    return layout.head() + "".join(rows) + layout.tail()


@pytest.mark.parametrize("kind", FILES)
def test_of_every_beginning_of_a_file_the_whole_records_are_found(
    tmp_path: Path, kind: Format
) -> None:
    path = tmp_path / "records"
    whole = document(kind, NAMES).encode()
    counts = []
    for length in range(len(whole) + 1):
        path.write_bytes(whole[:length])
        earlier = read_earlier(path, kind)
        counts.append(earlier.inputs.total())
        layout = continued(kind) if earlier.inputs else LAYOUTS[kind]()
        missing = NAMES[counts[-1] :]
        head = "" if earlier.length else layout.head()
        rest = "".join(
            layout.row(describe_failure(each, Failure("x", "It is so.")))
            for each in missing
        )
        again = whole[: earlier.length] + (head + rest + layout.tail()).encode()

        assert again == whole
        assert earlier.failures == counts[-1]

    assert counts == sorted(counts)
    assert set(counts) == {0, 1, 2}


@pytest.mark.parametrize("kind", FILES)
def test_inputs_with_a_record_are_passed_over_once_each(
    tmp_path: Path, kind: Format
) -> None:
    path = tmp_path / "records"
    path.write_text(document(kind, NAMES), encoding="utf-8")
    inputs = [Input(name) for name in (*NAMES, "new.png", NAMES[1])]

    assert list(read_earlier(path, kind).remaining(inputs)) == inputs[2:]
    assert list(Earlier().remaining(inputs)) == inputs


@pytest.mark.parametrize("kind", FILES)
def test_a_file_that_was_altered_in_the_middle_is_refused(
    tmp_path: Path, kind: Format
) -> None:
    path = tmp_path / "records"
    path.write_text(document(kind, NAMES).replace("b\\n", 'b"\n'), encoding="utf-8")

    with pytest.raises(InvalidRequest, match="--overwrite"):
        read_earlier(path, kind)


def test_a_table_with_other_columns_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "records"
    path.write_text("input,class\na.png,1\n", encoding="utf-8")

    with pytest.raises(InvalidRequest, match="another version"):
        read_earlier(path, Format.csv)


def test_a_block_of_zeros_at_the_end_is_a_line_that_was_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "records"
    whole = document(Format.jsonl, NAMES[:1]).encode()
    path.write_bytes(whole + bytes(4096))

    assert read_earlier(path, Format.jsonl).length == len(whole)


def test_of_a_series_whose_files_are_slices_apart_those_without_record_are_left(
    tmp_path: Path,
) -> None:
    path = tmp_path / "records"
    path.write_text(document(Format.jsonl, ["a/1", "b"]), encoding="utf-8")
    earlier = read_earlier(path, Format.jsonl)
    inputs = [
        Input("a", files=("a/1", "a/2")),
        Input("b", files=("b/1", "b/2")),
        Input("c", files=("c/1", "c/2")),
    ]

    assert list(earlier.remaining(inputs)) == [Input("a/2"), inputs[2]]
