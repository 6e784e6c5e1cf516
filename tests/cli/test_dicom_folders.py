"""DICOM files of a folder are divided into series without decoding them."""

import os
from pathlib import Path
from typing import Any

import pytest

from alzer.cli.dicom_folders import (
    LEAST_FILES,
    find_series,
    may_be_dicom,
    series_of,
)
from alzer.cli.inputs import find_inputs
from phantoms import as_dicom, as_png, draw_brain

BRAIN = draw_brain((40, 32))


def write_series(
    folder: Path, series: str, count: int, start: int = 0, **own: object
) -> list[str]:
    """Write slices of one series, and return their paths."""
    folder.mkdir(exist_ok=True, parents=True)
    paths = []
    for number in range(start, start + count):
        elements = {"PatientID": "one", "SOPInstanceUID": f"{series}.{number}", **own}
        content = as_dicom(
            BRAIN, SeriesInstanceUID=series, InstanceNumber=number, **elements
        )
        paths.append(folder / f"IM{number:04}")
        paths[-1].write_bytes(content)
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


def groups_of(folder: Path, *, apart: bool = True) -> dict[str, tuple[str, ...]]:
    """Return the files of each series by its name, all below a folder."""
    found = find_series([str(folder)], frozenset(), apart=apart)
    return {
        os.path.relpath(one.name, folder): tuple(
            os.path.relpath(file, folder) for file in one.files
        )
        for one in found
    }


def test_series_are_told_apart_and_small_ones_left(tmp_path: Path) -> None:
    first = write_series(tmp_path, "1.2.1", LEAST_FILES)
    scout = write_series(tmp_path, "1.2.2", LEAST_FILES - 1, start=20)
    last = write_series(tmp_path, "1.2.3", LEAST_FILES, start=40)
    (tmp_path / "IM9999").symlink_to("absent")

    assert list(groups_of(tmp_path).values()) == [
        tuple(Path(file).name for file in files) for files in (first, last)
    ]
    (together,) = groups_of(tmp_path, apart=False).values()
    assert len(together) == len([*first, *scout, *last])


def test_a_series_spread_over_folders_is_one(tmp_path: Path) -> None:
    write_series(tmp_path / "study" / "IM0000-0004", "1.2.1", 5)
    write_series(tmp_path / "study" / "IM0005-0009", "1.2.1", 5, start=5)
    write_series(tmp_path / "other", "1.2.2", LEAST_FILES, start=50)
    found = list(find_inputs([str(tmp_path)], frozenset()))

    assert list(groups_of(tmp_path)) == ["other", "study"]
    assert [Path(one.name).name for one in found] == ["other", "study"]
    assert [Path(file).name for file in found[1].files] == [
        f"IM{number:04}" for number in range(10)
    ]


def test_each_slice_in_a_folder_of_its_own_is_one_series(tmp_path: Path) -> None:
    for number in range(LEAST_FILES):
        write_series(tmp_path / f"{number}", "1.2.1", 1, start=number)

    assert [len(files) for files in groups_of(tmp_path).values()] == [LEAST_FILES]


def test_a_folder_that_holds_other_series_gives_no_name(tmp_path: Path) -> None:
    write_series(tmp_path / "a", "1.2.1", 5)
    write_series(tmp_path / "b", "1.2.1", 5, start=5)
    write_series(tmp_path / "c", "1.2.2", LEAST_FILES)

    assert list(groups_of(tmp_path)) == ["a/IM0000", "c"]


def test_a_copy_of_a_series_is_the_same_series(tmp_path: Path) -> None:
    write_series(tmp_path / "a", "1.2.1", LEAST_FILES)
    write_series(tmp_path / "a copy", "1.2.1", LEAST_FILES)

    assert [len(files) for files in groups_of(tmp_path).values()] == [2 * LEAST_FILES]


@pytest.mark.parametrize("own", [{"PatientID": "other"}, {"SOPInstanceUID": "1.2.3.9"}])
def test_people_who_were_given_one_identifier_stay_apart(
    tmp_path: Path, own: dict[str, Any]
) -> None:
    write_series(tmp_path / "a", "1.2.1", LEAST_FILES)
    write_series(tmp_path / "b", "1.2.1", LEAST_FILES, **own)

    assert list(groups_of(tmp_path)) == ["a", "b"]


def test_with_a_choice_folders_that_share_a_series_are_one(tmp_path: Path) -> None:
    write_series(tmp_path / "a", "1.2.1", 5)
    write_series(tmp_path / "b", "1.2.1", 5, start=5)
    write_series(tmp_path / "b", "1.2.2", LEAST_FILES, start=20)
    write_series(tmp_path / "c", "1.2.3", LEAST_FILES)

    assert [len(one) for one in groups_of(tmp_path, apart=False).values()] == [18, 8]


def test_a_series_over_folders_that_a_call_names_is_one(tmp_path: Path) -> None:
    first = write_series(tmp_path / "a", "1.2.1", 5)
    second = write_series(tmp_path / "b", "1.2.1", 5, start=5)
    names = [str(tmp_path / "a"), str(tmp_path / "b")]
    (found,) = find_inputs(names, frozenset())

    assert (found.name, found.files) == (first[0], (*first, *second))


def test_results_and_hidden_folders_hold_no_series(tmp_path: Path) -> None:
    write_series(tmp_path / ".hidden", "1.2.1", LEAST_FILES)
    write_series(tmp_path / "results", "1.2.2", LEAST_FILES)
    excluded = frozenset({os.path.realpath(tmp_path / "results")})

    assert find_series([str(tmp_path)], excluded, apart=True) == []


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


GREYS = [
    b"\x10\x00\x20\x00LO\x04\x00two ",
    b"\x10\x00\x20\x00\x04\x00\x00\x00two ",
    b"\x20\x00\x0e\x00UI\x04\x001.9\0",
]


@pytest.mark.parametrize("greys", GREYS)
def test_greys_that_look_like_elements_tell_nothing(
    tmp_path: Path, greys: bytes
) -> None:
    for number, path in enumerate(map(Path, write_series(tmp_path, "1.2.1", 12))):
        content = path.read_bytes()
        if number in {4, 9}:
            places = slice(len(content) - len(greys) - 40, len(content) - 40)
            changed = bytearray(content)
            changed[places] = greys
            path.write_bytes(changed)

    (files,) = groups_of(tmp_path).values()
    assert len(files) == 12
