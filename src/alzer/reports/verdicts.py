"""What was judged of an answer and of its map, in the words of a report."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from alzer.explain.faithfulness import Faithfulness
from alzer.explain.map_quality import judge_map
from alzer.reports.report import Level, Verdict
from alzer.reports.sources import Source

Values = Mapping[str, Any]

_MAP_LEVELS: Final[Mapping[str, Level]] = {
    "inside the brain": "good",
    "partly on the edge": "doubt",
    "outside: do not rely on this": "bad",
}
_PREPARATION: Final[Mapping[str, tuple[Level, str]]] = {
    "good": ("good", "good"),
    "check": ("doubt", "check: look at the slices before you rely on the answer"),
    "failed": ("bad", "failed"),
}
_OPINIONS: Final[Mapping[bool | None, tuple[Level, str]]] = {
    True: ("good", "agrees"),
    False: ("doubt", "disagrees"),
    None: ("unknown", "can't be compared"),
}


def find_verdicts(source: Source, label: int, *, has_heatmap: bool) -> list[Verdict]:
    """Return what was judged, the reliability of the answer first.

    Args:
        source: Of the report.
        label: Index of the most probable class.
        has_heatmap: Whether the report shows a heatmap.

    Returns:
        The verdicts.
    """
    verdicts = [_reliability(source.answer), *_preparation(source)]
    if has_heatmap:
        verdicts += [*_map_quality(source, label), _map_check(source.check)]
    if source.answer.get("reliable") is not False:
        verdicts += _second_opinion(source.answer.get("second_opinion"))
    return verdicts


def _reliability(answer: Values) -> Verdict:
    name, reliable = "Reliability of the answer", answer.get("reliable")
    if reliable is False:
        return Verdict(name, "bad", "not reliable", ("The reason stands above.",))
    if reliable is None:
        told = (
            "The model can't tell whether this scan is like those that it was "
            "trained on."
        )
        return Verdict(name, "unknown", "not known", (told,))
    told = (
        "The scan is like those that the model was trained on, as far as is checked. "
        "That does not make the answer right."
    )
    return Verdict(name, "good", "nothing speaks against it", (told,))


def _preparation(source: Source) -> Iterator[Verdict]:
    prepared = source.head.get("preparation") if source.is_head else None
    if not prepared:
        return
    level, words = _PREPARATION.get(str(prepared.get("quality")), ("unknown", "?"))
    yield Verdict(
        "Preparation of the head", level, words, tuple(prepared.get("reasons") or ())
    )


def _map_quality(source: Source, label: int) -> Iterator[Verdict]:
    """Say where the evidence lies: as it was judged, else as it can be judged now."""
    told: Values | None = source.answer.get("map_quality")
    if told is None and source.evidence is not None:
        found = judge_map(source.evidence.slices, label)
        told = None if found is None else found.fields
    if told is None:
        return
    verdict = str(told["verdict"])
    sentences = tuple(str(text) for text in (told["text"], told.get("note")) if text)
    level = _MAP_LEVELS.get(verdict, "unknown")
    yield Verdict("Where the evidence lies", level, verdict, sentences)


def _map_check(check: Faithfulness | None) -> Verdict:
    name = "Does what the map marks matter?"
    if check is None:
        told = "The model was not asked without the marked area for this report."
        return Verdict(name, "unknown", "not checked", (told,))
    level: Level = "good" if check.passed else "doubt"
    words = "confirmed" if check.passed else "not confirmed"
    return Verdict(name, level, words, (check.text,))


def _second_opinion(opinion: Values | None) -> Iterator[Verdict]:
    if not opinion:
        return
    level, words = _OPINIONS[opinion.get("agrees")]
    sentences = tuple(str(opinion[name]) for name in ("text", "caveat"))
    yield Verdict("Second opinion", level, words, sentences)
