"""Cohorts of every form: what is read, and what is refused before training."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from alzer.classes import CLASSES
from alzer.errors import InvalidCohort, LeakySplit
from alzer.training.cohort import Cohort, split
from alzer.training.tables import Reading, load_cohort
from cohorts import draw_cohort, write_table

NO, MILD = "NonDemented", "MildDemented"

Row = dict[str, Any]


def row(subject: str, kind: str, file: str | None = None, **others: object) -> Row:
    name = file or f"{subject}.png"
    return {"file": name, "class": kind, "subject": subject, **others}


def people(count: int, **others: object) -> list[Row]:
    """Give rows of one slice each; every second person is impaired."""
    return [
        {**row(f"p{each:02}", (NO, MILD)[each % 2]), **others} for each in range(count)
    ]


def table(folder: Path, rows: list[Row]) -> Path:
    """Write a table and the files that it names."""
    for each in rows:
        file = folder / str(each["file"])
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"opened later")
    write_table(folder / "scans.csv", rows)
    return folder / "scans.csv"


def without(rows: list[Row], column: str) -> list[Row]:
    return [{key: each[key] for key in each if key != column} for each in rows]


def refusal(source: Path, reading: Reading | None = None) -> str:
    with pytest.raises(InvalidCohort) as refused:
        load_cohort(source, reading)
    return refused.value.message


def folders(root: Path, names: list[str], each: int) -> Path:
    """Write a folder per class with files of people nobody knows."""
    for name in names:
        for number in range(each):
            file = root / name / f"{number}.jpg"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(b"opened later")
    return root


def classes_by_fold(cohort: Cohort) -> dict[int, Counter[int]]:
    labels = {each.subject: each.label for each in cohort.slices}
    counts: dict[int, Counter[int]] = {each: Counter() for each in cohort.fold_numbers}
    for subject, fold in cohort.folds.items():
        counts[fold][labels[subject]] += 1
    return counts


# One table of all.


def test_one_table_is_enough(tmp_path: Path) -> None:
    rows = people(20, scanner="ignored", age="70", sex="F", nwbv="0.75")
    cohort = load_cohort(table(tmp_path, rows))

    assert len(cohort.slices) == 20
    assert cohort.slices[3].path == tmp_path / "p03.png"
    assert cohort.slices[3].label == 2
    assert cohort.ages["p03"] == 70.0
    assert cohort.measures["sex"]["p03"] == 0.0
    assert cohort.measures["nwbv"]["p03"] == 0.75
    assert cohort.held_out is None
    assert cohort.source is None


def test_what_is_not_known_of_people_may_be_left_empty(tmp_path: Path) -> None:
    rows = people(20, age="", sex="", nwbv="")
    rows[0] |= {"age": "71", "sex": "m"}
    cohort = load_cohort(table(tmp_path, rows))

    assert cohort.ages == {"p00": 71.0}
    assert cohort.measures["sex"] == {"p00": 1.0}
    assert "nwbv" not in cohort.measures


def test_a_persons_slices_are_numbered_by_their_files(tmp_path: Path) -> None:
    rows = [*people(20), row("p00", NO, "c.png"), row("p00", NO, "a.png")]
    cohort = load_cohort(table(tmp_path, rows))

    own = [each for each in cohort.slices if each.subject == "p00"]
    assert [(each.path.name, each.position) for each in own] == [
        ("a.png", 0),
        ("c.png", 1),
        ("p00.png", 2),
    ]


def test_a_slice_column_orders_a_persons_slices(tmp_path: Path) -> None:
    rows = [*people(20, slice=5), row("p00", NO, "z.png", slice=2)]
    cohort = load_cohort(table(tmp_path, rows))

    own = [each.path.name for each in cohort.slices if each.subject == "p00"]
    assert own == ["z.png", "p00.png"]


def test_blanks_do_not_make_two_people_of_one(tmp_path: Path) -> None:
    rows = [*people(20), row("p00 ", NO, "again.png")]
    source = table(tmp_path, rows)
    text = source.read_text(encoding="utf-8")
    source.write_text(text.replace("file,class,subject", "File, Class , Subject"))

    assert len(load_cohort(source).folds) == 20


@pytest.mark.parametrize(
    "name",
    [
        "Very Mild Impairment",
        "VeryMildDemented",
        "very_mild_demented",
        "VERY-MILD impairment",
        "verymildimpairment",
    ],
)
def test_a_class_is_known_however_it_is_written(tmp_path: Path, name: str) -> None:
    rows = [*people(20), row("q", name)]
    cohort = load_cohort(table(tmp_path, rows))

    assert {each.label for each in cohort.slices if each.subject == "q"} == {1}


# Folds.


@pytest.mark.parametrize("folds", [2, 3, 5])
def test_every_class_is_spread_evenly_over_the_folds(
    tmp_path: Path, folds: int
) -> None:
    kinds = [NO] * 13 + [MILD] * 11 + ["VeryMildDemented"] * 3
    rows = [row(f"p{index:02}", kind) for index, kind in enumerate(kinds)]
    cohort = load_cohort(table(tmp_path, rows), Reading(folds=folds))

    counts = classes_by_fold(cohort)
    assert cohort.fold_numbers == tuple(range(folds))
    for label in range(3):
        of_class = [counts[fold][label] for fold in counts]
        assert max(of_class) - min(of_class) <= 1
    sizes = [each.total() for each in counts.values()]
    assert max(sizes) - min(sizes) <= 1


def test_folds_are_dealt_the_same_way_each_time_and_by_the_seed(
    tmp_path: Path,
) -> None:
    source = table(tmp_path, people(40))

    assert load_cohort(source).folds == load_cohort(source).folds
    assert load_cohort(source).folds != load_cohort(source, Reading(seed=1)).folds


def test_the_order_of_rows_does_not_change_the_folds(tmp_path: Path) -> None:
    rows = people(40)
    cohort = load_cohort(table(tmp_path, rows))
    turned = load_cohort(table(tmp_path, rows[::-1]))

    assert cohort == turned


def test_all_slices_of_a_person_are_dealt_to_one_fold(tmp_path: Path) -> None:
    rows = [
        {**each, "file": f"{number}-{each['file']}"}
        for each in people(20)
        for number in range(3)
    ]
    cohort = load_cohort(table(tmp_path, rows))

    for fold in cohort.fold_numbers:
        sides = split(cohort, fold)
        assert len(sides.validation) == 12
        assert len(set(cohort.subjects[sides.validation])) == 4


def test_folds_of_the_table_are_kept(tmp_path: Path) -> None:
    rows = [{**each, "fold": 7 - index % 2} for index, each in enumerate(people(6))]
    cohort = load_cohort(table(tmp_path, rows))

    assert cohort.folds["p00"] == 7
    assert cohort.fold_numbers == (6, 7)
    assert cohort.held_out is None


@pytest.mark.parametrize("word", ["test", "Validation", "val"])
def test_of_a_split_only_one_side_is_held_out(tmp_path: Path, word: str) -> None:
    rows = [
        {**each, "split": word if index > 3 else "train"}
        for index, each in enumerate(people(6))
    ]
    cohort = load_cohort(table(tmp_path, rows))

    assert cohort.held_out == (1,)
    held_out = cohort.subjects[split(cohort, 1).validation]
    assert set(held_out) == {"p04", "p05"}


# A folder per class.


def test_without_names_of_people_nothing_is_trained(tmp_path: Path) -> None:
    by_class = folders(tmp_path / "images", [NO, MILD], 12)
    nameless = table(tmp_path, without(people(24), "subject"))

    for source in (by_class, nameless):
        message = refusal(source)
        assert "column" in message
        assert "subject" in message
        assert "--slices-are-subjects" in message


def test_slices_are_people_if_that_is_said(tmp_path: Path) -> None:
    said = Reading(slices_are_subjects=True)
    by_class = load_cohort(folders(tmp_path / "images", [NO, MILD], 12), said)
    nameless = load_cohort(table(tmp_path, without(people(24), "subject")), said)

    for cohort in (by_class, nameless):
        assert len(cohort.folds) == len(cohort.slices) == 24
        assert cohort.fold_numbers == (0, 1, 2, 3, 4)


def test_folders_are_known_by_any_name_of_their_class(tmp_path: Path) -> None:
    names = ["No Impairment", "very_mild-demented", "site A/MILDDEMENTED/deep"]
    source = folders(tmp_path, names, 12)
    (tmp_path / "readme.txt").write_text("no image", encoding="utf-8")
    (tmp_path / ".hidden").write_bytes(b"no image")
    cohort = load_cohort(source, Reading(slices_are_subjects=True))

    assert Counter(cohort.labels.tolist()) == {0: 12, 1: 12, 2: 12}
    assert any("Moderate Impairment" in each for each in cohort.notes)


@pytest.mark.parametrize(
    ("names", "phrase"),
    [
        ([NO, MILD, "Healthy"], "Healthy"),
        ([], "NonDemented, VeryMildDemented, MildDemented, ModerateDemented"),
        ([NO], "none of VeryMildDemented, MildDemented, ModerateDemented"),
    ],
)
def test_folders_that_are_not_classes_are_named(
    tmp_path: Path, names: list[str], phrase: str
) -> None:
    source = folders(tmp_path, names, 12)

    assert phrase in refusal(source, Reading(slices_are_subjects=True))


def test_a_source_that_is_not_there_is_named(tmp_path: Path) -> None:
    assert "check --data" in refusal(tmp_path / "nowhere")


# Refusals.


@pytest.mark.parametrize(
    ("rows", "phrases"),
    [
        pytest.param(
            [*people(20), row("p00", MILD, "b.png"), row("p01", NO, "c.png")],
            ["2 people", "two classes", "p00, p01"],
            id="classes",
        ),
        pytest.param(
            [row(f"p{each}", NO) for each in range(20)],
            ["All slices are NonDemented", "none of VeryMildDemented"],
            id="one class",
        ),
        pytest.param([*people(20), row("q", "Demented?")], ["'Demented?'"], id="class"),
        pytest.param(people(18), ["9 impaired", "--number-of-folds"], id="few"),
        pytest.param([*people(20), people(1)[0]], ["named twice", "p00"], id="twice"),
        pytest.param(people(20, age="old"), ["age", "'old'", "p00"], id="age"),
        pytest.param(people(20, age="nan"), ["age", "'nan'"], id="no age"),
        pytest.param(people(20, nwbv="inf"), ["nwbv", "'inf'"], id="volume"),
        pytest.param(people(20, sex="X"), ["sex", "M or F"], id="sex"),
        pytest.param(people(20, split="both"), ["'both'", "train or test"], id="split"),
        pytest.param(people(20, fold="first"), ["fold", "'first'"], id="fold"),
        pytest.param(people(20, split="train"), ["one fold"], id="one side"),
        pytest.param(
            [*people(20, age=70), row("p00", NO, "b.png", age=71)],
            ["p00", "two values of age"],
            id="two ages",
        ),
        pytest.param([*people(20), row("", NO, "b.png")], ["'subject'"], id="nobody"),
    ],
)
def test_what_contradicts_itself_is_named(
    tmp_path: Path, rows: list[Row], phrases: list[str]
) -> None:
    message = refusal(table(tmp_path, rows))

    for phrase in phrases:
        assert phrase in message


@pytest.mark.parametrize("column", ["fold", "split"])
def test_people_on_two_sides_stop_everything(tmp_path: Path, column: str) -> None:
    sides = {"fold": ("0", "1"), "split": ("train", "test")}[column]
    rows = [{**each, column: sides[i % 2]} for i, each in enumerate(people(20))]
    torn = [
        row(f"p{each:02}", (NO, MILD)[each % 2], f"{each}.png")
        | {column: sides[(each + 1) % 2]}
        for each in range(5)
    ]

    with pytest.raises(LeakySplit, match=r"5 people .*: p00, p01, p02 and 2 more;"):
        load_cohort(table(tmp_path, [*rows, *torn]))


def test_folds_may_be_fewer_where_people_are_few(tmp_path: Path) -> None:
    source = table(tmp_path, people(12))

    assert "fewer folds" in refusal(source, Reading(folds=4))
    assert load_cohort(source, Reading(folds=3)).fold_numbers == (0, 1, 2)


def test_files_that_are_not_there_are_named(tmp_path: Path) -> None:
    source = table(tmp_path, people(20))
    for name in ("p03", "p05", "p07", "p09"):
        (tmp_path / f"{name}.png").unlink()

    message = refusal(source)
    assert message.startswith("4 of 20 files")
    assert "p03.png, p05.png, p07.png and 1 more" in message
    assert str(tmp_path) not in message


def test_empty_files_are_named(tmp_path: Path) -> None:
    source = table(tmp_path, people(20))
    (tmp_path / "p03.png").write_bytes(b"")

    assert "1 of 20 files are empty" in refusal(source)
    assert "p03.png" in refusal(source)


@pytest.mark.parametrize(
    ("content", "phrase"),
    [
        ("", "no rows"),
        ("file,class,subject\n", "no rows"),
        ("file;class;subject\na.png;NonDemented;p\n", "separated by commas"),
        ("image,class,subject\na.png,NonDemented,p\n", "no 'file'"),
    ],
)
def test_tables_that_hold_no_slices_are_refused(
    tmp_path: Path, content: str, phrase: str
) -> None:
    (tmp_path / "scans.csv").write_text(content, encoding="utf-8")

    assert phrase in refusal(tmp_path / "scans.csv")


# A study's own tables.


def test_a_studys_tables_tell_more_of_people(tmp_path: Path) -> None:
    folder = draw_cohort(tmp_path, people=6, slices=1)
    write_table(
        folder / "subjects.csv",
        [{"subject": "person-00", "age": 70, "sex": "M", "nwbv": 0.8, "mmse": 29}],
    )
    cohort = load_cohort(folder)

    assert {name: dict(each) for name, each in cohort.measures.items()} == {
        "age": {"person-00": 70.0},
        "sex": {"person-00": 1.0},
        "nwbv": {"person-00": 0.8},
    }


def test_classes_that_nobody_has_are_told(tmp_path: Path) -> None:
    cohort = load_cohort(draw_cohort(tmp_path, people=6, slices=1))

    assert len(cohort.notes) == 1
    assert CLASSES[2].name in cohort.notes[0]
    assert CLASSES[3].name in cohort.notes[0]
