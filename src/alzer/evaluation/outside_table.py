"""Answers for slices from outside, as the file that is kept beside the predictions."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from alzer.evaluation.answer_cells import COLUMNS, answer_cells, answer_of
from alzer.evaluation.answer_tables import read_rows, write_rows
from alzer.evaluation.outside import Session, SessionResult

OUTSIDE = "outside.csv"

MEASURES = ("age", "nwbv")

_COLUMNS = (
    *("session", "person", "subject", "visit", "label", *MEASURES),
    *("network", *COLUMNS),
)


def write_results(results: Sequence[SessionResult]) -> bytes:
    """Write answers as a table from which the figures can be made anew.

    Args:
        results: Of `judge_sessions`.

    Returns:
        CSV: who, the class index and measures, the network, a column of logits per
        class, OOD score and limit, CSF fraction, and what spoke against the answer.
    """
    return write_rows(_COLUMNS, map(_as_row, results))


def read_results(table: Path) -> list[SessionResult]:
    """Read what `write_results` wrote.

    Args:
        table: The file.

    Returns:
        The results; no session has a path.

    Raises:
        InvalidRequest: If it can't be read.
    """
    return read_rows(table, _from_row, "outside answers")


def _as_row(result: SessionResult) -> dict[str, object]:
    session = result.session
    return {
        "session": session.name,
        "person": session.person,
        "subject": session.subject or "",
        "visit": session.visit,
        "label": session.label,
        **{name: session.measures.get(name, "") for name in MEASURES},
        "network": result.network,
        **answer_cells(result.answer, result.problem),
    }


def _from_row(row: Mapping[str, str]) -> SessionResult:
    session = Session(
        name=row["session"],
        person=row["person"],
        label=int(row["label"]),
        subject=row["subject"] or None,
        visit=row["visit"],
        measures={name: float(row[name]) for name in MEASURES if row[name]},
    )
    return SessionResult(session, row["network"], answer_of(row), row["problem"])
