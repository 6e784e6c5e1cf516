"""What a model's own card says of it, as it is printed."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from alzer.reports.report import Fact

Card = Mapping[str, Any]

_GROUPS: Final = {
    "everyone": "AUC, impaired or not",
    "age_60_and_over": "The same, 60 and over",
}

_OWN_DATA: Final = "own data"
_UNKNOWN: Final = "unknown"

NO_CARD: Final = "The card of the model that answered is not at hand."
NO_FIGURES: Final = "Its card gives no figures: nobody has measured how good it is."


def model_facts(model: Mapping[str, Any], card: Card) -> Iterator[Fact]:
    """Describe the model that answered.

    Args:
        model: As answers name it.
        card: Its own card; empty if that is not at hand.

    Yields:
        Names and values, in the order in which people read them.
    """
    yield _named("Model", model.get("name"), model.get("version"))
    yield _named("Digest (SHA-256)", model.get("sha256"))
    yield _named("Run by", model.get("engine"), model.get("precision"))
    if not card:
        yield Fact("How good it is", NO_CARD)
        return
    yield from _training(card.get("data") or {})
    figures = list(_figures(card.get("metrics") or {}))
    yield from figures or [Fact("How good it is", NO_FIGURES)]


def card_limits(card: Card) -> tuple[str, ...]:
    """Return what a card itself says that its model can't do."""
    return tuple(str(each) for each in card.get("limitations") or ())


def _training(data: Mapping[str, Any]) -> Iterator[Fact]:
    if not data:
        return
    source, people = data.get("source"), data.get("people", "?")
    yield Fact("Trained on", str(source or _OWN_DATA), is_verbatim=bool(source))
    told = f"{people} people"
    counts = (data.get("people_per_class") or {}).items()
    if counts:
        classes = ", ".join(f"{count} {name}" for name, count in counts)
        told = f"{people} people: {classes}"
    yield Fact("Whom it learnt from", told)


def _named(fact: str, *words: object) -> Fact:
    """Return a fact that is a name, in words that may all be missing."""
    value = " ".join(str(one) for one in words if one)
    return Fact(fact, value or _UNKNOWN, is_verbatim=bool(value))


def _figures(metrics: Mapping[str, Any]) -> Iterator[Fact]:
    """Describe how well the model tells impaired people from others."""
    for group, name in _GROUPS.items():
        scores = metrics.get(group) or {}
        auc = scores.get("auc") or {}
        if auc.get("value") is None:
            continue
        value, people = f"{auc['value']:.2f}", scores.get("people", "?")
        text = f"{value}, {people} people whom it had not seen"
        if auc.get("low") is not None and auc.get("high") is not None:
            low, high = f"{auc['low']:.2f}", f"{auc['high']:.2f}"
            text = (
                f"{value} (95 % interval {low} to {high}), {people} people whom it had "
                "not seen"
            )
        yield Fact(name, text)
