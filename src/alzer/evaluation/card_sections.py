"""Sections that evaluation adds to a bundle's card."""

import json
from collections.abc import Mapping
from typing import Any

SECTIONS = ("outside", "robustness", "ood")


def place_section(
    card: Mapping[str, Any], name: str, section: Mapping[str, Any], after: str
) -> dict[str, Any]:
    """Return a bundle's card with a section, in place of the one it had.

    The model's own file, its digest and all else that the card says stay the same.

    Args:
        card: Of a bundle.
        name: Of the section.
        section: Its plain values.
        after: The section that it follows; without that one it is the last.

    Returns:
        What card.json is to say.
    """
    pairs = [pair for pair in card.items() if pair[0] != name]
    names = [other for other, _ in pairs]
    place = names.index(after) + 1 if after in names else len(names)
    return dict([*pairs[:place], (name, dict(section)), *pairs[place:]])


def with_sections(
    card: Mapping[str, Any], figures: Mapping[str, Any]
) -> dict[str, Any]:
    """Return a bundle's card with the figures of other images than the study's slices.

    The model's own file, its digest and all else that the card says stay the same.

    Args:
        card: Of a bundle.
        figures: What `evaluate` gave; what was not measured leaves no section.

    Returns:
        Its plain values.
    """
    kept = {name: value for name, value in card.items() if name not in SECTIONS}
    for name in SECTIONS:
        if figures[name] is not None:
            section = dict(figures[name])
            section.pop("curves", None)  # a picture, not a figure
            kept[name] = section
    return kept


def as_json(card: Mapping[str, Any]) -> str:
    """Return a card as its file says it."""
    return json.dumps(card, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
