"""Options that say which maps and bundles are written, from the rows of `explain`."""

from enum import StrEnum
from typing import Annotated

import typer

from alzer.classes import CLASS_NAMES
from alzer.cli.further_files import Extras
from alzer.explain.choices import (
    CELLS_HELP,
    METHOD_HELP,
    PALETTE_HELP,
    RANGE_HELP,
    USUAL_METHOD,
    MethodName,
    PaletteName,
)
from alzer.explain.methods import method_named
from alzer.explain.slice_maps import choose_style

ClassName = StrEnum("ClassName", {name: name for name in CLASS_NAMES})  # type: ignore[misc]  # one list of names

MapOption = Annotated[
    MethodName | None,
    typer.Option("--map", help=f"Write a map beside each heatmap. {METHOD_HELP}"),
]
PaletteOption = Annotated[PaletteName | None, typer.Option(help=PALETTE_HELP)]
ClassOption = Annotated[
    ClassName | None,
    typer.Option(
        "--map-class", help="The class that maps explain; by default the predicted one."
    ),
]
RangeOption = Annotated[
    float | None,
    typer.Option("--map-range", metavar="LOGITS", min=0.0, help=RANGE_HELP),
]
CellsOption = Annotated[bool, typer.Option("--cells", help=CELLS_HELP)]
BundleOption = Annotated[
    bool,
    typer.Option(
        "--bundle",
        help="Write each analysis as a file that `alzer verify` can replay: digests of "
        "input and model, logits, maps, versions, answer.",
    ),
]


def choose_extras(  # noqa: PLR0913 - one per option
    method: MethodName | None,
    palette: PaletteName | None,
    map_class: ClassName | None,
    map_range: float | None,
    *,
    cells: bool,
    bundles: bool,
) -> Extras:
    """Put together what more is written; how a map is drawn asks for one."""
    asked = (method, palette, map_class, map_range)
    if all(each is None for each in asked) and not cells:
        return Extras(bundles=bundles)
    rows = method_named(str(method or USUAL_METHOD))
    style = choose_style(rows, palette and str(palette), map_range, cells=cells)
    label = None if map_class is None else CLASS_NAMES.index(str(map_class))
    return Extras(style, label, bundles)
