"""Reading a cohort: a study's tables, one table of all, or a folder per class."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from alzer.classes import CLASSES
from alzer.errors import InvalidCohort
from alzer.training import head_files
from alzer.training.cohort import Cohort, LabelledSlice
from alzer.training.gathering import MEASURES, Gathered, checked, require_enough
from alzer.training.rows import (
    SEXES,
    Row,
    cell,
    finite,
    label_in,
    label_of,
    read_rows,
    side_of,
    some,
    whole_number,
)

# What lies beside images without being one.
NO_IMAGES = frozenset({".csv", ".tsv", ".txt", ".json", ".md", ".html", ".pdf"})

_NOBODY_KNOWN = (
    "Nobody can tell which person each slice comes from, and without that no accuracy "
    "is honest. Give a CSV file with the columns file, class and subject; only if "
    "every slice really is of another person, say --slices-are-subjects."
)


@dataclass(frozen=True)
class Reading:
    """How to read a cohort that does not say everything itself.

    Attributes:
        slices_are_subjects: Every slice is of another person; only to be said when
            it is true.
        folds: How many folds to deal people to, where the data have none.
        seed: Of the dealing.
    """

    slices_are_subjects: bool = False
    folds: int = 5
    seed: int = 2026


def load_cohort(source: Path, reading: Reading | None = None) -> Cohort:
    """Read a cohort and check that it does not contradict itself.

    Three forms are understood. A folder with `slices.csv` (file, class, subject,
    slice), `folds.csv` (subject, fold) and perhaps `subjects.csv` (subject, age,
    sex, nwbv). A CSV file with the columns file, class and subject, and perhaps
    slice, fold or split, age, sex and nwbv; files are named from its folder. It may
    have cdr in place of class, and may name whole heads in place of slices. A folder
    with one folder of images per class; nobody can tell then who is who.

    Args:
        source: The folder or the CSV file.
        reading: How to read what the data don't say.

    Returns:
        The cohort, ordered by subject and position; of the images only the first has
        been opened. Whole heads have to be prepared (`alzer.training.heads`).

    Raises:
        InvalidCohort: If it is missing, incomplete or contradicts itself, files
            are missing or empty, people are too few for the folds, or nobody can
            tell which person a slice is of.
        LeakySplit: If a person is in two folds.
    """
    reading = reading or Reading()
    if source.is_file():
        return _from_table(source, reading)
    if (source / "slices.csv").exists() or (source / "folds.csv").exists():
        return _from_study(source)
    return _from_folders(source, reading)


def _from_study(folder: Path) -> Cohort:
    gathered = Gathered()
    table = folder / "slices.csv"
    for row in read_rows(table):
        subject = cell(row, "subject", table)
        gathered.slices.append(_labelled(folder, row, subject, table))
    for row in read_rows(folder / "folds.csv"):
        subject = cell(row, "subject", folder / "folds.csv")
        fold = whole_number(row, "fold", folder / "folds.csv")
        gathered.folds.setdefault(subject, set()).add(fold)
    people = folder / "subjects.csv"
    rows = read_rows(people) if people.exists() else []
    for row in rows:
        _measure(gathered, row, row.get("subject", ""), people)
    source = "OASIS-1" if rows and "oasis1_id" in rows[0] else None
    return checked(gathered, source=source)


def _from_table(table: Path, reading: Reading) -> Cohort:
    rows = read_rows(table)
    _require_columns(rows[0], table)
    gathered = Gathered()
    named = "subject" in rows[0]
    if not named and not reading.slices_are_subjects:
        raise InvalidCohort(_NOBODY_KNOWN)
    are_heads = head_files.are_heads(
        table.parent / row["file"] for row in rows if row["file"]
    )
    if are_heads:
        rows = [{**row, **_means(row, rows)} for row in rows]
    for row in rows:
        subject = cell(row, "subject" if named else "file", table)
        gathered.slices.append(_labelled(table.parent, row, subject, table))
        _measure(gathered, row, subject, table)
        if "fold" in row:
            fold = whole_number(row, "fold", table)
            gathered.folds.setdefault(subject, set()).add(fold)
        elif "split" in row:
            fold = side_of(row["split"], table)
            gathered.folds.setdefault(subject, set()).add(fold)
    if not any(row.get("slice") for row in rows):
        gathered.slices = _numbered(gathered.slices)
    by_side = "split" in rows[0] and "fold" not in rows[0]
    return _dealt(gathered, reading, (1,) if by_side else None, are_heads=are_heads)


def _from_folders(folder: Path, reading: Reading) -> Cohort:
    if not folder.is_dir():
        message = f"There is no folder or CSV file '{folder}'; check --data."
        raise InvalidCohort(message)
    gathered, strays = Gathered(), []
    files = sorted(each for each in folder.rglob("*") if _may_be_image(each, folder))
    for path in files:
        inner = reversed(path.relative_to(folder).parts[:-1])
        label = next((each for each in map(label_of, inner) if each is not None), None)
        if label is None:
            strays.append(str(path.relative_to(folder)))
            continue
        name = str(path.relative_to(folder))
        gathered.slices.append(LabelledSlice(path, name, label, 0))
    if not gathered.slices or strays:
        found = f"; {some(strays)} lie in none" if strays else ""
        message = (
            f"'{folder.name}' has neither slices.csv nor all images in folders named "
            f"for their classes ({', '.join(each.folder for each in CLASSES)}){found}."
        )
        raise InvalidCohort(message)
    if not reading.slices_are_subjects:
        raise InvalidCohort(_NOBODY_KNOWN)
    return _dealt(gathered, reading)


def _numbered(slices: Sequence[LabelledSlice]) -> list[LabelledSlice]:
    """Number the slices of each person by the order of their files' names."""
    counts: Counter[str] = Counter()
    numbered = []
    for each in sorted(slices, key=lambda each: str(each.path)):
        numbered.append(replace(each, position=counts[each.subject]))
        counts[each.subject] += 1
    return numbered


