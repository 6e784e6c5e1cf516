"""Which files a call means."""

import inspect
import io
import os
import sys
from pathlib import Path

import numpy as np
import pytest

from alzer.cli.inputs import (
    HIDDEN,
    LINKED_FOLDER,
    NO_REGULAR_FILE,
    Failure,
    Input,
    Skipped,
    find_inputs,
    read_input,
)
from alzer.scans.formats import read_slice
from phantoms import as_nifti, draw_brain, with_fields


def names(folder: Path, excluded: frozenset[str] = frozenset()) -> list[str]:
    found = find_inputs([str(folder)], excluded)
    return [os.path.relpath(each.name, folder) for each in found]


@pytest.mark.parametrize(
    ("name", "taken"),
    [
        ("a.png", True),
        ("A.JPG", True),
        ("a.tif", True),
        ("a.nii.gz", True),
        ("IM0001", True),
        ("1.2.840.113619.2", True),
        ("a.dcm", True),
        ("a.mgz", True),
        (".hidden.png", False),
        ("DICOMDIR", False),
        ("notes.txt", False),
        ("table.csv", False),
        ("archive.tar.gz", False),
        ("model.onnx", False),
    ],
)
def test_inside_a_folder_names_decide(
    tmp_path: Path, name: str, *, taken: bool
) -> None:
    (tmp_path / name).write_bytes(b"")

    assert names(tmp_path) == ([name] if taken else ["."])


def test_a_file_that_is_named_itself_is_always_tried(tmp_path: Path) -> None:
    path = tmp_path / ".notes.txt"
    path.write_bytes(b"content")
    (found,) = find_inputs([str(path)], frozenset())

    assert read_input(found, 100) == b"content"


def test_folders_come_in_the_order_of_names_and_hidden_ones_not(tmp_path: Path) -> None:
    for name in ("b/2.png", "b/1.png", "a/9.png", ".git/3.png", "c.png"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"")

    assert names(tmp_path) == ["a/9.png", "b/1.png", "b/2.png", "c.png"]


def test_links_to_files_are_followed_and_one_to_nothing_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"content")
    (tmp_path / "link.png").symlink_to(tmp_path / "a.png")
    (tmp_path / "dangling.png").symlink_to(tmp_path / "absent")
    outcomes = {
        Path(each.name).name: read_input(each, 100)
        for each in find_inputs([str(tmp_path)], frozenset())
    }
    dangling = outcomes.pop("dangling.png")

    assert outcomes == {"a.png": b"content", "link.png": b"content"}
    assert isinstance(dangling, Failure)
    assert "No such file" in dangling.message


@pytest.mark.parametrize("target", ["loop.png", ".", "..", "/"])
def test_a_looped_link_fails_alone(tmp_path: Path, target: str) -> None:
    (tmp_path / "a.png").write_bytes(b"")
    (tmp_path / "loop.png").symlink_to(target)
    image, loop = find_inputs([str(tmp_path)], frozenset())
    outcome = read_input(loop, 100)

    assert Path(image.name).name == "a.png"
    assert isinstance(outcome, Failure)
    assert outcome.code == "unreadable_file"


def test_a_looped_link_that_is_named_fails_too(tmp_path: Path) -> None:
    (tmp_path / "loop.png").symlink_to("loop.png")
    (found,) = find_inputs([str(tmp_path / "loop.png")], frozenset())
    outcome = read_input(found, 100)

    assert isinstance(outcome, Failure)
    assert "symbolic links" in outcome.message


def test_folders_may_be_nested_deeper_than_calls(tmp_path: Path) -> None:
    path = tmp_path.joinpath(*"d" * 60)
    path.mkdir(parents=True)
    (path / "a.png").write_bytes(b"")
    usual, depth = sys.getrecursionlimit(), len(inspect.stack())
    sys.setrecursionlimit(depth + 40)
    try:
        (found,) = find_inputs([str(tmp_path)], frozenset())
    finally:
        sys.setrecursionlimit(usual)

    assert found.name == str(path / "a.png")


