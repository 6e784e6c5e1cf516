"""What one call analyses, and what it came to."""

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pytest

from alzer.cli.cohort import Cohort
from alzer.cli.inputs import Failure, Input, Skipped
from alzer.cli.reading import Read, Reader
from alzer.cli.volumes import Heads, Work
from alzer.model.engine import Model
from alzer.scans.formats import read_slice
from alzer.scans.slice import Slice
from alzer.settings import DecodingLimits, Limits
from phantoms import as_png, draw_brain

BRAIN = read_slice(as_png(draw_brain()))
BROKEN = Failure("damaged_file", "The file is damaged.")


@pytest.fixture
def heads(model: Model) -> Iterator[Heads]:
    with (
        Reader(Limits(), DecodingLimits()) as reader,
        Heads(reader, model, Work(), lambda *_: None) as heads,
    ):
        yield heads


def reads_of(*outcomes: Slice | Failure) -> list[Read]:
    return [
        Read(Input(f"{place}.png"), outcome) for place, outcome in enumerate(outcomes)
    ]


def test_each_input_has_its_record_in_order_whatever_failed(
    model: Model, heads: Heads
) -> None:
    cohort = Cohort([], None)
    reads = reads_of(BRAIN, BROKEN, BRAIN)

    records = list(cohort.records(iter(reads), model, heads))

    assert [record["input"] for record in records] == ["0.png", "1.png", "2.png"]
    assert records[1]["error"] == asdict(BROKEN)
    assert records[0]["prediction"] == records[2]["prediction"]


def test_kinds_left_out_are_counted_and_only_the_commonest_named(
    model: Model, capsys: pytest.CaptureFixture[str]
) -> None:
    cohort = Cohort([], None)
    cohort.tally.skipped = Skipped({f".k{kind}": 100 - kind for kind in range(20)})

    cohort.end(model)

    told = capsys.readouterr().err
    assert "100 x .k0, 99 x .k1" in " ".join(told.split())
    assert ".k12" not in told
    assert "and more kinds" in " ".join(told.split())


def test_a_call_without_a_folder_keeps_nothing_to_go_on_with(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"")
    cohort = Cohort([str(tmp_path)], None)

    assert [found.name for found in cohort.inputs()] == [str(tmp_path / "a.png")]
    assert cohort.complete == "0 records are complete."
    assert cohort.is_success


def test_a_heatmap_that_was_lost_is_no_success() -> None:
    cohort = Cohort([], None)
    cohort.tally.lost.append("The disk is full.")

    assert not cohort.is_success
