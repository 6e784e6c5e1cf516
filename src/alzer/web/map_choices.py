"""How a map is drawn, as query parameters; names and texts are those of the rows."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Query

from alzer.classes import CLASS_NAMES
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
from alzer.explain.slice_maps import MapStyle, choose_style
from alzer.web.history import ClassName

_Palette = Annotated[PaletteName | None, Query(description=PALETTE_HELP)]
_Range = Annotated[
    float | None,
    Query(alias="range", gt=0, allow_inf_nan=False, description=RANGE_HELP),
]
_Cells = Annotated[bool, Query(description=CELLS_HELP)]


@dataclass(frozen=True)
class MapChoice:
    """How a map is drawn.

    Attributes:
        method: What it shows.
        palette: In which colours.
        limit: Where a signed scale ends, in logit units.
        cells: Whether as cells.
    """

    method: Annotated[MethodName, Query(description=METHOD_HELP)] = USUAL_METHOD
    palette: _Palette = None
    limit: _Range = None
    cells: _Cells = False

    @property
    def style(self) -> MapStyle:
        """The style that is chosen."""
        return _style(self.method, self.palette, self.limit, cells=self.cells)


@dataclass(frozen=True)
class AnswerMap:
    """The map that is to come with an answer.

    Attributes:
        method: What it shows; None: no map is asked for.
        class_name: What it explains; None: the predicted class.
        palette: In which colours.
        limit: Where a signed scale ends, in logit units.
        cells: Whether as cells.
    """

    method: Annotated[
        MethodName | None,
        Query(alias="map", description=f"Add a map to `layers`. {METHOD_HELP}"),
    ] = None
    class_name: Annotated[
        ClassName | None,
        Query(
            alias="map_class",
            description="The class that the map explains; else the predicted one.",
        ),
    ] = None
    palette: _Palette = None
    limit: _Range = None
    cells: _Cells = False

    @property
    def style(self) -> MapStyle | None:
        """The style that is chosen; None without a map."""
        if self.method is None:
            return None
        return _style(self.method, self.palette, self.limit, cells=self.cells)

    @property
    def label(self) -> int | None:
        """Index of the class that the map explains; None: of the predicted one."""
        name = self.class_name
        return None if name is None else CLASS_NAMES.index(name.value)


def _style(
    method: MethodName, palette: PaletteName | None, limit: float | None, *, cells: bool
) -> MapStyle:
    name = None if palette is None else palette.value
    return choose_style(method_named(method.value), name, limit, cells=cells)
