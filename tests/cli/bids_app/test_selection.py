"""Which images a call means."""

import json
from pathlib import Path
from typing import Any

import pytest

from alzer.cli.bids_app.selection import choose, entities_of
from alzer.errors import InvalidRequest

IMAGES = (
    "sub-01_ses-a_acq-mprage_run-01_T1w.nii.gz",
    "sub-01_ses-b_run-2_T1w.nii.gz",
    "sub-02_T1w.nii",
)


def chosen(tmp_path: Path, query: object = None, **labels: list[str]) -> list[int]:
    """Return the indices of the images that are wanted."""
    path = None
    if query is not None:
        path = tmp_path / "filters.json"
        path.write_text(json.dumps(query), "utf-8")
    selection = choose(labels.get("people", ()), labels.get("sessions", ()), path)
    return [index for index, name in enumerate(IMAGES) if selection.accepts(name)]


def test_a_name_tells_its_parts() -> None:
    assert entities_of(IMAGES[0]) == {
        "sub": "01", "ses": "a", "acq": "mprage", "run": "01",
    }  # fmt: skip


def test_without_a_choice_every_image_is_wanted(tmp_path: Path) -> None:
    assert chosen(tmp_path) == [0, 1, 2]


def test_labels_come_with_their_beginning_or_without(tmp_path: Path) -> None:
    assert chosen(tmp_path, people=["sub-01"]) == [0, 1]
    assert chosen(tmp_path, people=["02"]) == [2]
    assert chosen(tmp_path, sessions=["ses-a", "b"]) == [0, 1]
    assert chosen(tmp_path, people=["01", "02"], sessions=["b"]) == [1]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"acquisition": "mprage"}, [0]),
        ({"acquisition": None}, [1, 2]),
        ({"run": 1}, [0]),
        ({"run": [1, 2]}, [0, 1]),
        ({"run": "02"}, [1]),
        ({"session": "*", "datatype": "anat", "suffix": "T1w"}, [0, 1, 2]),
        ({"subject": "02", "extension": [".nii", ".nii.gz"]}, [2]),
    ],
)
def test_a_filter_file_chooses_by_other_parts(
    tmp_path: Path, query: dict[str, Any], expected: list[int]
) -> None:
    assert chosen(tmp_path, {"t1w": query, "bold": {"task": "rest"}}) == expected


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ({"t1w": {"suffix": "T2w"}}, "no T1-weighted image has that suffix"),
        ({"t1w": {"colour": "red"}}, "'colour' is no part of a name"),
        (["t1w"], "no such object"),
        ({"t1w": "mprage"}, "no such object"),
    ],
)
def test_a_filter_file_that_means_nothing_is_refused(
    tmp_path: Path, query: object, told: str
) -> None:
    with pytest.raises(InvalidRequest, match=told):
        chosen(tmp_path, query)


def test_a_filter_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest, match="No such file"):
        choose((), (), tmp_path / "absent.json")


@pytest.mark.parametrize("label", ["sub_01", "", "../01", "01,02"])
def test_what_is_no_label_is_refused(label: str) -> None:
    with pytest.raises(InvalidRequest, match="letters and digits"):
        choose((label,), (), None)
