"""What a data set tells of its participants: age, sex, and how they were rated.

Source: BIDS 1.9.0, modality agnostic files, participants file.
"""

import csv
import io
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

# Columns by which groups are told apart, as data sets name them, and how a plot does.
_GROUPS: Final[Mapping[str, str]] = {
    "cdr": "CDR",
    "clinical_dementia_rating": "CDR",
    "cdr_global": "CDR",
    "diagnosis": "Diagnosis",
    "dx": "Diagnosis",
    "group": "Group",
    "sex": "Sex",
    "gender": "Sex",
}
_AGES: Final = ("age", "age_at_scan", "age_years")
_SEXES: Final[Mapping[str, str]] = {
    "f": "female",
    "female": "female",
    "m": "male",
    "male": "male",
    "o": "other",
    "other": "other",
}
_NOT_TOLD: Final = frozenset({"", "n/a", "na", "nan", "none"})


@dataclass(frozen=True)
class Participant:
    """Somebody of a data set.

    Attributes:
        age: In years; None if it is not told.
        groups: To which groups they belong, by what tells them apart: `Sex`, `CDR`,
            `Diagnosis`, `Group`.
    """

    age: float | None = None
    groups: Mapping[str, str] = field(default_factory=dict)


def read_participants(text: str) -> Mapping[str, Participant]:
    r"""Read the participants file of a data set.

    Args:
        text: Of the file; unknown columns are passed over.

    Returns:
        Participants by their identifier, such as `sub-01`.

    Examples:
        >>> read_participants("participant_id\tage\nsub-01\t71\n")["sub-01"].age
        71.0
    """
    rows = csv.DictReader(
        io.StringIO(text.removeprefix("\ufeff")), delimiter="\t", quoting=csv.QUOTE_NONE
    )
    told = [
        {
            str(name).strip().lower(): str(value or "").strip()
            for name, value in row.items()
        }
        for row in rows
    ]
    return {
        row["participant_id"]: Participant(_age(row), dict(_groups(row)))
        for row in told
        if row.get("participant_id")
    }


def sort_levels(levels: Sequence[str]) -> list[str]:
    """Return the names of groups in the order in which people expect them.

    Args:
        levels: Their names; of numbers, such as ratings, the least comes first.
    """
    numbers = {level: _number(level) for level in levels}
    return sorted(
        set(levels),
        key=lambda level: (numbers[level] is None, numbers[level] or 0.0, level),
    )


def _age(row: Mapping[str, str]) -> float | None:
    for name in _AGES:
        age = _number(row.get(name, "").removesuffix("+"))
        if age is not None and 0.0 < age < 130.0:
            return age
    return None


def _groups(row: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name, title in _GROUPS.items():
        value = row.get(name, "")
        if value.lower() in _NOT_TOLD:
            continue
        if title == "Sex":
            yield title, _SEXES.get(value.lower(), value)
        elif title == "CDR" and (rating := _number(value)) is not None:
            yield title, f"{rating:g}"
        else:
            yield title, value


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
