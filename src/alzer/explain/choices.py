"""The rows of the registries as choices for interfaces: names and descriptions."""

from enum import StrEnum
from typing import Final

from alzer.explain.box_fills import FILLS
from alzer.explain.methods import METHODS, SIGNED_RANGE
from alzer.explain.palettes import PALETTES

MethodName = StrEnum("MethodName", {each.name: each.name for each in METHODS})  # type: ignore[misc]  # the rows have the names
PaletteName = StrEnum("PaletteName", {each.name: each.name for each in PALETTES})  # type: ignore[misc]  # likewise

FillName = StrEnum("FillName", {each.name: each.name for each in FILLS})  # type: ignore[misc]  # likewise

USUAL_FILL: Final = FillName(FILLS[0].name)
USUAL_METHOD: Final = MethodName(METHODS[0].name)


def _list(rows: tuple[tuple[str, str], ...]) -> str:
    return "; ".join(f"{name}: {title}" for name, title in rows)


METHOD_HELP: Final = (
    f"What the map shows. {_list(tuple((one.name, one.title) for one in METHODS))}."
)
PALETTE_HELP: Final = (
    "The colours of the map; by default those that suit it best. "
    + "; ".join(
        f"{one.name} (maps "
        + " and ".join(
            kind
            for kind, sign in (("with a sign", True), ("without", False))
            if sign in one.signs
        )
        + ")"
        for one in PALETTES
    )
    + "."
)
RANGE_HELP: Final = (
    "Where the scale of maps with a sign ends, in logit units; the same for all "
    f"classes and people. By default {SIGNED_RANGE:g}."
)
FILL_HELP: Final = (
    "What stands in the box instead. "
    f"{_list(tuple((each.name, each.title) for each in FILLS))}."
)
CELLS_HELP: Final = "Show the cells that the map is made of, not a smooth map."
