"""Labelled slices, the people behind them, and folds that keep people apart.

A cohort is a folder with images and three tables: `slices.csv` (file, class,
subject, slice), `folds.csv` (subject, class, fold) and, if ages are known,
`subjects.csv` (subject, age).
"""

import csv
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from alzer.classes import CLASSES
from alzer.errors import InvalidCohort, LeakySplit, UnusableScan
from alzer.model.preparation import InputSpec, prepare
from alzer.scans.brain import examine
from alzer.scans.formats import read_scan


@dataclass(frozen=True)
class LabelledSlice:
    """One image of one person.

    Attributes:
        path: The file.
        subject: The person's pseudonym.
        label: Index into CLASSES.
        position: Slice number within the person.
    """

    path: Path
    subject: str
    label: int
    position: int


@dataclass(frozen=True)
class Cohort:
    """Everyone, their slices and their folds.

    Attributes:
        slices: Every slice, ordered by subject and position.
        folds: Fold of each subject.
        ages: Age in years of each subject; absent where it is not known.
        source: The study that the people come from, where the tables tell:
            "OASIS-1" when subjects.csv has its identifiers.
    """

    slices: tuple[LabelledSlice, ...]
    folds: dict[str, int]
    ages: dict[str, float]
    source: str | None = None

    @property
    def fold_numbers(self) -> tuple[int, ...]:
        """The folds, ascending."""
        return tuple(sorted(set(self.folds.values())))

    @property
    def subjects(self) -> NDArray[np.str_]:
        """Subject of each slice, shape (slice,)."""
        return np.array([each.subject for each in self.slices])

    @property
    def labels(self) -> NDArray[np.int64]:
        """Class index of each slice, shape (slice,)."""
        return np.array([each.label for each in self.slices], np.int64)


@dataclass(frozen=True)
class Split:
    """Indices into a cohort's slices; no person is on both sides.

    Attributes:
        training: shape (slice,).
        validation: shape (slice,); empty when everyone is trained on.
    """

    training: NDArray[np.intp]
    validation: NDArray[np.intp]


def load_cohort(folder: Path) -> Cohort:
    """Read the tables of a cohort and check them against each other.

    Args:
        folder: Holds slices.csv, folds.csv and, optionally, subjects.csv.

    Returns:
        The cohort; no image has been opened yet.

    Raises:
        InvalidCohort: If a table is missing or the tables contradict each other.
        LeakySplit: If a person is in two folds.
    """
    slices = tuple(
        sorted(
            (_labelled(folder, row) for row in _rows(folder / "slices.csv")),
            key=lambda each: (each.subject, each.position, each.path.name),
        )
    )
    folds = _folds(_rows(folder / "folds.csv"))
    _check(slices, folds)
    people = folder / "subjects.csv"
    rows = _rows(people) if people.exists() else []
    source = "OASIS-1" if rows and "oasis1_id" in rows[0] else None
    # A fold without slices could be neither trained nor tested on.
    present = {each.subject: folds[each.subject] for each in slices}
    return Cohort(slices, present, _ages(rows), source)


def split(cohort: Cohort, fold: int | None) -> Split:
    """Hold one fold out.

    Args:
        cohort: Everyone.
        fold: The fold to validate on; None trains on everyone.

    Returns:
        The two sides.

    Raises:
        InvalidCohort: If there is no such fold.
    """
    of_slice = np.array([cohort.folds[each.subject] for each in cohort.slices])
    if fold is not None and fold not in cohort.fold_numbers:
        message = f"There is no fold {fold}; the folds are {cohort.fold_numbers}."
        raise InvalidCohort(message)
    held_out = np.zeros(len(of_slice), bool) if fold is None else of_slice == fold
    result = Split(np.flatnonzero(~held_out), np.flatnonzero(held_out))
    require_disjoint(cohort.subjects[result.training], cohort.subjects[held_out])
    return result


def require_disjoint(training: Iterable[str], validation: Iterable[str]) -> None:
    """Stop when a person is on both sides of a split.

    Args:
        training: Subjects trained on.
        validation: Subjects held out.

    Raises:
        LeakySplit: If the two share a subject.
    """
    shared = set(training) & set(validation)
    if shared:
        message = (
            f"{len(shared)} people are in both training and validation, such as "
            f"{min(shared)}; put all slices of a person on one side."
        )
        raise LeakySplit(message)


