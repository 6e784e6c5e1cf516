"""Tables of answers that are kept beside a study's predictions."""

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from alzer.errors import InvalidRequest

Result = TypeVar("Result")


def write_rows(columns: Sequence[str], rows: Iterable[Mapping[str, object]]) -> bytes:
    """Return rows as CSV, the columns' names first."""
    lines = io.StringIO()
    writer = csv.DictWriter(lines, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return lines.getvalue().encode()


def read_rows(
    table: Path, from_row: Callable[[Mapping[str, str]], Result], content: str
) -> list[Result]:
    """Read what `write_rows` gave.

    Args:
        table: The file.
        from_row: Makes a result of a row.
        content: What is in the table, in words.

    Returns:
        The results.

    Raises:
        InvalidRequest: If it can't be read.
    """
    try:
        with table.open(newline="", encoding="utf-8") as lines:
            return [from_row(row) for row in csv.DictReader(lines)]
    except (OSError, csv.Error, KeyError, TypeError, ValueError) as error:
        message = f"'{table.name}' can't be read as a table of {content}."
        raise InvalidRequest(message) from error
