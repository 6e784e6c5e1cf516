"""The rows of the registries as choices for interfaces: names and descriptions."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Final

from alzer.explain.box_fills import FILLS
from alzer.explain.methods import METHODS, Method
from alzer.explain.palettes import PALETTES, palettes_for

MethodName = StrEnum("MethodName", {each.name: each.name for each in METHODS})  # type: ignore[misc]  # the rows have the names
PaletteName = StrEnum("PaletteName", {each.name: each.name for each in PALETTES})  # type: ignore[misc]  # likewise

FillName = StrEnum("FillName", {each.name: each.name for each in FILLS})  # type: ignore[misc]  # likewise

USUAL_FILL: Final = FillName(FILLS[0].name)
USUAL_METHOD: Final = MethodName(METHODS[0].name)


def _list(rows: Iterable[tuple[str, str]]) -> str:
    return "; ".join(f"{name}: {text}" for name, text in rows)


def _meaning(method: Method) -> str:
    """Return what a map shows, as a part of a sentence."""
    text = method.meaning.replace("'{name}'", "the class").partition(".")[0]
    return text[0].lower() + text[1:]


METHOD_HELP: Final = (
    f"What the map shows. {_list((one.name, _meaning(one)) for one in METHODS)}."
)
PALETTE_HELP: Final = (
    "The colours of the map; the first of those that suit it by default. "
    + _list(
        (one.name, ", ".join(each.name for each in palettes_for(one)))
        for one in METHODS
    )
    + "."
)
RANGE_HELP: Final = (
    "Where the scale of maps with a sign ends, in logit units; the same for all "
    "classes and people. By default "
    + ", ".join(
        f"{one.scale.high:g} ({one.name})" for one in METHODS if one.scale.is_signed
    )
    + "."
)
FILL_HELP: Final = (
    "What stands in the box instead. "
    f"{_list((each.name, each.title) for each in FILLS)}."
)
CELLS_HELP: Final = "Show the cells that the map is made of, not a smooth map."
