"""From all records of a data set to what its report says."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from alzer import __version__
from alzer.classes import CLASS_NAMES
from alzer.headline import NO_CLASS_FITS, NO_RELIABLE_ANSWER
from alzer.reports.group.attention import FLAG_NAMES, flags_of, worst_first
from alzer.reports.group.demographics import find_plots
from alzer.reports.group.people import Participant
from alzer.reports.group.report import Count, GroupReport, Look, Thumbnail
from alzer.reports.group.rows import ScanRow
from alzer.reports.group.visits import find_visits, summarise_visits
from alzer.reports.model_figures import card_limits, model_facts
from alzer.reports.report import HEATMAP_LIMIT, Fact, describe_moment

# The page stays small enough for any browser; the table has all scans.
MOST_LOOKS: Final = 60

_NOT_ANALYSED: Final = "Not analysed"
_NO_CLASSES: Final = (NO_CLASS_FITS, NO_RELIABLE_ANSWER, _NOT_ANALYSED)
_NO_PREVALENCE: Final = (
    "These counts say how often the model names a class in this data set. They are no "
    "count of people with a disease: the model is wrong for some, and can't tell for "
    "others."
)

# Gives the small picture of a scan; None where there is none.
Draw = Callable[[ScanRow], Thumbnail | None]


@dataclass(frozen=True)
class Material:
    """What the report of a data set is made from.

    Attributes:
        rows: Its scans; not empty.
        people: What the data set tells of its participants.
        missing: How many images of the data set have no record.
        card: Of the model that is at hand; empty without one.
    """

    rows: Sequence[ScanRow]
    people: Mapping[str, Participant] = field(default_factory=dict)
    missing: int = 0
    card: Mapping[str, Any] = field(default_factory=dict)


def compose_group(material: Material, draw: Draw, made_at: datetime) -> GroupReport:
    """Put the report of many scans together.

    Args:
        material: What is known.
        draw: Gives small pictures, for the scans that are shown.
        made_at: When the report is made.

    Returns:
        The report.
    """
    rows = material.rows
    visits = find_visits(rows)
    plots, plots_note = find_plots(rows, material.people)
    return GroupReport(
        summary=tuple(_summary(rows)),
        notes=tuple(_notes(material)),
        headlines=tuple(_headlines(rows)),
        classes=tuple(_classes(rows)),
        flags=tuple(_flags(rows)),
        looks=tuple(_look(row, draw) for row in worst_first(rows)[:MOST_LOOKS]),
        more_looks=max(0, len(rows) - MOST_LOOKS),
        visits=visits,
        visits_summary=summarise_visits(visits),
        plots=plots,
        plots_note=plots_note,
        model=tuple(_model(material)),
        limits=_limits(material.card),
        made=(
            Fact("Report made", describe_moment(made_at)),
            Fact("Software", f"alzer {__version__}"),
        ),
    )


def _summary(rows: Sequence[ScanRow]) -> Iterator[Fact]:
    people = {row.participant for row in rows}
    yield Fact("Scans", str(len(rows)))
    yield Fact("People", str(len(people)))
    yield Fact("With an answer", str(sum(row.is_shown for row in rows)))
    unreliable = sum(row.is_answered and not row.is_shown for row in rows)
    yield Fact(NO_RELIABLE_ANSWER, str(unreliable))
    yield Fact(_NOT_ANALYSED, str(sum(not row.is_answered for row in rows)))


def _notes(material: Material) -> Iterator[str]:
    rows = material.rows
    yield _NO_PREVALENCE
    if material.missing:
        yield (
            f"Images of the data set without a result: {material.missing}. Run the "
            "participant level for them, then this level again."
        )
    models = {row.model.get("sha256") for row in rows if row.is_answered}
    versions = {row.software for row in rows if row.is_answered}
    if len(models) > 1 or len(versions) > 1:
        yield (
            "The results are of several models or versions of alzer and should not be "
            "compared. Run the participant level again for all."
        )
    if any(row.is_answered and not row.record.get("calibrated") for row in rows):
        yield "Probabilities of this model are not calibrated."


def _headlines(rows: Sequence[ScanRow]) -> Iterator[Count]:
    """Count what can't be ruled out, from the least to the most severe."""
    sets = Counter(row.named for row in rows if row.named)
    texts = {row.named: row.headline for row in rows if row.named}
    for named in sorted(sets, key=_severity):
        number = sets[named]
        yield Count(texts[named], number, 100.0 * number / len(rows))
    others = Counter(_why_none(row) for row in rows if not row.named)
    for name in _NO_CLASSES:
        if number := others[name]:
            width = 100.0 * number / len(rows)
            yield Count(name, number, width, is_answer=False)


def _why_none(row: ScanRow) -> str:
    if not row.is_answered:
        return _NOT_ANALYSED
    return NO_CLASS_FITS if row.is_shown else NO_RELIABLE_ANSWER


def _severity(named: tuple[str, ...]) -> tuple[float, int]:
    places = [CLASS_NAMES.index(each) for each in named]
    return sum(places) / len(places), len(places)


def _classes(rows: Sequence[ScanRow]) -> Iterator[tuple[str, int, int]]:
    shown = [row for row in rows if row.is_shown]
    for name in CLASS_NAMES:
        possible = sum(name in row.named for row in shown)
        yield name, possible, sum(name == row.prediction for row in shown)


def _flags(rows: Sequence[ScanRow]) -> Iterator[Count]:
    counts = Counter(flag.name for row in rows for flag in flags_of(row))
    for name in FLAG_NAMES:
        yield Count(name, counts[name], 100.0 * counts[name] / len(rows))


def _look(row: ScanRow, draw: Draw) -> Look:
    thumbnail = draw(row)
    look = Look(row.name, row.headline, flags_of(row), tuple(_facts(row)))
    if thumbnail is None:
        return look
    return Look(
        look.name,
        look.headline,
        look.flags,
        look.facts,
        thumbnail.jpeg,
        thumbnail.words,
        thumbnail.link,
    )


def _facts(row: ScanRow) -> Iterator[Fact]:
    prepared = row.preparation
    if "brain_ml" in prepared:
        yield Fact("Brain", f"{prepared['brain_ml']:.0f} mL")
    if "registration_similarity" in prepared:
        yield Fact("Likeness to the template", f"{row.similarity:.2f}")


def _model(material: Material) -> Iterator[Fact]:
    answered = [row for row in material.rows if row.is_answered]
    if not answered:
        yield Fact("Model", "none answered")
        return
    model = answered[0].model
    is_own = material.card.get("model_sha256") == model.get("sha256")
    yield from model_facts(model, material.card if is_own else {})


def _limits(card: Mapping[str, Any]) -> tuple[str, ...]:
    own = card_limits(card)
    is_said = any(text.startswith(HEATMAP_LIMIT) for text in own)
    return own if is_said else (HEATMAP_LIMIT, *own)
