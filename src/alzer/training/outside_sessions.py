"""Reading the table of slices from outside that `alzer evaluate --outside` is given."""

from collections.abc import Mapping
from pathlib import Path

from alzer.classes import CLASSES
from alzer.errors import InvalidCohort
from alzer.evaluation.outside import Session
from alzer.evaluation.outside_table import MEASURES
from alzer.training.rows import Row, finite, label_of, read_rows, whole_number

# What columns may be called; the later names are those of public tables.
FILE = ("file", "axl")
PERSON = ("person", "oasis2_id", "subject")
SESSION = ("session", "mri_id")

_NEEDED = (
    "The table of --outside needs a column file (or axl), a column cdr or class, and "
    "may have person, session, subject, fold, visit, age and nwbv"
)


def read_sessions(table: Path) -> list[Session]:
    """Read sessions of people inside and outside the training data.

    Files are named from the table's folder, or from a folder there that is called
    like the column. `subject` is the person's name in the training data, empty for
    people who are not part of them; `person` joins the visits of one person.

    Args:
        table: A CSV file with the columns file (or axl), cdr or class, and maybe
            session, person (else the subject), subject, fold, visit, age and nwbv.

    Returns:
        One per row.

    Raises:
        InvalidCohort: If it can't be read, a column is missing, or a value is none.
    """
    rows = read_rows(table)
    absent = _absent(rows[0])
    if absent:
        message = f"{_NEEDED}; it has no {absent}."
        raise InvalidCohort(message)
    sessions = [_session(row, place, table) for place, row in enumerate(rows, start=1)]
    names = [session.name for session in sessions]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        message = f"{table.name} has two rows of session '{twice[0]}'."
        raise InvalidCohort(message)
    return sessions


def _absent(row: Row) -> str | None:
    if not set(FILE) & set(row):
        return "file"
    return None if {"cdr", "class"} & set(row) else "cdr or class"


def _session(row: Row, place: int, table: Path) -> Session:
    subject = row.get("subject") or None
    name = _first(row, SESSION) or f"row {place}"
    return Session(
        name=name,
        person=_first(row, PERSON) or name,
        label=_label(row, table),
        path=_path(row, table),
        subject=subject,
        fold=whole_number(row, "fold", table) if row.get("fold") else None,
        visit=row.get("visit", ""),
        measures=dict(_measures(row, table)),
    )


def _first(row: Row, names: tuple[str, ...]) -> str:
    return next((row[name] for name in names if row.get(name)), "")


def _path(row: Row, table: Path) -> Path | None:
    column = next((name for name in FILE if row.get(name)), None)
    if column is None:
        return None
    beside = table.parent / row[column]
    return beside if beside.exists() else table.parent / column / row[column]


def _label(row: Row, table: Path) -> int:
    """Return the class index of a CDR, 3 counting as the most severe, or of a name.

    Raises:
        InvalidCohort: If it is neither.
    """
    text = row.get("cdr") or row.get("class", "")
    label = label_of(text)
    if label is not None:
        return label
    degrees = {each.cdr: index for index, each in enumerate(CLASSES)} | {3.0: 3}
    try:
        return degrees[finite(text)]
    except (KeyError, ValueError) as error:
        message = (
            f"{table.name} has '{text}' as CDR or class; it is 0, 0.5, 1, 2 or 3, or "
            f"one of {', '.join(each.folder for each in CLASSES)}."
        )
        raise InvalidCohort(message) from error


def _measures(row: Row, table: Path) -> Mapping[str, float]:
    found = {}
    for name in MEASURES:
        if row.get(name):
            try:
                found[name] = finite(row[name])
            except ValueError as error:
                message = f"{table.name}: {name} is '{row[name]}', not a number."
                raise InvalidCohort(message) from error
    return found
