"""From what is known of an analysis to what its report says."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from pydantic import ValidationError

from alzer.answer import Analysis
from alzer.caveats import class_caveats, explain_sets
from alzer.classes import CLASS_NAMES, CLASSES
from alzer.errors import InvalidRequest
from alzer.explain.faithfulness import Faithfulness
from alzer.headline import About
from alzer.model.card import CardFields
from alzer.model.decision import Decision
from alzer.reports.model_figures import card_limits, model_facts
from alzer.reports.pictures import draw_pictures
from alzer.reports.report import (
    HEATMAP_LIMIT,
    Fact,
    Report,
    Share,
    Structure,
    describe_moment,
    percent,
)
from alzer.reports.sources import Source, source_of_analysis
from alzer.reports.verdicts import find_verdicts

Values = Mapping[str, Any]

_CALIBRATED: Final = (
    "Calibrated on people whom the network had not seen; in whole percent, as no "
    "calibration bears more."
)
_NOT_CALIBRATED: Final = (
    "Not calibrated: how often the model is right at such a probability is not known."
)
_NOTHING_FOLLOWS: Final = (
    "Nothing follows from this for the person: neither that anything is wrong, nor "
    "that all is well."
)
_NOT_KNOWN: Final = "not known"
_NO_SPACING: Final = "the file does not say"


def compose(source: Source, reported_at: datetime | None = None) -> Report:
    """Put a report together.

    Args:
        source: What is known of the analysis.
        reported_at: When the report is made; now, if it is not given.

    Returns:
        The report.

    Raises:
        InvalidRequest: The answer is none of an analysis.
    """
    answer, decision = source.answer, _decision_of(source)
    shares = _shares_of(answer)
    label = CLASS_NAMES.index(str(answer["prediction"]))
    is_reliable: bool | None = answer.get("reliable")
    withheld = is_reliable is False
    pictures = draw_pictures(source, label, with_heatmap=not withheld)
    has_heatmap = any(picture.is_heatmap for picture in pictures)
    about: About = "this person" if source.is_head else "this slice"
    headline = str(answer["headline"])
    named = (
        ()
        if withheld
        else tuple(each for each in CLASS_NAMES if _names(headline, each))
    )
    return Report(
        about=about,
        headline=headline,
        title=_title(about, named, is_reliable=not withheld),
        remarks=tuple(_remarks(answer, named, decision)),
        is_reliable=is_reliable,
        shares=() if withheld else tuple(_print_shares(shares, headline, decision)),
        confidence=_CALIBRATED if answer.get("calibrated") else _NOT_CALIBRATED,
        pictures=tuple(pictures),
        no_heatmap="" if has_heatmap or withheld else _no_heatmap(answer),
        explained=CLASS_NAMES[label],
        verdicts=tuple(find_verdicts(source, label, has_heatmap=has_heatmap)),
        warnings=tuple(_warnings(answer)),
        identity=tuple(_identity(source, reported_at or datetime.now(UTC))),
        scan=tuple(_scan(source)),
        model=tuple(model_facts(source.model, source.own_card)),
        limits=_limits(source),
        measurements=tuple(_measurements(source)),
        structures=tuple(_structures(source)),
        caveats=tuple((source.head.get("measurements") or {}).get("caveats") or ()),
    )


def report_of(
    analysis: Analysis,
    card: Values | None = None,
    digests: Iterable[str] = (),
    check: Faithfulness | None = None,
    reference: str = "",
) -> Report:
    """Put the report of an analysis together that has just been made.

    Args:
        analysis: Of a slice, or of a whole head.
        card: Of the model that answered, whose figures the report quotes.
        digests: SHA-256 of each file of the scan, hexadecimal.
        check: As `check_map` gives it, if the model was asked about its map.
        reference: What the scan is called in the report, without naming its person.

    Returns:
        The report, for `alzer.reports.pdf.write_pdf` or
        `alzer.reports.html.write_html`.
    """
    now = datetime.now(UTC)
    known = {"card": card or {}, "check": check, "reference": reference}
    return compose(source_of_analysis(analysis, digests, made_at=now, **known), now)


def _shares_of(answer: Values) -> list[float]:
    """Return the probabilities, which some write in percent.

    Raises:
        InvalidRequest: There are none: this is no answer.
    """
    try:
        told = answer["class_probabilities"]
        CLASS_NAMES.index(str(answer["prediction"]))
        _ = str(answer["headline"])
        return [_number(told[name]) for name in CLASS_NAMES]
    except (KeyError, TypeError, ValueError) as error:
        message = (
            "This is no answer of an analysis: it lacks a prediction with its "
            "probabilities. Make a report of one that was answered."
        )
        raise InvalidRequest(message) from error


def _number(told: object) -> float:
    if isinstance(told, str):
        return float(told.removesuffix("%")) / 100.0
    return float(told)  # type: ignore[arg-type]  # what is none raises


def _decision_of(source: Source) -> Decision:
    """Return what the model's own card says of predictions; nothing without one."""
    if not source.own_card:
        return Decision()
    try:
        card = CardFields.model_validate(source.own_card)
    except ValidationError:
        return Decision()
    return card.person_limits.decision if source.is_head else card.decision


