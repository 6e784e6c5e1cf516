"""Labelled slices, the people behind them, and folds."""

from pathlib import Path

import numpy as np
import pytest

from alzer.errors import InvalidCohort, LeakySplit
from alzer.model.preparation import prepare
from alzer.scans.brain import examine
from alzer.scans.formats import read_scan
from alzer.training.cohort import (
    load_cohort,
    prepare_slices,
    require_disjoint,
    split,
)
from cohorts import SPEC, draw_cohort, write_table

SLICE = {"file": "a.png", "class": "NonDemented", "subject": "p", "slice": 1}


def tables(
    folder: Path, slices: list[dict[str, object]], folds: list[dict[str, object]]
) -> Path:
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

    with pytest.raises(LeakySplit, match="folds 0 and 1"):
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
        ([SLICE], FOLDS[:1], "single fold"),
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


def test_an_age_that_is_no_number_is_refused(tmp_path: Path) -> None:
    tables(tmp_path, [SLICE], FOLDS)
    write_table(tmp_path / "subjects.csv", [{"subject": "p", "age": "old"}])

    with pytest.raises(InvalidCohort, match="age"):
        load_cohort(tmp_path)


def test_training_prepares_slices_as_serving_does(cohort_folder: Path) -> None:
    cohort = load_cohort(cohort_folder)
    told: list[int] = []

    prepared = prepare_slices(cohort.slices[:3], SPEC, told.append)

    assert told == [1, 1, 1]
    for image, each in zip(prepared, cohort.slices, strict=False):
        scan = read_scan(each.path.read_bytes())
        served = prepare(scan, examine(scan).box, SPEC).pixels[0]
        assert np.abs(image - served).max() < 2e-3


def test_slices_that_cannot_be_used_are_listed(tmp_path: Path) -> None:
    folder = draw_cohort(tmp_path, people=3, slices=1)
    (folder / "person-00-0.png").write_bytes(b"damaged")
    (folder / "person-01-0.png").unlink()

    with pytest.raises(InvalidCohort, match="2 of 3 slices") as refusal:
        prepare_slices(load_cohort(folder).slices, SPEC)

    assert "person-00-0.png" in refusal.value.message
    assert "person-01-0.png" in refusal.value.message