def test_what_is_left_out_is_counted_by_kind(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    (tmp_path / "cohort" / "deep").mkdir(parents=True)
    elsewhere.mkdir()
    names = ("a.png", "b.pdf", "deep/c.PDF", "d.heic", ".hidden", "DICOMDIR", "end.")
    for name in names:
        (tmp_path / "cohort" / name).write_bytes(b"")
    os.mkfifo(tmp_path / "cohort" / "pipe")
    (tmp_path / "cohort" / "link").symlink_to(elsewhere)
    skipped = Skipped()
    found = list(find_inputs([str(tmp_path / "cohort")], frozenset(), skipped))

    assert [Path(each.name).name for each in found] == ["a.png"]
    assert skipped == {
        ".pdf": 2,
        ".heic": 1,
        ".": 1,
        "DICOMDIR": 1,
        HIDDEN: 1,
        LINKED_FOLDER: 1,
        NO_REGULAR_FILE: 1,
    }


def test_the_two_files_of_a_pair_are_one_input(tmp_path: Path) -> None:
    for name in ("a.hdr", "a.img", "B.HDR", "B.IMG", "c.img", "d.hdr", "d.img.gz"):
        (tmp_path / name).write_bytes(b"")
    skipped = Skipped()
    found = list(find_inputs([str(tmp_path)], frozenset(), skipped))
    halves = {
        Path(each.name).name: each.other_half and Path(each.other_half).name
        for each in found
    }
    named = [str(tmp_path / name) for name in ("a.img", "a.hdr")]

    assert halves == {"a.hdr": "a.img", "B.HDR": "B.IMG", "c.img": None} | {
        "d.hdr": "d.img.gz"
    }
    assert not skipped
    assert [each.name for each in find_inputs(named, frozenset())] == named[1:]


def test_results_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "heatmaps").mkdir()
    (tmp_path / "heatmaps" / "a.png").write_bytes(b"")
    (tmp_path / "b.png").write_bytes(b"")
    excluded = frozenset({os.path.realpath(tmp_path / "heatmaps")})

    assert names(tmp_path, excluded) == ["b.png"]


def test_a_folder_without_images_is_not_passed_over_in_silence(tmp_path: Path) -> None:
    (found,) = find_inputs([str(tmp_path)], frozenset())
    outcome = read_input(found, 100)

    assert isinstance(outcome, Failure)
    assert outcome.code == "no_images"


def test_a_folder_that_cannot_be_listed_fails_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: str) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "scandir", refuse)
    (found,) = find_inputs([str(tmp_path)], frozenset())

    assert found.failure
    assert found.failure.code == "unreadable_file"
    assert "Permission denied" in found.failure.message


def test_a_huge_file_is_not_read_and_its_size_is_told(tmp_path: Path) -> None:
    path = tmp_path / "huge.png"
    with path.open("wb") as file:
        file.truncate(2**40)
    outcome = read_input(Input(str(path)), 2**20)

    assert isinstance(outcome, Failure)
    assert outcome.code == "too_many_bytes"
    assert "1048576.0 MiB, over the limit of 1 MiB" in outcome.message


def test_of_standard_input_one_byte_too_many_is_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(bytes(5000))))

    assert read_input(Input("-"), 1000) == bytes(1001)


@pytest.mark.parametrize("named", ["a.hdr", "a.img"])
def test_the_two_files_of_a_pair_are_read_as_one(tmp_path: Path, named: str) -> None:
    values = (draw_brain((52, 44)) * 1000.0).astype(np.int16)[..., np.newaxis]
    whole = as_nifti(values)
    halves = with_fields(whole, magic=b"ni1", vox_offset=0.0)[:348], whole[352:]
    for name, half in zip(("a.hdr", "a.img"), halves, strict=True):
        (tmp_path / name).write_bytes(half)
    (found,) = find_inputs([str(tmp_path / named)], frozenset())

    content = read_input(found, 100_000)

    assert isinstance(content, bytes)
    assert (read_slice(content).pixels == read_slice(whole).pixels).all()


def test_a_pair_without_a_header_is_refused(tmp_path: Path) -> None:
    for name in ("a.hdr", "a.img"):
        (tmp_path / name).write_bytes(b"text")
    (found,) = find_inputs([str(tmp_path)], frozenset())

    outcome = read_input(found, 100)

    assert isinstance(outcome, Failure)
    assert outcome.code == "damaged_file"


def test_a_half_that_is_too_large_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.hdr").write_bytes(bytes(348))
    (tmp_path / "a.img").write_bytes(bytes(1000))
    (found,) = find_inputs([str(tmp_path)], frozenset())

    outcome = read_input(found, 999)

    assert isinstance(outcome, Failure)
    assert outcome.code == "too_many_bytes"
