"""Which files a call means."""

import os
from pathlib import Path

import pytest

from alzer.cli.inputs import Failure, Input, find_inputs, read_input


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


def test_links_lead_nowhere_twice(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"")
    (tmp_path / "loop").symlink_to(tmp_path)
    (tmp_path / "link.png").symlink_to(tmp_path / "a.png")
    (tmp_path / "dangling.png").symlink_to(tmp_path / "absent")

    assert names(tmp_path) == ["a.png", "link.png"]


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


def test_of_a_huge_file_one_byte_too_many_is_read(tmp_path: Path) -> None:
    path = tmp_path / "huge.png"
    with path.open("wb") as file:
        file.truncate(2**40)

    assert read_input(Input(str(path)), 1000) == bytes(1001)
