"""Labelled slices, the people behind them, and folds."""

from pathlib import Path

import numpy as np
import pytest

from alzer.errors import InvalidCohort, LeakySplit
from alzer.model.preparation import prepare
from alzer.scans.formats import read_slice
from alzer.scans.orientation import to_standard_view
from alzer.scans.plausibility import examine
from alzer.training.cohort import (
    prepare_slices,
    require_disjoint,
    split,
)
from alzer.training.tables import load_cohort
from cohorts import SPEC, draw_cohort, write_table

SLICE = {"file": "a.png", "class": "NonDemented", "subject": "p", "slice": 1}
OTHER = {"file": "b.png", "class": "Mild Impairment", "subject": "q", "slice": 2}


def tables(
    folder: Path, slices: list[dict[str, object]], folds: list[dict[str, object]]
) -> Path:
    for each in slices:
        (folder / str(each["file"])).write_bytes(b"opened later")
    write_table(folder / "slices.csv", slices)
    write_table(folder / "folds.csv", folds)
    return folder


def test_a_cohort_knows_its_people(cohort_folder: Path) -> None:
    cohort = load_cohort(cohort_folder)

    assert len(cohort.slices) == 36
    assert cohort.fold_numbers == (0, 1, 2)
    assert cohort.ages["person-00"] == 50.0
    assert "person-01" not in cohort.ages
    assert sorted(set(cohort.labels.tolist())) == [0, 1]


@pytest.mark.parametrize("fold", [0, 1, 2])
def test_nobody_is_on_both_sides_and_nobody_is_lost(
    cohort_folder: Path, fold: int
) -> None:
    cohort = load_cohort(cohort_folder)

    sides = split(cohort, fold)

    training = set(cohort.subjects[sides.training])
    held_out = set(cohort.subjects[sides.validation])
    assert not training & held_out
    assert len(training | held_out) == 12
    assert len(sides.training) + len(sides.validation) == 36


def test_without_a_fold_everyone_is_trained_on(cohort_folder: Path) -> None:
    sides = split(load_cohort(cohort_folder), None)

    assert len(sides.training) == 36
    assert len(sides.validation) == 0


def test_a_person_on_both_sides_stops_everything() -> None:
    require_disjoint(["a", "b"], ["c"])
    with pytest.raises(LeakySplit, match="1 people are in both"):
        require_disjoint(["a", "b"], ["b", "c"])


def test_a_person_in_two_folds_stops_everything(tmp_path: Path) -> None:
    folds = [{"subject": "p", "fold": 0}, {"subject": "p", "fold": 1}]

    with pytest.raises(LeakySplit, match=r"in two folds.*: p;"):
        load_cohort(tables(tmp_path, [SLICE], folds))


@pytest.mark.parametrize("name", ["slices.csv", "folds.csv"])
def test_without_knowing_who_is_who_nothing_is_trained(
    tmp_path: Path, name: str
) -> None:
    folder = draw_cohort(tmp_path, people=3, slices=1)
    (folder / name).unlink()

    with pytest.raises(InvalidCohort, match=name):
        load_cohort(folder)


FOLDS = [{"subject": "p", "fold": 0}, {"subject": "q", "fold": 1}]


@pytest.mark.parametrize(
    ("slices", "folds", "phrase"),
    [
        ([{**SLICE, "class": "Demented?"}], FOLDS, "a row breaks this"),
        ([{**SLICE, "slice": "first"}], FOLDS, "a row breaks this"),
        ([{"file": "a.png"}], FOLDS, "needs the columns"),
        (
            [SLICE, {**SLICE, "file": "b", "class": "MildDemented"}],
            FOLDS,
            "two classes",
        ),
        ([{**SLICE, "subject": "stranger"}], FOLDS, "no fold"),
        ([SLICE, SLICE], FOLDS, "twice"),
        ([SLICE], FOLDS[:1], "one fold"),
        ([SLICE], FOLDS, "one fold"),
        ([SLICE], [{"subject": "p", "fold": "first"}], "needs the columns"),
    ],
)
def test_tables_that_contradict_themselves_are_refused(
    tmp_path: Path,
    slices: list[dict[str, object]],
    folds: list[dict[str, object]],
    phrase: str,
) -> None:
    with pytest.raises(InvalidCohort, match=phrase):
        load_cohort(tables(tmp_path, slices, folds))


def test_a_table_without_rows_is_refused(tmp_path: Path) -> None:
    (tmp_path / "slices.csv").write_text("file,class,subject,slice\n", encoding="utf-8")

    with pytest.raises(InvalidCohort, match="no rows"):
        load_cohort(tmp_path)


