"""Which series are wanted."""

from fnmatch import translate
from re import IGNORECASE
from re import compile as compile_pattern

from alzer.node.instance import SeriesFacts
from alzer.node.settings import NodeSettings


def why_unwanted(facts: SeriesFacts, settings: NodeSettings) -> str | None:
    """Say by which rule a series is not wanted.

    Args:
        facts: Of the series.
        settings: The rules.

    Returns:
        The name of the setting; None if the series is wanted. What the series says of
        itself is never repeated: it may name a person.
    """
    if facts.modality.upper() not in _upper(settings.modalities):
        return "modalities"
    parts = _upper(settings.body_parts)
    if parts and facts.body_part and facts.body_part.upper() not in parts:
        return "body_parts"
    if settings.series and not _matches(facts, settings.series):
        return "series"
    if _matches(facts, settings.not_series):
        return "not_series"
    return None


def _upper(values: tuple[str, ...]) -> set[str]:
    return {one.upper() for one in values}


def _matches(facts: SeriesFacts, patterns: tuple[str, ...]) -> bool:
    return any(
        compile_pattern(translate(pattern), IGNORECASE).match(name.strip())
        for pattern in patterns
        for name in facts.names
    )
