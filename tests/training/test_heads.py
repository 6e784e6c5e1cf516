"""Whole heads become a cohort of slices: once, as the service does it, or named."""

import csv
from pathlib import Path

import numpy as np
import pytest

from alzer.analysed_slice import make_ready
from alzer.errors import InvalidCohort, LeakySplit
from alzer.person_analysis import prepare_head, usable_slices
from alzer.training.cohort import Cohort, prepare_slices
from alzer.training.head_files import read_head
from alzer.training.heads import prepare_heads
from alzer.training.kept_heads import Outcome
from alzer.training.tables import load_cohort
from cohorts import SPEC, write_table
from head_cohorts import coarse_head, draw_heads, keep_all, row, write_volume
from phantoms import as_png, draw_brain


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return draw_heads(tmp_path_factory.mktemp("heads"))


def silent(_: str) -> None:
    """Hear nothing."""


def refusal(cohort: Cohort, folder: Path) -> str:
    with pytest.raises(InvalidCohort) as refused:
        prepare_heads(cohort, folder, silent)
    return refused.value.message


def verdicts_in(table: Path) -> list[tuple[str, str]]:
    with table.open(encoding="utf-8") as lines:
        return [(each["subject"], each["verdict"]) for each in csv.DictReader(lines)]


# The one test of the whole way; a head takes seconds.


def test_heads_are_prepared_once_as_the_service_does(tmp_path: Path) -> None:
    good = write_volume(tmp_path / "good.nii", coarse_head())
    write_volume(tmp_path / "check.nii", coarse_head(2))
    write_volume(tmp_path / "failed.nii", coarse_head(3))
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "1").write_bytes(b"no DICOM")
    rows = [
        row("a", "good.nii", 0, fold=0),
        row("b", "check.nii", 1, fold=1),
        row("c", "failed.nii", 1, fold=1),
        row("d", "folder", 0, fold=0),
    ]
    write_table(tmp_path / "table.csv", rows)
    cohort, told = load_cohort(tmp_path / "table.csv"), list[str]()

    slices = prepare_heads(cohort, tmp_path / "kept", told.append, at_once=2)

    served = usable_slices(prepare_head(read_head(good)))
    own = [each for each in slices.slices if each.subject == "a"]
    inputs = prepare_slices(own, SPEC)
    for expected, found, given in zip(served, own, inputs, strict=True):
        np.testing.assert_array_equal(found.read().pixels, expected.pixels)
        ready = make_ready(expected, SPEC, must_look_right=False)
        np.testing.assert_array_equal(
            given, ready.prepared.pixels[0].astype(np.float16)
        )
    assert set(slices.folds) == {"a", "b"}
    assert slices.heads == {"used": 2, "to_check": 1, "left_out": 2}
    assert any(each.startswith("c (failed.nii) is left out: ") for each in slices.notes)
    assert any(each.startswith("d (folder) is left out: ") for each in slices.notes)
    assert any(each.startswith("b (check.nii) is used, but") for each in slices.notes)
    assert told[-1] == "head 4 of 4 prepared"
    assert told[3] == "checking file 4 of 4"
    assert "left" in told[4]
    assert verdicts_in(tmp_path / "kept" / "heads.csv") == [
        *(("a", "good"), ("b", "check"), ("c", "failed"), ("d", "failed"))
    ]
    again = list[str]()
    assert prepare_heads(cohort, tmp_path / "kept", again.append) == slices
    # What can't be read is tried again, since it may have been repaired.
    assert again[4:] == ["head 1 of 1 prepared"]


def test_an_interruption_loses_only_the_heads_at_work(tmp_path: Path) -> None:
    for label in (0, 1):
        write_volume(tmp_path / f"{label}.nii", coarse_head(seed=label))
    rows = [row(f"p{label}", f"{label}.nii", label, fold=label) for label in (0, 1)]
    write_table(tmp_path / "table.csv", rows)
    cohort, told = load_cohort(tmp_path / "table.csv"), list[str]()

    def stop(text: str) -> None:
        if "prepared" in text:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        prepare_heads(cohort, tmp_path / "kept", stop)
    kept = list((tmp_path / "kept").iterdir())
    slices = prepare_heads(cohort, tmp_path / "kept", told.append)

    assert [each.suffix for each in kept] == [".npz"]
    assert told[2:] == ["head 1 of 1 prepared"]
    assert set(slices.folds) == {"p0", "p1"}

    kept[0].write_bytes(kept[0].read_bytes()[:1000])
    assert prepare_heads(cohort, tmp_path / "kept", told.append) == slices
    assert told[5:] == ["head 1 of 1 prepared"]