def test_a_class_may_go_by_either_of_its_names(tmp_path: Path) -> None:
    cohort = load_cohort(tables(tmp_path, [OTHER, SLICE], FOLDS))

    assert [(each.subject, each.label) for each in cohort.slices] == [
        ("p", 0),
        ("q", 2),
    ]
    assert cohort.ages == {}
    assert cohort.source is None


def test_a_fold_without_slices_is_none(tmp_path: Path) -> None:
    folds = [*FOLDS, {"subject": "absent", "fold": 7}]

    cohort = load_cohort(tables(tmp_path, [SLICE, OTHER], folds))

    assert cohort.fold_numbers == (0, 1)
    with pytest.raises(InvalidCohort, match="no fold 7"):
        split(cohort, 7)


def test_tables_saved_by_a_spreadsheet_are_read(tmp_path: Path) -> None:
    folder = tables(tmp_path, [SLICE, OTHER], FOLDS)
    for table in (folder / "slices.csv", folder / "folds.csv"):
        table.write_bytes(b"\xef\xbb\xbf" + table.read_bytes())

    assert len(load_cohort(folder).slices) == 2


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(
            b"file,class,subject,slice\na.png,NonDemented,Ren\xe9,1\n", id="latin"
        ),
        pytest.param(b"file,class,subject,slice\na.png,NonDemented\n", id="short"),
        pytest.param(b"file,class\n" + b"x" * 200_000, id="endless"),
        pytest.param(bytes(range(256)), id="binary"),
    ],
)
def test_tables_that_are_no_tables_are_refused(tmp_path: Path, content: bytes) -> None:
    tables(tmp_path, [SLICE, OTHER], FOLDS)
    (tmp_path / "slices.csv").write_bytes(content)

    with pytest.raises(InvalidCohort, match=r"slices\.csv"):
        load_cohort(tmp_path)


def test_folds_that_break_off_are_refused(tmp_path: Path) -> None:
    tables(tmp_path, [SLICE, OTHER], FOLDS)
    (tmp_path / "folds.csv").write_text("subject,fold\np,0\nq\n", encoding="utf-8")

    with pytest.raises(InvalidCohort, match=r"folds\.csv"):
        load_cohort(tmp_path)


def test_an_age_that_is_no_number_is_refused(tmp_path: Path) -> None:
    tables(tmp_path, [SLICE, OTHER], FOLDS)
    write_table(tmp_path / "subjects.csv", [{"subject": "p", "age": "old"}])

    with pytest.raises(InvalidCohort, match="age"):
        load_cohort(tmp_path)


def test_training_prepares_slices_as_serving_does(cohort_folder: Path) -> None:
    cohort = load_cohort(cohort_folder)
    told: list[int] = []

    prepared = prepare_slices(cohort.slices[:3], SPEC, told.append)

    assert told == [1, 1, 1]
    for image, each in zip(prepared, cohort.slices, strict=False):
        view = to_standard_view(read_slice(each.path.read_bytes()))
        served = prepare(view, examine(view).box, SPEC).pixels[0]
        assert np.abs(image - served).max() < 2e-3


def test_the_folds_of_the_real_cohort_keep_people_apart(data_dir: Path) -> None:
    cohort = load_cohort(data_dir / "oasis1-axial")

    assert len(cohort.slices) == 6400
    assert cohort.source == "OASIS-1"
    for fold in cohort.fold_numbers:
        sides = split(cohort, fold)
        held_out = set(cohort.subjects[sides.validation])
        assert len(held_out) == 40
        assert not held_out & set(cohort.subjects[sides.training])


def test_the_published_split_of_the_real_cohort_is_refused(data_dir: Path) -> None:
    cohort = load_cohort(data_dir / "oasis1-axial")
    sides: dict[str, list[str]] = {"train": [], "test": []}
    for each in cohort.slices:
        sides[each.path.parent.parent.name].append(each.subject)

    with pytest.raises(LeakySplit, match="200 people"):
        require_disjoint(sides["train"], sides["test"])


def test_slices_that_cannot_be_used_are_listed(tmp_path: Path) -> None:
    folder = draw_cohort(tmp_path, people=3, slices=1)
    cohort = load_cohort(folder)
    (folder / "person-00-0.png").write_bytes(b"damaged")
    (folder / "person-01-0.png").unlink()

    with pytest.raises(InvalidCohort, match="2 of 3 slices") as refusal:
        prepare_slices(cohort.slices, SPEC)

    assert "person-00-0.png" in refusal.value.message
    assert "person-01-0.png" in refusal.value.message
