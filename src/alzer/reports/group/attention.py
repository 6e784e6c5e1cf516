"""Which scans a person should look at first, and why."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from alzer.reports.group.rows import ScanRow
from alzer.reports.report import Level

# Where one thing is wrong, many measures are odd: the first ones say most.
_MOST_REASONS: Final = 3

OUTSIDE: Final = "outside: do not rely on this"


@dataclass(frozen=True)
class Flag:
    """What speaks against an answer, or against there being one.

    Attributes:
        name: In a few words; the same for all scans that have it.
        level: How much it says.
        sentences: What was found on this scan.
    """

    name: str
    level: Level
    sentences: tuple[str, ...] = ()


def flags_of(row: ScanRow) -> tuple[Flag, ...]:
    """Return what speaks against the answer for a scan, the gravest first.

    Args:
        row: The scan.
    """
    if row.error:
        return (Flag("Not analysed", "bad", _why_not(row)),)
    flags = []
    if not row.is_shown:
        reason = str(row.record.get("unreliable_reason") or "")
        flags.append(Flag("No reliable answer", "bad", (reason,)))
    if row.preparation.get("quality") == "check":
        flags.append(Flag("Preparation to be checked", "doubt", _reasons(row)))
    if row.is_shown and row.map_quality.get("verdict") == OUTSIDE:
        told = str(row.map_quality.get("text", ""))
        flags.append(Flag("Evidence outside the brain", "doubt", (told,)))
    if row.is_shown and row.opinion.get("agrees") is False:
        told = str(row.opinion.get("text", ""))
        flags.append(Flag("Second opinion differs", "doubt", (told,)))
    return tuple(flags)


def _why_not(row: ScanRow) -> tuple[str, ...]:
    return _reasons(row) or (str(row.error.get("message", "")),)


def _reasons(row: ScanRow) -> tuple[str, ...]:
    """Return the gravest reasons why a head was not prepared well."""
    told = tuple(map(str, row.preparation.get("reasons") or ()))
    if len(told) <= _MOST_REASONS:
        return told
    more = f"The table has {len(told) - _MOST_REASONS} more reasons."
    return (*told[:_MOST_REASONS], more)


# From the gravest; also the order in which they are counted.
FLAG_NAMES: Final = (
    "Not analysed",
    "No reliable answer",
    "Preparation to be checked",
    "Evidence outside the brain",
    "Second opinion differs",
)


def worst_first(rows: Sequence[ScanRow]) -> list[ScanRow]:
    """Return the scans in the order in which they should be looked at.

    Args:
        rows: The scans.

    Returns:
        Those with the gravest flags first; among equals, those whose brain is least
        like the template.
    """

    def key(row: ScanRow) -> tuple[int, float, str]:
        ranks = [FLAG_NAMES.index(flag.name) for flag in flags_of(row)]
        return min(ranks, default=len(FLAG_NAMES)), row.similarity, row.name

    return sorted(rows, key=key)
