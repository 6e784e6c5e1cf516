"""DICOM files of a folder are divided into series without decoding them."""

import os
from pathlib import Path

import pytest

from alzer.cli.dicom_folders import LEAST_FILES, divide, may_be_dicom, series_of
from alzer.cli.inputs import find_inputs
from phantoms import as_dicom, as_png, draw_brain

BRAIN = draw_brain((40, 32))


def write_series(folder: Path, series: str, count: int, start: int = 0) -> list[str]:
    """Write slices of one series, and return their paths."""
    folder.mkdir(exist_ok=True, parents=True)
    content = as_dicom(BRAIN, SeriesInstanceUID=series)
    paths = [folder / f"IM{number:04}" for number in range(start, start + count)]
    for path in paths:
        path.write_bytes(content)
    return [str(path) for path in paths]


@pytest.mark.parametrize("series", ["1.2.3", "1.2.840.113619.2.55." + "1" * 44])
def test_a_file_shows_its_series(series: str) -> None:
    assert series_of(as_dicom(BRAIN, SeriesInstanceUID=series)) == series.encode()


def test_what_is_no_dicom_file_or_of_no_series_shows_none() -> None:
    hint = b"\x20\x00\x0e\x00UI\x06\x001.2.3\0"

    assert series_of(hint) is None
    assert series_of(b"") is None
    assert series_of(as_dicom(BRAIN)) is None
    assert series_of(b"\0" * 128 + b"DICM" + hint) == b"1.2.3"


def test_a_series_that_is_referred_to_is_not_the_files_own() -> None:
    referred = b"\x20\x00\x0e\x00UI\x04\x001.9\0"
    own = b"\x20\x00\x0e\x00\x04\x00\x00\x001.2\0"  # without its representation

    assert series_of(b"\0" * 128 + b"DICM" + referred + own) == b"1.2"


@pytest.mark.parametrize(
    ("name", "may_be"),
    [
        ("IM0001", True),
        ("a.dcm", True),
        ("a.IMA", True),
        ("1.2.840.5", True),
        ("a.png", False),
        ("a.nii.gz", False),
        (".dcm", False),
        ("DICOMDIR", False),
        ("a.txt", False),
    ],
)
def test_names_tell_which_files_are_looked_at(name: str, *, may_be: bool) -> None:
    assert may_be_dicom(name) == may_be


def test_series_are_told_apart_and_small_ones_left(tmp_path: Path) -> None:
    first = write_series(tmp_path, "1.2.1", LEAST_FILES)
    scout = write_series(tmp_path, "1.2.2", LEAST_FILES - 1, start=20)
    last = write_series(tmp_path, "1.2.3", LEAST_FILES, start=40)
    paths = [*first, *scout, *last]

    assert divide(paths, apart=True) == [tuple(first), tuple(last)]
    assert divide(paths, apart=False) == [tuple(paths)]
    assert divide([*scout, str(tmp_path / "absent")], apart=True) == []


def test_a_folder_with_one_series_is_one_input_and_the_rest_as_ever(
    tmp_path: Path,
) -> None:
    series = write_series(tmp_path / "person", "1.2.1", LEAST_FILES, start=1)
    (tmp_path / "person" / "a.png").write_bytes(as_png(BRAIN))
    (scout,) = write_series(tmp_path / "person", "1.2.9", 1)
    found = list(find_inputs([str(tmp_path)], frozenset()))

    assert [(os.path.relpath(one.name, tmp_path), one.files) for one in found] == [
        ("person/IM0000", ()),
        ("person", tuple(series)),
        ("person/a.png", ()),
    ]
    assert found[0].name == scout


def test_each_of_several_series_is_named_by_its_first_file(tmp_path: Path) -> None:
    one = write_series(tmp_path, "1.2.1", LEAST_FILES)
    other = write_series(tmp_path, "1.2.2", LEAST_FILES, start=50)
    apart = find_inputs([str(tmp_path)], frozenset())
    together = find_inputs([str(tmp_path)], frozenset(), apart=False)

    assert {found.name: found.files for found in apart} == {
        one[0]: tuple(one),
        other[0]: tuple(other),
    }
    assert [found.files for found in together] == [(*one, *other)]
