"""One record per input, and the four ways to write records."""

import csv
import io
import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any, Final, Protocol

from alzer.analysis import Analysis
from alzer.classes import CLASS_NAMES
from alzer.cli.escaping import csv_path, csv_text, printable
from alzer.cli.inputs import Failure
from alzer.headline import NO_RELIABLE_ANSWER

_NOTE: Final = "Research and education software; not a medical device."
_UNCALIBRATED: Final = "Confidence is not calibrated."
_WITHHELD: Final = (
    "What the model computed all the same is in the other formats; don't rely on it."
)

# What all names of classes end with; a table says it once.
_COMMON_END: Final = " Impairment"
_WIDEST_HEADLINE: Final = len("No / Very Mild / Mild Impairment")
_WIDEST_SHARE: Final = len("Very Mild Impairment 45.6%")

Record = Mapping[str, Any]


# Of `map_quality`, what has columns in CSV.
_MAP_COLUMNS: Final = ("verdict", "inside", "rim", "outside")


class Format(StrEnum):
    """How records are written."""

    json = "json"
    jsonl = "jsonl"
    csv = "csv"
    table = "table"
    parquet = "parquet"  # of a cluster alone


def describe(
    name: str, analysis: Analysis, heatmap: str | None, reason: str | None
) -> Record:
    """Write down what was found in one input.

    Args:
        name: The input.
        analysis: What was found.
        heatmap: Path of the heatmap.
        reason: Why there is none.

    Returns:
        The record, as plain values; `volume_records` adds to that of a whole head.
    """
    return {
        "input": name,
        "prediction": analysis.prediction,
        "reliable": analysis.reliable,
        "unreliable_reason": analysis.unreliable_reason,
        "headline": analysis.headline.text,
        "confidence": round(analysis.confidence, 6),
        "class_probabilities": {
            each: round(share, 6)
            for each, share in analysis.class_probabilities.items()
        },
        "heatmap": heatmap,
        "heatmap_missing_reason": reason,
        "possible_classes": None
        if analysis.possible_classes is None
        else list(analysis.possible_classes),
        "calibrated": analysis.calibrated,
        "second_opinion": None
        if analysis.second_opinion is None
        else asdict(analysis.second_opinion),
        "map_quality": None
        if analysis.map_quality is None
        else analysis.map_quality.fields,
        "warnings": list(analysis.warnings),
        "model": asdict(analysis.model),
        "kind": analysis.kind,
    }


def describe_failure(name: str, failure: Failure) -> Record:
    """Write down why there is no answer for one input.

    Args:
        name: The input.
        failure: Why.

    Returns:
        The record, as plain values; `error` marks it.
    """
    return {
        "input": name,
        "prediction": None,
        "reliable": None,
        "unreliable_reason": None,
        "headline": None,
        "confidence": None,
        "class_probabilities": None,
        "heatmap": None,
        "possible_classes": None,
        "warnings": [],
        "error": asdict(failure),
        "kind": None,
    }


class Layout(Protocol):
    """Turns records into text, one at a time."""

    def head(self) -> str:
        """Return what comes before the first record."""

    def row(self, record: Record) -> str:
        """Return one record."""

    def tail(self) -> str:
        """Return what comes after the last record."""


class _JsonLines:
    """One JSON object per line."""

    def head(self) -> str:
        return ""

    def row(self, record: Record) -> str:
        # ASCII alone: file names of any encoding survive.
        return json.dumps(record, allow_nan=False) + "\n"

    def tail(self) -> str:
        return ""


@dataclass
class _JsonArray:
    """One JSON array, an object per line."""

    _separator: str = ""

    def head(self) -> str:
        return "[\n"

    def row(self, record: Record) -> str:
        text = self._separator + json.dumps(record, allow_nan=False)
        self._separator = ",\n"
        return text

    def tail(self) -> str:
        return "\n]\n"


