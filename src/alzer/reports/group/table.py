"""All scans as one table, and what its columns mean: one list of columns for both.

Source: BIDS 1.9.0, common principles, tabular files: `n/a` stands for what is missing,
and a JSON file of the same name describes the columns.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from alzer.classes import CLASSES
from alzer.reports.group.rows import ScanRow

_MISSING: Final = "n/a"
_CAN_NOT_TELL: Final = "The model can't tell."


@dataclass(frozen=True)
class Column:
    """One column.

    Attributes:
        name: Its heading.
        description: What it holds, in a sentence or two.
        value: Gives a scan's cell; None for what is missing.
        units: Of numbers; or empty.
        levels: What each value means, where there are few.
    """

    name: str
    description: str
    value: Callable[[ScanRow], object]
    units: str = ""
    levels: Mapping[str, str] = field(default_factory=dict)

    @property
    def facts(self) -> Mapping[str, object]:
        """The column as data dictionaries describe it."""
        facts: dict[str, object] = {"Description": self.description}
        if self.units:
            facts["Units"] = self.units
        if self.levels:
            facts["Levels"] = dict(self.levels)
        return facts


def columns_of(rows: Sequence[ScanRow]) -> tuple[Column, ...]:
    """Return the columns of a table.

    Args:
        rows: Its scans; where structures were measured, each has a column.

    Returns:
        The columns, in their order.
    """
    names = sorted({name for row in rows for name in row.structures})
    return (
        *_WHOSE,
        *(_share_column(index) for index in range(len(CLASSES))),
        *_HOW_FAR,
        *_MEASURED,
        *map(_structure_column, names),
        *_BY_WHAT,
    )


def write_table(rows: Sequence[ScanRow]) -> str:
    """Write all scans as tab-separated values.

    Args:
        rows: One for each scan.

    Returns:
        The table, with its heading.
    """
    columns = columns_of(rows)
    lines = [
        "\t".join(column.name for column in columns),
        *("\t".join(_cell(column.value(row)) for column in columns) for row in rows),
    ]
    return "\n".join(lines) + "\n"


def write_dictionary(rows: Sequence[ScanRow]) -> str:
    """Write what the columns of the table mean, as JSON.

    Args:
        rows: As for the table.

    Returns:
        The data dictionary.
    """
    facts = {column.name: column.facts for column in columns_of(rows)}
    return json.dumps(facts, indent=2) + "\n"


def _cell(value: object) -> str:
    if value is None or value == "":
        return _MISSING
    if isinstance(value, bool):
        return "true" if value else "false"
    return " ".join(str(value).split())  # neither tabs nor line breaks


def _share_column(index: int) -> Column:
    one = CLASSES[index]
    return Column(
        "p_" + one.name.lower().replace(" ", "_"),
        f"Probability of '{one.name}' (people rated as {one.rated}, CDR {one.cdr:g}), "
        "0 to 1. Don't use it where `reliable` is false.",
        lambda row: row.shares.get(one.name),
    )


def _structure_column(name: str) -> Column:
    words = name.replace("_", " ")
    return Column(
        "ml_" + "_".join(name.lower().replace("-", " ").split()),
        f"Volume of the structure '{words}', as measured on this scan alone.",
        lambda row: row.structures.get(name, {}).get("ml"),
        units="mL",
    )


def _of(part: str, name: str, row: ScanRow) -> object:
    values: Mapping[str, object] = getattr(row, part)
    return values.get(name)


def _sentences(texts: object) -> str:
    return " ".join(map(str, texts)) if isinstance(texts, Sequence) else ""


_TRUTH: Final = {"true": "Yes.", "false": "No.", _MISSING: _CAN_NOT_TELL}

_WHOSE: Final = (
    Column("participant_id", "Participant.", lambda row: row.participant),
    Column("session_id", "Session.", lambda row: row.session),
    Column(
        "source", "Image, below the folder of its data set.", lambda row: row.source
    ),
    Column(
        "headline",
        "What to show people: the classes that can't be ruled out, or that there is no "
        "reliable answer.",
        lambda row: row.headline if row.is_answered else None,
    ),
    Column(
        "prediction",
        "The most probable class. Don't use it alone, nor where `reliable` is false.",
        lambda row: row.prediction,
        levels={
            one.name: f"People rated as {one.rated} (CDR {one.cdr:g})."
            for one in CLASSES
        },
    ),
    Column(
        "prediction_set",
        "The classes that can't be ruled out, with semicolons between them.",
        lambda row: "; ".join(row.record.get("possible_classes") or ()),
    ),
)
_HOW_FAR: Final = (
    Column(
        "calibrated",
        "Whether the probabilities were calibrated on people held out.",
        lambda row: row.record.get("calibrated"),
        levels=_TRUTH,
    ),
    Column(
        "reliable",
        "Whether the answer can be relied on, as far as is checked.",
        lambda row: row.record.get("reliable"),
        levels=_TRUTH,
    ),
    Column(
        "unreliable_reason",
        "Why it can't be relied on, and what to do.",
        lambda row: row.record.get("unreliable_reason"),
    ),
    Column(
        "error_code",
        "Why there is no answer at all, for programs.",
        partial(_of, "error", "code"),
    ),
    Column("error", "The same for people.", partial(_of, "error", "message")),
    Column(
        "warnings",
        "What a reader of the answer must know.",
        lambda row: _sentences(row.record.get("warnings") or ()),
    ),
    Column(
        "preparation",
        "Whether the head was prepared well enough for an answer.",
        partial(_of, "preparation", "quality"),
        levels={
            "good": "Nothing speaks against it.",
            "check": "Look at the scan first; `preparation_reasons` says why.",
            "failed": "No answer is given.",
        },
    ),
    Column(
        "preparation_reasons",
        "Why the preparation is not good.",
        lambda row: _sentences(row.preparation.get("reasons") or ()),
    ),
    Column(
        "registration_similarity",
        "Correlation of the brain with the template, -1 to 1.",
        partial(_of, "preparation", "registration_similarity"),
    ),
    Column(
        "map_verdict",
        "Where the evidence for the most probable class lies.",
        partial(_of, "map_quality", "verdict"),
    ),
)
_MEASURED: Final = (
    Column(
        "brain_ml",
        "Volume of the brain with its fluid.",
        partial(_of, "preparation", "brain_ml"),
        units="mL",
    ),
    Column(
        "csf_percent",
        "Share of dark fluid (CSF) inside the brain in the standard slices: the simple "
        "measure of the second opinion.",
        partial(_of, "opinion", "csf_percent"),
        units="percent",
    ),
    Column(
        "csf_impairment_probability",
        "Probability of any impairment by that measure alone, 0 to 1.",
        partial(_of, "opinion", "impairment_probability"),
    ),
    Column(
        "csf_agrees",
        "Whether that measure and the model lie on the same side.",
        partial(_of, "opinion", "agrees"),
        levels={**_TRUTH, _MISSING: "One of them can't tell."},
    ),
)
_BY_WHAT: Final = (
    Column("model", "The model that answered.", partial(_of, "model", "name")),
    Column("model_version", "Its version.", partial(_of, "model", "version")),
    Column("model_sha256", "Its SHA-256.", partial(_of, "model", "sha256")),
    Column("alzer_version", "The version of alzer.", lambda row: row.software),
)