def _may_be_image(path: Path, root: Path) -> bool:
    hidden = any(part.startswith(".") for part in path.relative_to(root).parts)
    return path.is_file() and not hidden and path.suffix.lower() not in NO_IMAGES


def _dealt(
    gathered: Gathered,
    reading: Reading,
    held_out: tuple[int, ...] | None = None,
    *,
    are_heads: bool = False,
) -> Cohort:
    """Deal people to folds, class by class, unless the tables already do."""
    if not gathered.folds:
        labels = {each.subject: each.label for each in gathered.slices}
        require_enough(list(labels.values()), reading.folds)
        generator = np.random.default_rng(reading.seed)
        order = sorted(labels, key=lambda each: (labels[each], each))
        shuffled = sorted(
            generator.permutation(len(order)), key=lambda each: labels[order[each]]
        )
        for place, index in enumerate(shuffled):
            gathered.folds[order[index]] = {place % reading.folds}
    return checked(gathered, held_out=held_out, are_heads=are_heads)


def _require_columns(row: Row, table: Path) -> None:
    stated = "cdr" if "cdr" in row else "class"
    absent = [each for each in ("file", stated) if each not in row]
    if absent:
        message = (
            f"{table.name} needs the columns file, class and subject, separated by "
            f"commas; it has no '{absent[0]}', only {some([*row])}."
        )
        raise InvalidCohort(message)


def _labelled(root: Path, row: Row, subject: str, table: Path) -> LabelledSlice:
    file, label = cell(row, "file", table), label_in(row, table)
    position = whole_number(row, "slice", table) if row.get("slice") else 0
    return LabelledSlice(root / file, subject, label, position)


def _means(row: Row, rows: Sequence[Row]) -> dict[str, str]:
    """Return what changes from visit to visit as its mean over a person's visits."""
    own = [each for each in rows if each.get("subject") == row.get("subject")]
    means = {}
    for name in ("age", "nwbv"):
        texts = [each[name] for each in own if each.get(name)]
        if not texts:
            continue
        try:
            means[name] = repr(float(np.mean([finite(text) for text in texts])))
        except ValueError:
            continue  # it is named when it is read
    return means if row.get("subject") else {}


def _measure(gathered: Gathered, row: Row, subject: str, table: Path) -> None:
    for name in MEASURES:
        text = row.get(name, "")
        if not (subject and text):
            continue
        try:
            value = SEXES[text.lower()] if name == "sex" else finite(text)
        except (KeyError, ValueError) as error:
            allowed = "M or F" if name == "sex" else "a number"
            message = f"{table.name}: {name} is '{text}' for {subject}, not {allowed}."
            raise InvalidCohort(message) from error
        if gathered.measures[name].setdefault(subject, value) != value:
            message = f"{table.name} gives {subject} two values of {name}."
            raise InvalidCohort(message)
