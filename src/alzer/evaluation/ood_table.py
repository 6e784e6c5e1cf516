"""What became of images of other kinds, as the file kept beside the predictions."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from alzer.evaluation.answer_cells import known, number
from alzer.evaluation.answer_tables import read_rows, write_rows
from alzer.evaluation.ood import KindResult

OOD = "ood.csv"

_COLUMNS = (
    *("kind", "subject", "network", "refusal", "doubt"),
    *("ood_score", "ood_limit"),
)


def write_kinds(results: Sequence[KindResult]) -> bytes:
    """Write results as a table from which the figures can be made anew.

    Args:
        results: Of `judge_kinds`.

    Returns:
        CSV: kind, whose image, the network, why it was refused or doubted, OOD score
        and limit.
    """
    return write_rows(_COLUMNS, map(_as_row, results))


def read_kinds(table: Path) -> list[KindResult]:
    """Read what `write_kinds` wrote.

    Args:
        table: The file.

    Returns:
        The results.

    Raises:
        InvalidRequest: If it can't be read.
    """
    return read_rows(table, _from_row, "images by kind")


def _as_row(result: KindResult) -> dict[str, object]:
    return {
        "kind": result.kind,
        "subject": result.subject,
        "network": result.network,
        "refusal": result.refusal,
        "doubt": result.doubt,
        "ood_score": number(result.ood_score),
        "ood_limit": number(result.ood_limit),
    }


def _from_row(row: Mapping[str, str]) -> KindResult:
    return KindResult(
        row["kind"],
        row["subject"],
        row["network"],
        row["refusal"],
        row["doubt"],
        known(row["ood_score"]),
        known(row["ood_limit"]),
    )