def test_all_visits_of_a_person_count_in_one_fold(table: Path, tmp_path: Path) -> None:
    keep_all(table, tmp_path)

    cohort = prepare_heads(load_cohort(table), tmp_path, silent)

    own = [each for each in cohort.slices if each.subject == "p0"]
    assert [each.position for each in own] == [place // 2 for place in range(64)]
    assert {each.path.name for each in own} == {"p0-0.nii", "p0-1.nii"}
    assert cohort.folds["p0"] == 0
    assert cohort.ages["p0"] == 60.5
    assert len(cohort.slices) == 7 * 32


def test_a_person_in_two_folds_is_refused(table: Path) -> None:
    text = table.read_text("utf-8").replace(
        "p0-1.nii,p0,NonDemented,0", "p0-1.nii,p0,NonDemented,1"
    )
    other = table.with_name("torn.csv")
    other.write_text(text, encoding="utf-8")

    with pytest.raises(LeakySplit, match="p0"):
        load_cohort(other)


def test_a_person_of_two_classes_is_refused(table: Path) -> None:
    other = table.with_name("classes.csv")
    other.write_text(
        table.read_text("utf-8").replace("p0-1.nii,p0,NonD", "p0-1.nii,p0,MildD"),
        encoding="utf-8",
    )

    with pytest.raises(InvalidCohort, match="two classes: p0"):
        load_cohort(other)


def test_files_that_are_not_there_are_named_before_the_work(table: Path) -> None:
    other = table.with_name("missing.csv")
    text = table.read_text("utf-8").replace("p3-0.nii", "p3-9.nii")
    other.write_text(text, encoding="utf-8")

    with pytest.raises(InvalidCohort, match=r"1 of 7 files .* not there: p3-9\.nii"):
        load_cohort(other)


def test_files_that_are_no_heads_are_named_before_the_work(
    table: Path, tmp_path: Path
) -> None:
    (table.parent / "notes.txt").write_text("no scan", encoding="utf-8")
    (table.parent / "slice.png").write_bytes(as_png(draw_brain()))
    text = table.read_text("utf-8").replace("p3-0.nii", "notes.txt")
    other = table.with_name("strange.csv")
    other.write_text(text.replace("p4-0.nii", "slice.png"), encoding="utf-8")

    told = refusal(load_cohort(other), tmp_path)

    assert told.startswith("2 of the table's files are no whole heads")
    assert "p3 (notes.txt): " in told
    assert "p4 (slice.png): one slice" in told
    assert not list(tmp_path.glob("*.npz"))


def test_one_scan_under_two_names_is_refused(table: Path, tmp_path: Path) -> None:
    (table.parent / "copy.nii").write_bytes((table.parent / "p1-0.nii").read_bytes())
    other = table.with_name("twice.csv")
    text = table.read_text("utf-8").replace("p2-0.nii", "copy.nii")
    other.write_text(text, encoding="utf-8")

    told = refusal(load_cohort(other), tmp_path)

    assert "p1 (p1-0.nii) and p2 (copy.nii) are the same scan" in told


def test_too_few_people_after_heads_were_left_out_are_named(
    table: Path, tmp_path: Path
) -> None:
    failed = Outcome("failed", ("There is no brain.",))
    keep_all(table, tmp_path, {f"p{each}-0.nii": failed for each in (1, 3, 5)})

    told = refusal(load_cohort(table), tmp_path)

    assert "training needs people of at least two classes" in told
    assert "3 heads were left out: p1 (p1-0.nii), p3" in told


def test_ratings_may_stand_in_place_of_classes(table: Path) -> None:
    text = table.read_text("utf-8")
    rated = table.with_name("rated.csv")
    for old, new in (
        ("class", "cdr"),
        ("NonDemented", "0"),
        ("VeryMildDemented", "0.5"),
    ):
        text = text.replace(old, new)
    rated.write_text(text, encoding="utf-8")

    assert load_cohort(rated).slices == load_cohort(table).slices
    rated.write_text(text.replace(",0.5,", ",3,"), encoding="utf-8")
    with pytest.raises(InvalidCohort, match=r"the class '3'.*\(CDR 0\.5\)"):
        load_cohort(rated)


def test_a_cohort_of_slices_stays_as_it_is(cohort_folder: Path, tmp_path: Path) -> None:
    cohort = load_cohort(cohort_folder)

    assert prepare_heads(cohort, tmp_path, silent) is cohort
    assert not list(tmp_path.iterdir())
