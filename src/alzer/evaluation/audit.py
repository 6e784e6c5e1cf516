"""How often maps pass the check, over a whole data set, with intervals over people."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from alzer.classes import CLASS_NAMES
from alzer.errors import ConstantImage
from alzer.evaluation.answer_tables import write_rows
from alzer.evaluation.intervals import Interval, stratified_bootstrap
from alzer.evaluation.numbers import with_interval
from alzer.explain.areas import CONTROLS
from alzer.explain.faithfulness import Checker, Faithfulness
from alzer.explain.field import Floats
from alzer.explain.map_quality import MapQuality, judge_map
from alzer.model.evidence import SliceEvidence

PERCENTILES: Final = (1, 5, 25, 50, 75, 95, 99)


@dataclass(frozen=True)
class Audited:
    """What was found of one slice.

    Attributes:
        subject: Whose it is.
        position: Its number within the person.
        label: Class index of the person.
        network: Who was asked.
        predicted: Class index of the answer, whose map was checked.
        quality: Where the evidence lies; None if nothing speaks for the class.
        check: How the map did; None likewise.
        average_fall: Of the logit margin without the fifth of the head that the
            class's map marks on average over other people of the data set; None if
            it is not known.
    """

    subject: str
    position: int
    label: int
    network: str
    predicted: int
    quality: MapQuality | None
    check: Faithfulness | None
    average_fall: float | None = None

    @property
    def beats_average(self) -> bool:
        """Whether the marked area mattered more than the data set's average one."""
        return (
            self.check is not None
            and self.average_fall is not None
            and self.check.beats(self.average_fall)
        )


@dataclass(frozen=True)
class Candidate:
    """A slice to be audited.

    Attributes:
        subject: Whose it is.
        position: Its number within the person.
        label: Class index of the person.
        network: Who gave the evidence, and is asked.
        evidence: What it gave.
        cells: A map from elsewhere to be checked in place of the network's own, by
            class index, shape (class, row, column); None: its own.
    """

    subject: str
    position: int
    label: int
    network: str
    evidence: SliceEvidence
    cells: Floats | None = None


def audit_slice(
    one: Candidate, checkers: Mapping[str, Checker], average: Floats | None = None
) -> Audited:
    """Judge and check the map of one slice.

    Args:
        one: The slice.
        checkers: By the names of networks.
        average: The maps of its network on average over other people, shape (class,
            row, column).

    Returns:
        What was found.
    """
    predicted = int(one.evidence.logits.argmax())
    cells = None if one.cells is None else one.cells[predicted]
    check, fall, checker = None, None, checkers[one.network]
    if float(one.evidence.maps[predicted].max()) > 0.0:
        try:
            check = checker.check(one.evidence.pixels, predicted, cells)
            if average is not None:
                fall = checker.fall_without(
                    one.evidence.pixels, predicted, average[predicted]
                )
        except ConstantImage:
            check = None
    quality = judge_map([one.evidence], predicted)
    whose = one.subject, one.position, one.label, one.network
    return Audited(*whose, predicted, quality, check, fall)


# What is counted of slices whose map was checked, by its name in words.
_SHARES: Final[Mapping[str, Callable[[Faithfulness], bool]]] = {
    "badge": lambda check: check.passed,
    "more than all equally large areas": lambda check: check.beaten == CONTROLS,
    "less speaks for the class with both fills": lambda check: min(check.marked) > 0.0,
    "more than what is marked on average": (lambda check: check.beats(check.average)),
    "more than the middle": lambda check: check.beats(check.centre),
}
_OF_DATA: Final = "more than what is marked on average in these data"


def summarise(rows: Sequence[Audited], repeats: int = 2000) -> dict[str, Any]:
    """Return the figures of an audit.

    Args:
        rows: Of at least one slice.
        repeats: Draws of people for each interval.

    Returns:
        Plain values: shares of slices (each person weighs the same) with their 95 %
        intervals over people, how many areas were beaten, where the evidence lies.
    """
    checked = [row for row in rows if row.check is not None]
    beaten = Counter(row.check.beaten for row in checked if row.check)
    qualities = [row.quality for row in rows if row.quality is not None]
    return {
        "people": len({row.subject for row in rows}),
        "slices": len(rows),
        "without_map": len(rows) - len(checked),
        "shares": {
            name: vars(_share(checked, _of_check(holds), repeats))
            for name, holds in _SHARES.items()
        }
        | _share_of_data(checked, repeats),
        "areas_beaten": {str(count): beaten[count] for count in range(CONTROLS + 1)},
        "stability": _percentiles(
            [min(row.check.stability) for row in checked if row.check]
        ),
        "verdicts": dict(Counter(quality.verdict for quality in qualities)),
        **{
            name: _percentiles([getattr(quality, name) for quality in qualities])
            for name in ("inside", "rim", "outside", "half_area")
        },
    }


