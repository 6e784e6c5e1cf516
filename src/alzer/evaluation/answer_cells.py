"""A network's answer for one slice as cells of a table, and back."""

from collections.abc import Mapping

from alzer.classes import CLASS_NAMES
from alzer.evaluation.outside import DECIMALS, SliceAnswer

# Logits by class, and what is to be known of the answer.
COLUMNS = (*CLASS_NAMES, "ood_score", "ood_limit", "csf", "doubt", "problem")


def answer_cells(answer: SliceAnswer | None, problem: str) -> dict[str, str]:
    """Return cells for an answer, or for why there is none.

    Args:
        answer: What the network says; None if it could not be asked.
        problem: Why it could not; empty if it could.

    Returns:
        By COLUMNS; unknown numbers are empty or left out.
    """
    if answer is None:
        return {"problem": problem}
    logits = (number(value) for value in answer.logits)
    return {
        **dict(zip(CLASS_NAMES, logits, strict=True)),
        "ood_score": number(answer.ood_score),
        "ood_limit": number(answer.ood_limit),
        "csf": number(answer.csf),
        "doubt": answer.doubt,
    }


def answer_of(row: Mapping[str, str]) -> SliceAnswer | None:
    """Read what `answer_cells` wrote.

    Args:
        row: By COLUMNS.

    Returns:
        The answer; None if there was a problem.

    Raises:
        KeyError: If a column is missing.
        ValueError: If a number is none.
    """
    if row["problem"]:
        return None
    return SliceAnswer(
        tuple(float(row[name]) for name in CLASS_NAMES),
        known(row["ood_score"]),
        known(row["ood_limit"]),
        float(row["csf"]),
        row["doubt"],
    )


def number(value: float | None) -> str:
    """Return a cell for a number; empty if it is unknown."""
    return "" if value is None else f"{value:.{DECIMALS}f}"


def known(cell: str) -> float | None:
    """Return the number of a cell; None if it is empty."""
    return float(cell) if cell else None
