"""Whole heads are worked on in threads, and given up when nobody waits."""

import threading
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from alzer.cli.exits import Stopped
from alzer.cli.inputs import Failure, Input, SeveralFound
from alzer.cli.reading import Read, Reader, Whole
from alzer.cli.volumes import GivenUp, Head, Heads, Outcome, Work
from alzer.model.engine import Model
from alzer.scans.slice import Slice
from alzer.settings import DecodingLimits, Limits
from phantoms import as_dicom, as_nifti, draw_brain
from volume_files import SIZES, T2, affine_of, as_series, as_zip, sample


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    with Reader(Limits(), DecodingLimits()) as reader:
        yield reader


def outcome_of(read: Read, reader: Reader, model: Model) -> Outcome:
    with Heads(reader, model, Work(), lambda *_: None) as heads:
        return heads.begin(read).result()


def write(folder: Path, contents: list[bytes]) -> Read:
    """Write files of a series, as what they are found to be in a folder."""
    paths = [folder / f"IM{number}" for number in range(len(contents))]
    for path, content in zip(paths, contents, strict=True):
        path.write_bytes(content)
    return Read(Input(str(folder), files=tuple(map(str, paths))), Whole())


@pytest.fixture
def volume(tmp_path: Path) -> Read:
    """Return a volume of a head that is far too coarse."""
    path = tmp_path / "head.nii"
    path.write_bytes(as_nifti(sample(affine_of()), affine_of()))
    return Read(Input(str(path)), Whole())


def test_a_head_that_is_not_prepared_well_enough_has_reasons_and_a_picture(
    volume: Read, reader: Reader, model: Model
) -> None:
    told: list[tuple[str, str, float | None]] = []
    work = Work(keeps_files=True)
    with Heads(reader, model, work, lambda *words: told.append(words)) as heads:
        head = heads.begin(volume).result()

    assert isinstance(head, Head)
    assert isinstance(head.answer, Failure)
    assert head.answer.code == "failed_preparation"
    assert head.prepared is not None
    assert head.prepared.volume.voxels.shape == SIZES
    assert head.files["strip.png"].startswith(b"\x89PNG")
    assert [name for name, _, _ in told] == [volume.input.name] * len(told)
    shares = [share for _, _, share in told[:-1] if share is not None]
    assert shares == sorted(shares)
    assert told[-1][2] is None
    assert {"read", "brain", "register"} <= {stage for _, stage, _ in told}


def test_work_that_nobody_waits_for_ends_at_its_next_stage(
    volume: Read, reader: Reader, model: Model
) -> None:
    begun, going_on = threading.Event(), threading.Event()

    def hold(_: str, stage: str, __: float | None) -> None:
        if stage == "brain":
            begun.set()
            going_on.wait(60.0)

    def stop() -> None:
        with Heads(reader, model, Work(), hold) as heads:
            futures.append(heads.begin(volume))
            begun.wait(60.0)
            raise Stopped(15)

    futures = deque[Any]()
    with pytest.raises(Stopped):
        stop()
    was_done = futures[0].done()
    going_on.set()
    with pytest.raises(GivenUp):
        futures[0].result()

    assert not was_done


def test_a_series_of_another_contrast_is_refused_by_name(
    tmp_path: Path, reader: Reader, model: Model
) -> None:
    head = outcome_of(write(tmp_path, as_series(affine_of(), **T2)), reader, model)

    assert isinstance(head, Head)
    assert isinstance(head.answer, Failure)
    assert head.answer.code == "other_contrast"
    assert "T2-weighted" in head.answer.message


def test_files_of_one_name_that_are_no_volume_are_slices_apart(
    tmp_path: Path, reader: Reader, model: Model
) -> None:
    sizes = ((40, 32),) * 5 + ((44, 36),) * 5
    contents = [as_dicom(draw_brain(size), SeriesInstanceUID="1.2") for size in sizes]
    read = write(tmp_path, contents)
    slices = outcome_of(read, reader, model)

    assert not isinstance(slices, Head)
    found = list(slices)
    assert tuple(one.input.name for one in found) == read.input.files
    assert all(isinstance(one.outcome, Slice) for one in found)


def test_an_archive_of_several_series_is_refused_with_their_list(
    tmp_path: Path, reader: Reader, model: Model
) -> None:
    other = as_series(affine_of(), SeriesInstanceUID="1.2.9")
    files = [*as_series(affine_of()), *other]
    path = tmp_path / "study.zip"
    path.write_bytes(
        as_zip({f"IM{number}": content for number, content in enumerate(files)})
    )
    head = outcome_of(Read(Input(str(path)), Whole()), reader, model)

    assert isinstance(head, Head)
    assert isinstance(head.answer, SeveralFound)
    assert len(head.answer.series) == 2
    first, second = head.answer.series
    assert "T1-weighted, axial, 18 images" in first
    assert second.endswith("the same images as 1")


def test_a_file_that_is_gone_when_its_turn_comes_is_told(
    tmp_path: Path, reader: Reader, model: Model
) -> None:
    read = Read(Input(str(tmp_path / "gone.nii")), Whole())
    head = outcome_of(read, reader, model)

    assert isinstance(head, Head)
    assert isinstance(head.answer, Failure)
    assert head.answer.code == "unreadable_file"


def test_one_slice_in_an_archive_is_a_slice(
    tmp_path: Path, reader: Reader, model: Model
) -> None:
    path = tmp_path / "slice.zip"
    path.write_bytes(as_zip({"a.dcm": as_dicom(draw_brain())}))
    slices = outcome_of(Read(Input(str(path)), Whole()), reader, model)

    assert not isinstance(slices, Head)
    (only,) = slices
    assert only.input.name == str(path)
    assert isinstance(only.outcome, Slice)
