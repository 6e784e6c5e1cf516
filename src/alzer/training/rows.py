"""Rows of a cohort's tables, and what may stand in them."""

import csv
import math
from collections.abc import Mapping, Sequence
from pathlib import Path

from alzer.classes import CLASSES
from alzer.errors import InvalidCohort

SEXES = {"m": 1.0, "male": 1.0, "f": 0.0, "female": 0.0}

# The two sides of a `split` column, as folds.
SIDES = {
    **dict.fromkeys(("train", "training"), 0),
    **dict.fromkeys(("test", "testing", "val", "valid", "validation"), 1),
}

Row = Mapping[str, str]


def read_rows(table: Path) -> list[dict[str, str]]:
    """Read a table's rows.

    Args:
        table: A CSV file.

    Returns:
        By column, in lower case and without blanks around names and values.

    Raises:
        InvalidCohort: If it can't be read or has no rows.
    """
    try:
        # With or without the mark that spreadsheets put before the first column.
        with table.open(newline="", encoding="utf-8-sig") as lines:
            rows = [_clean(row) for row in csv.DictReader(lines, restval="")]
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


def _clean(row: Mapping[str | None, str | list[str]]) -> dict[str, str]:
    """Drop blanks around names and values, and what lies beyond the last column.

    A person must not become two for a blank after the name.
    """
    return {
        name.strip().lower(): value.strip()
        for name, value in row.items()
        if name is not None and isinstance(value, str)
    }


def cell(row: Row, column: str, table: Path) -> str:
    """Give a value that must be there.

    Args:
        row: Of the table.
        column: Which.
        table: Is named when it is missing.

    Returns:
        The value, not empty.

    Raises:
        InvalidCohort: If it is missing.
    """
    value = row.get(column)
    if not value:
        message = (
            f"{table.name} needs the columns file, class and subject (a table of folds "
            f"subject and fold), filled in every row; one has no '{column}'."
        )
        raise InvalidCohort(message)
    return value


def whole_number(row: Row, column: str, table: Path) -> int:
    """Give a value that must be a whole number.

    Args:
        row: Of the table.
        column: Which.
        table: Is named when it is none.

    Returns:
        The number.

    Raises:
        InvalidCohort: If it is missing or none.
    """
    try:
        return int(cell(row, column, table))
    except ValueError as error:
        message = (
            f"{table.name} needs the columns as described, with whole numbers as "
            f"'{column}'; a row breaks this: {error}."
        )
        raise InvalidCohort(message) from error


def side_of(word: str, table: Path) -> int:
    """Give the fold of a side's name.

    Args:
        word: Such as `train` or `test`.
        table: Is named when it is neither.

    Returns:
        0 for training, 1 for the side that is held out.

    Raises:
        InvalidCohort: If it is neither.
    """
    side = SIDES.get(word.lower())
    if side is None:
        message = (
            f"{table.name} has '{word}' as split; it is train or test (validation)."
        )
        raise InvalidCohort(message)
    return side


def label_in(row: Row, table: Path) -> int:
    """Give the class that a row states, by its name or by its CDR.

    Args:
        row: Of the table.
        table: Is named when the class is none.

    Returns:
        Index into CLASSES.

    Raises:
        InvalidCohort: If it states none, one that is none, or two.
    """
    labels: set[int | None] = set()
    if "class" in row or "cdr" not in row:
        labels.add(label_of(cell(row, "class", table)))
    if "cdr" in row:
        labels.add(_label_of_rating(cell(row, "cdr", table)))
    if len(labels) > 1 or None in labels:
        said = " with CDR ".join(row[name] for name in ("class", "cdr") if name in row)
        names = ", ".join(f"{each.folder} (CDR {each.cdr:g})" for each in CLASSES)
        message = (
            f"{table.name} names the class '{said}'; a row breaks this: classes are "
            f"{names}, or the names that alzer shows."
        )
        raise InvalidCohort(message)
    return next(label for label in labels if label is not None)


def _label_of_rating(text: str) -> int | None:
    """Give the class of a clinical dementia rating."""
    try:
        rating = finite(text)
    except ValueError:
        return None
    return {each.cdr: index for index, each in enumerate(CLASSES)}.get(rating)


def label_of(name: str) -> int | None:
    """Give the class of a name, however it is written."""
    plain = "".join(each for each in name.lower() if each.isalnum())
    known = {}
    for index, each in enumerate(CLASSES):
        known[each.folder.lower()] = index
        known["".join(each.name.lower().split())] = index
    return known.get(plain)


def finite(text: str) -> float:
    """Read a number that is one.

    Args:
        text: What stands in the table.

    Returns:
        The number.

    Raises:
        ValueError: If it is none, or infinite.
    """
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(text)
    return value


def some(names: Sequence[str]) -> str:
    """Name the first of many.

    Args:
        names: At least one.

    Returns:
        Up to three of them, and how many more there are.
    """
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(names[:3]) + more
