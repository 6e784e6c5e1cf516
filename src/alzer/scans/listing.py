"""How scans are listed that a person has to choose from."""

from collections.abc import Sequence
from typing import Final

_MOST_LISTED: Final = 20

CHOOSE: Final = "choose one by its number (`series`)"


def listed(found: Sequence[str]) -> str:
    """Write descriptions as a list in a sentence, numbered from 1 on."""
    lines = [f"{number}: {one}" for number, one in enumerate(found, 1)][:_MOST_LISTED]
    if len(found) > _MOST_LISTED:
        lines.append(f"and {len(found) - _MOST_LISTED} more")
    return f"There are: {'; '.join(lines)}."


def taken(index: int, found: Sequence[str]) -> str:
    """Tell which of several scans was taken."""
    return f"Of {len(found)} scans, number {index + 1} was taken: {found[index]}."