def _title(about: About, named: Sequence[str], *, is_reliable: bool) -> str:
    if len(named) > 1:
        return f"The model can't tell these apart for {about}"
    if named and is_reliable:
        return f"Prediction for {about}"
    return f"Result for {about}"


def _remarks(answer: Values, named: Sequence[str], decision: Decision) -> Iterator[str]:
    if reason := answer.get("unreliable_reason"):
        yield str(reason)
        yield _NOTHING_FOLLOWS
        return
    if len(named) == 1:
        found = CLASSES[CLASS_NAMES.index(named[0])]
        yield f"Looks like scans of people rated as {found.rated} (CDR {found.cdr:g})."
    if answer.get("possible_classes"):
        yield (
            "None of these classes can be ruled out for this scan."
            if len(named) > 1
            else "Every other class that the model was checked on is ruled out."
        )
        if sets := explain_sets(decision):
            yield sets


def _print_shares(
    shares: Sequence[float], headline: str, decision: Decision
) -> Iterator[Share]:
    notes = class_caveats(decision)
    for name, share in zip(CLASS_NAMES, shares, strict=True):
        width = round(100.0 * min(max(share, 0.0), 1.0))
        yield Share(
            name,
            percent(share),
            width,
            _names(headline, name),
            notes.get(name, ""),
        )


def _names(headline: str, name: str) -> bool:
    """Return whether a headline names a class, whose name may end another's."""
    pieces = headline.replace(" or ", ", ").split(", ")
    return name in pieces


def _no_heatmap(answer: Values) -> str:
    return str(answer.get("heatmap_missing_reason") or "None was kept.")


def _warnings(answer: Values) -> Iterator[str]:
    reason = answer.get("unreliable_reason")
    for text in answer.get("warnings") or ():
        if text != reason:  # that stands above everything else
            yield str(text)


def _identity(source: Source, reported_at: datetime) -> Iterator[Fact]:
    made_at = source.made_at
    yield Fact("Analysed", _NOT_KNOWN if made_at is None else describe_moment(made_at))
    yield Fact("Report made", describe_moment(reported_at))
    if source.reference:
        yield Fact("Reference", source.reference, is_verbatim=True)
    if source.analysis_id:
        yield Fact("Analysis", source.analysis_id, is_verbatim=True)
    software = (source.manifest.get("software") or {}).get("alzer")
    if software:
        yield Fact("Software", f"alzer {software}", is_verbatim=True)


def _scan(source: Source) -> Iterator[Fact]:
    known = source.manifest.get("input") or {}
    yield Fact("Scan", "Whole head" if source.is_head else "One slice")
    form = known.get("format")
    yield Fact("Format", str(form or _NOT_KNOWN), is_verbatim=bool(form))
    shape = " x ".join(str(size) for size in known.get("shape") or ())
    size = f"{shape} voxels" if source.is_head else f"{shape} pixels"
    yield Fact("Size", size if shape else _NOT_KNOWN)
    spacing = " x ".join(f"{size:.4g}" for size in known.get("spacing_mm") or ())
    yield Fact("Spacing", f"{spacing} mm" if spacing else _NO_SPACING)
    digests = list(known.get("sha256") or ())
    if len(digests) == 1:
        yield Fact("SHA-256 of the file", str(digests[0]), is_verbatim=True)
    elif digests:
        first = f"{digests[0]} (1/{len(digests)})"
        yield Fact("SHA-256 of the first file", first, is_verbatim=True)


def _limits(source: Source) -> tuple[str, ...]:
    """Return what must not be made of the answer: in the card's own words, if any."""
    own = card_limits(source.own_card)
    is_said = any(text.startswith(HEATMAP_LIMIT) for text in own)
    return own if is_said else (HEATMAP_LIMIT, *own)


def _measurements(source: Source) -> Iterator[Fact]:
    if not source.is_head:
        return
    prepared = source.head.get("preparation") or {}
    measured = source.head.get("measurements") or {}
    for name, value, form in (
        ("Brain with its fluid", measured.get("brain_ml"), "{:.0f} ml"),
        (
            "Likeness to the average brain",
            prepared.get("registration_similarity"),
            "{:.2f}",
        ),
        ("Turned by", prepared.get("rotation_degrees"), "{:.1f}\N{DEGREE SIGN}"),
        ("Size against the average brain", prepared.get("scale"), "{:.0%}"),
    ):
        if value is not None:
            yield Fact(name, form.format(value))


def _structures(source: Source) -> Iterator[Structure]:
    measured = source.head.get("measurements") or {}
    for name, one in (measured.get("structures") or {}).items():
        yield Structure(str(name), f"{one['ml']:.1f} ml", f"{one['share']:.1%}")
