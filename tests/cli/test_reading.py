"""Files are read ahead, apart, and within limits."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from alzer.analysis import BATCH_SIZE
from alzer.cli.inputs import Failure, Input
from alzer.cli.reading import Reader
from alzer.decoding.pool import DecodingPool
from alzer.errors import Overloaded
from alzer.scans.formats import read_slice
from alzer.scans.slice import Slice
from alzer.settings import DecodingLimits, Limits
from hostile.bombs import long_sequence
from phantoms import as_dicom, as_jpeg, as_png, draw_brain

FILES = {
    "a.dcm": as_dicom(draw_brain()),
    "b.jpg": as_jpeg(draw_brain(seed=1)),
    "c.txt": b"no picture",
    "d.png": as_png(draw_brain(seed=2)),
    "e.png": b"",
}


@pytest.fixture
def names(tmp_path: Path) -> list[str]:
    """Write the files, and name them several times in an order."""
    for name, content in FILES.items():
        (tmp_path / name).write_bytes(content)
    return [str(tmp_path / name) for _ in range(5) for name in FILES]


def test_what_is_read_is_what_a_reader_gives_in_the_order_of_the_inputs(
    names: list[str],
) -> None:
    with Reader(Limits(), DecodingLimits()) as reader:
        reads = list(reader.read(map(Input, names)))

    assert [read.input.name for read in reads] == names
    for read in reads:
        name = Path(read.input.name).name
        if name in {"c.txt", "e.png"}:
            assert isinstance(read.outcome, Failure)
            continue
        assert isinstance(read.outcome, Slice)
        assert np.array_equal(read.outcome.pixels, read_slice(FILES[name]).pixels)


def test_limits_on_decoding_hold(tmp_path: Path, names: list[str]) -> None:
    (tmp_path / "slow.dcm").write_bytes(long_sequence(2_000_000))
    limits = replace(Limits(), max_pixels=100)
    with Reader(Limits(), DecodingLimits(seconds=0.2)) as reader:
        slow, good = reader.read([Input(str(tmp_path / "slow.dcm")), Input(names[0])])
    with Reader(limits, DecodingLimits()) as reader:
        (large,) = reader.read([Input(names[1])])

    assert isinstance(slow.outcome, Failure)
    assert slow.outcome.code == "too_demanding"
    assert isinstance(good.outcome, Slice)
    assert isinstance(large.outcome, Failure)
    assert large.outcome.code == "too_many_pixels"


def test_no_process_starts_for_plain_pictures(
    names: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = []
    usual = DecodingPool.open

    def note(self: DecodingPool) -> None:
        opened.append(self)
        usual(self)

    monkeypatch.setattr(DecodingPool, "open", note)
    with Reader(Limits(), DecodingLimits()) as reader:
        list(reader.read([Input(names[1]), Input(names[3])]))
        before = len(opened)
        list(reader.read([Input(names[0])]))

    assert before == 0
    assert len(opened) == 1


def test_files_are_found_and_read_only_a_little_ahead(names: list[str]) -> None:
    found = []

    def find() -> Iterator[Input]:
        for _ in range(1000):
            found.append(1)
            yield Input(names[1])

    with Reader(Limits(), DecodingLimits()) as reader:
        reads = reader.read(find())
        at_once = len(found)
        for _ in range(BATCH_SIZE):
            next(reads)

    assert at_once == 2 * BATCH_SIZE
    assert len(found) == 3 * BATCH_SIZE


def test_without_any_decoder_the_call_ends_with_a_sentence(
    names: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> Slice:
        message = "No decoder is free now."
        raise Overloaded(message)

    monkeypatch.setattr(DecodingPool, "read", refuse)
    with Reader(Limits(), DecodingLimits()) as reader:
        reads = reader.read([Input(names[0])])
        with pytest.raises(Overloaded, match="--resume"):
            next(reads)


def test_leaving_early_ends_the_processes(names: list[str]) -> None:
    with Reader(Limits(), DecodingLimits()) as reader:
        next(reader.read([Input(names[0])] * 40))
        pool = reader._pool  # noqa: SLF001 - nobody else knows them
        busy = pool.process_ids

    assert busy
    assert not pool.process_ids