class _Csv:
    """Comma-separated values with a column per class."""

    def head(self) -> str:
        columns = ["input", "prediction", "reliable", "unreliable_reason"]
        return _csv_line(
            [
                *columns,
                "confidence",
                *CLASS_NAMES,
                "heatmap",
                "possible_classes",
                "warnings",
                "error_code",
                "error",
                "kind",
                "preparation",
                "brain_ml",
                "evidence",
                "participant",
                "session",
                "csf_percent",
                "csf_impairment_probability",
                "csf_agrees",
                *(f"map_{name}" for name in _MAP_COLUMNS),
            ]
        )

    def row(self, record: Record) -> str:
        shares = record["class_probabilities"] or {}
        error = record.get("error") or {}
        preparation = record.get("preparation") or {}
        opinion = record.get("second_opinion") or {}
        quality = record.get("map_quality") or {}
        return _csv_line(
            [
                csv_path(record["input"]),
                record["prediction"],
                record["reliable"],
                csv_text(record["unreliable_reason"] or ""),
                record["confidence"],
                *(shares.get(name) for name in CLASS_NAMES),
                csv_path(record["heatmap"] or ""),
                "; ".join(record["possible_classes"] or ()),
                csv_text(" ".join(record["warnings"])),
                error.get("code"),
                csv_text(error.get("message", "")),
                record.get("kind"),
                preparation.get("quality"),
                preparation.get("brain_ml"),
                csv_path(record.get("evidence_nifti") or ""),
                record.get("participant"),
                record.get("session"),
                opinion.get("csf_percent"),
                opinion.get("impairment_probability"),
                opinion.get("agrees"),
                *(quality.get(name) for name in _MAP_COLUMNS),
            ]
        )

    def tail(self) -> str:
        return ""


@dataclass
class _Table:
    """Aligned columns for people; warnings are gathered below."""

    _warnings: Counter[str] = field(default_factory=Counter)
    _calibrated: bool = True
    _unreliable: int = 0
    _opinions: Counter[bool | None] = field(default_factory=Counter)
    _maps: Counter[str] = field(default_factory=Counter)

    def head(self) -> str:
        return self._line("prediction", "confidence", "input")

    def row(self, record: Record) -> str:
        name = printable(record["input"])
        if "error" in record:
            message = printable(record["error"]["message"])
            return self._line("not analysed", "", f"{name}: {message}")
        self._calibrated &= record["calibrated"]
        reason = record["unreliable_reason"]
        self._warnings.update(text for text in record["warnings"] if text != reason)
        if reason is not None:
            # Without class and share, which would be believed.
            self._unreliable += 1
            return self._line(record["headline"], "", f"{name}: {printable(reason)}")
        if (opinion := record["second_opinion"]) is not None:
            self._opinions[opinion["agrees"]] += 1
        if (quality := record["map_quality"]) is not None:
            self._maps[quality["verdict"]] += 1
        headline = _shorten(record["headline"])
        share = f"{record['prediction']} {record['confidence']:.1%}"
        return self._line(headline, share, name)

    def tail(self) -> str:
        notes = [
            f"{count} x {printable(warning)}"
            for warning, count in self._warnings.most_common()
        ]
        if self._unreliable:
            notes.append(f"{self._unreliable} x {NO_RELIABLE_ANSWER}. {_WITHHELD}")
        notes += _count_opinions(self._opinions)
        notes += _count_maps(self._maps)
        notes.append(note(calibrated=self._calibrated))
        return "\n" + "".join(f"{text}\n" for text in notes)

    @staticmethod
    def _line(headline: str, share: str, rest: str) -> str:
        return f"{headline:<{_WIDEST_HEADLINE}}  {share:>{_WIDEST_SHARE}}  {rest}\n"


LAYOUTS: Final[Mapping[Format, Callable[[], Layout]]] = {
    Format.json: _JsonArray,
    Format.jsonl: _JsonLines,
    Format.csv: _Csv,
    Format.table: _Table,
}


def continued(chosen: Format) -> Layout:
    """Return a layout whose next record follows others.

    Args:
        chosen: How records are written.

    Returns:
        The layout; its head stands in front of the others already.
    """
    return _JsonArray(",\n") if chosen is Format.json else LAYOUTS[chosen]()


def note(*, calibrated: bool) -> str:
    """Return what must stand below every result."""
    return _NOTE if calibrated else f"{_NOTE} {_UNCALIBRATED}"


def _count_opinions(counts: Counter[bool | None]) -> list[str]:
    """Return how often the second opinion agrees, in a sentence if there is any."""
    if not counts:
        return []
    text = (
        f"Second opinion, a simple measure of dark fluid (CSF): agrees {counts[True]} "
        f"x, disagrees {counts[False]} x, can't be compared {counts[None]} x."
    )
    return [text]


def _count_maps(counts: Counter[str]) -> list[str]:
    """Return where the maps lie, in a sentence if there are any."""
    if not counts:
        return []
    told = ", ".join(f"{count} x {verdict}" for verdict, count in counts.most_common())
    return [f"What spoke for the predicted class lies: {told}."]


def _shorten(text: str) -> str:
    """Return the names of classes as a narrow column holds them."""
    for joint in (",", " or"):
        text = text.replace(f"{_COMMON_END}{joint} ", " / ")
    return text


def _csv_line(values: list[Any]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(values)
    return line.getvalue()