def prepare_slices(
    slices: Sequence[LabelledSlice],
    spec: InputSpec,
    advance: Callable[[int], None] = lambda _: None,
) -> NDArray[np.float16]:
    """Read and prepare slices exactly as the service does.

    Args:
        slices: What to read.
        spec: What the network expects.
        advance: Called with 1 after every slice.

    Returns:
        shape (slice, row, column), standardised.

    Raises:
        InvalidCohort: If slices can't be used; the message lists the first ones.
    """
    prepared = np.empty((len(slices), spec.height, spec.width), np.float16)
    failures = []
    for index, each in enumerate(slices):
        try:
            scan = read_scan(each.path.read_bytes())
            prepared[index] = prepare(scan, examine(scan).box, spec).pixels[0]
        except (UnusableScan, OSError) as error:
            failures.append(f"{each.path.name} ({error})")
        advance(1)
    if failures:
        message = (
            f"{len(failures)} of {len(slices)} slices can't be used; repair or remove "
            "them first: " + "; ".join(failures[:10])
        )
        raise InvalidCohort(message)
    return prepared


def _rows(table: Path) -> list[dict[str, str]]:
    try:
        # With or without the mark that spreadsheets put before the first column.
        with table.open(newline="", encoding="utf-8-sig") as lines:
            rows = list(csv.DictReader(lines, restval=""))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        message = (
            f"The cohort has no readable {table.name}. Training needs to know which "
            "person each slice comes from: without that, no accuracy is honest."
        )
        raise InvalidCohort(message) from error
    if not rows:
        message = f"{table.name} has no rows."
        raise InvalidCohort(message)
    return rows


def _labelled(folder: Path, row: dict[str, str]) -> LabelledSlice:
    names = {each.folder: index for index, each in enumerate(CLASSES)}
    names |= {each.name: index for index, each in enumerate(CLASSES)}
    try:
        return LabelledSlice(
            folder / row["file"],
            row["subject"],
            names[row["class"]],
            int(row["slice"]),
        )
    except (KeyError, ValueError) as error:
        message = (
            "slices.csv needs the columns file, class, subject and slice (a number), "
            f"with classes among {', '.join(names)}; a row breaks this: {error}."
        )
        raise InvalidCohort(message) from error


def _folds(rows: list[dict[str, str]]) -> dict[str, int]:
    folds: dict[str, int] = {}
    for row in rows:
        try:
            subject, fold = row["subject"], int(row["fold"])
        except (KeyError, ValueError) as error:
            message = f"folds.csv needs the columns subject and fold; got {error}."
            raise InvalidCohort(message) from error
        if folds.setdefault(subject, fold) != fold:
            message = (
                f"Subject {subject} is in folds {folds[subject]} and {fold}; "
                "a person belongs to exactly one."
            )
            raise LeakySplit(message)
    return folds


def _ages(rows: list[dict[str, str]]) -> dict[str, float]:
    ages = {}
    for row in rows:
        if row.get("subject") and row.get("age"):
            try:
                ages[row["subject"]] = float(row["age"])
            except ValueError as error:
                message = f"subjects.csv has an age that is no number: {error}."
                raise InvalidCohort(message) from error
    return ages


def _check(slices: Sequence[LabelledSlice], folds: dict[str, int]) -> None:
    labels: dict[str, int] = {}
    for each in slices:
        if labels.setdefault(each.subject, each.label) != each.label:
            message = f"Subject {each.subject} has slices of two classes."
            raise InvalidCohort(message)
        if each.subject not in folds:
            message = f"Subject {each.subject} has slices but no fold in folds.csv."
            raise InvalidCohort(message)
    files = {each.path for each in slices}
    if len(files) != len(slices):
        message = "slices.csv names a file twice."
        raise InvalidCohort(message)
    if len({folds[each] for each in labels}) < 2:
        message = "All slices are of one fold; validation needs at least two."
        raise InvalidCohort(message)