def card_section(figures: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a bundle's card tells of an audit of people held out.

    Args:
        figures: Of `summarise`, for the networks of a study's folds.

    Returns:
        Plain values: how many slices and people, how often what each test of the
        check asks for held, with intervals, and where the evidence lay.
    """
    return {
        "people": figures["people"],
        "slices": figures["slices"],
        "without_map": figures["without_map"],
        "shares": {
            name: {end: round(value, 4) for end, value in share.items()}
            for name, share in figures["shares"].items()
        },
        "verdicts": figures["verdicts"],
    }


def _of_check(holds: Callable[[Faithfulness], bool]) -> Callable[[Audited], bool]:
    return lambda row: row.check is not None and holds(row.check)


def _share_of_data(rows: Sequence[Audited], repeats: int) -> dict[str, Any]:
    """Return how often a map beats the average of the data set, if that is known."""
    known = [row for row in rows if row.average_fall is not None]
    if not known:
        return {}
    return {_OF_DATA: vars(_share(known, lambda row: row.beats_average, repeats))}


def _share(
    rows: Sequence[Audited], holds: Callable[[Audited], bool], repeats: int
) -> Interval:
    """Return the share of a person's slices for which something holds, on average."""
    if not rows:
        return Interval(float("nan"), float("nan"), float("nan"))
    names = np.array([row.subject for row in rows])
    held = np.array([holds(row) for row in rows], float)
    _, first, person = np.unique(names, return_index=True, return_inverse=True)
    mean = np.bincount(person, held) / np.bincount(person)
    labels = np.array([row.label for row in rows])[first]
    return stratified_bootstrap(
        lambda chosen: float(mean[chosen].mean()), labels, repeats
    )


def _percentiles(values: Sequence[float]) -> dict[str, float] | None:
    if not values:
        return None
    found = np.percentile(values, PERCENTILES)
    return {
        str(percent): round(float(value), 4)
        for percent, value in zip(PERCENTILES, found, strict=True)
    }


def write_table(rows: Sequence[Audited]) -> bytes:
    """Return a row per slice as CSV."""
    lines = [_row(row) for row in rows]
    return write_rows(list(lines[0]), lines)


def _row(row: Audited) -> dict[str, object]:
    check, quality = row.check, row.quality
    told: dict[str, object] = {
        "subject": row.subject,
        "slice": row.position,
        "class": CLASS_NAMES[row.label],
        "network": row.network,
        "prediction": CLASS_NAMES[row.predicted],
        "verdict": quality.verdict if quality else "",
    }
    for name in ("inside", "rim", "outside", "half_area"):
        told[name] = round(getattr(quality, name), 4) if quality else ""
    told["badge"] = "" if check is None else check.passed
    told["areas_beaten"] = "" if check is None else check.beaten
    falls = _falls(check) if check else dict.fromkeys(_FALLS, "")
    fall = row.average_fall
    return told | falls | {"average_of_data": "" if fall is None else round(fall, 4)}


_FALLS: Final = (
    "margin", "marked", "marked_donor", "least_marked", "least_marked_donor",
    "highest_control", "average", "centre", "stability",
)  # fmt: skip


def _falls(check: Faithfulness) -> dict[str, object]:
    values = (
        check.margin,
        *check.marked,
        *check.least_marked,
        max(check.controls),
        check.average,
        check.centre,
        min(check.stability),
    )
    return {name: round(value, 4) for name, value in zip(_FALLS, values, strict=True)}


def in_words(figures: Mapping[str, Any]) -> str:
    """Return the figures as a person reads them."""
    lines = [
        f"{figures['slices']} slices of {figures['people']} people.",
        f"Of {figures['without_map']} slices no region spoke for the class.",
        "Share of maps, each person weighing the same (95 % interval over people):",
    ]
    for name, share in figures["shares"].items():
        lines.append(f"  {name:<42} {_percent(share)}")
    lines.append("Where the evidence lies, share of slices:")
    total = max(sum(figures["verdicts"].values()), 1)
    for verdict, count in sorted(figures["verdicts"].items()):
        lines.append(f"  {verdict:<42} {count / total:.0%}")
    lines.append("Percentiles over slices: " + ", ".join(map(str, PERCENTILES)))
    for name in ("inside", "rim", "outside", "half_area", "stability"):
        values = (figures[name] or {}).values()
        lines.append(f"  {name:<12}" + " ".join(f"{value:6.2f}" for value in values))
    if layers := figures.get("randomised_layers"):
        lines.append("Likeness of maps (rank correlation) after randomising down to:")
        lines += [
            f"  {stage:<12}{with_interval(alike)}"
            for stage, alike in layers["stages"].items()
        ]
    return "\n".join(lines)


def _percent(share: Mapping[str, float]) -> str:
    if not np.isfinite(share["value"]):
        return "none was checked"
    if not np.isfinite(share["low"]):
        return f"{share['value']:.0%}"
    return f"{share['value']:.0%} ({share['low']:.0%} to {share['high']:.0%})"
