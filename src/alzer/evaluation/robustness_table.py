"""Answers for altered slices, as the file that is kept beside the predictions."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from alzer.evaluation.answer_cells import COLUMNS, answer_cells, answer_of
from alzer.evaluation.answer_tables import read_rows, write_rows
from alzer.evaluation.robustness import AlteredResult

ROBUSTNESS = "robustness.csv"

_COLUMNS = (
    *("subject", "slice", "network", "alteration"),
    *COLUMNS,
)


def write_altered(results: Sequence[AlteredResult]) -> bytes:
    """Write results as a table from which the figures can be made anew.

    Args:
        results: Of `alter_and_ask`.

    Returns:
        CSV: whose slice, the network, the alteration, a column of logits per class,
        OOD score and limit, CSF fraction, and what spoke against the answer.
    """
    return write_rows(_COLUMNS, map(_as_row, results))


def read_altered(table: Path) -> list[AlteredResult]:
    """Read what `write_altered` wrote.

    Args:
        table: The file.

    Returns:
        The results.

    Raises:
        InvalidRequest: If it can't be read.
    """
    return read_rows(table, _from_row, "altered slices")


def _as_row(result: AlteredResult) -> dict[str, object]:
    return {
        "subject": result.subject,
        "slice": result.position,
        "network": result.network,
        "alteration": result.alteration,
        **answer_cells(result.answer, result.problem),
    }


def _from_row(row: Mapping[str, str]) -> AlteredResult:
    return AlteredResult(
        row["subject"],
        int(row["slice"]),
        row["network"],
        row["alteration"],
        answer_of(row),
        row["problem"],
    )
