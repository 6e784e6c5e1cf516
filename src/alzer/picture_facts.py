"""What is known of the picture of a scan: which way it lies, and how large a pixel is.

Only what the file tells is told. Of a picture without a direction nothing is said, not
even where the front is: the network gets the same input from a slice, its mirror images
and its half turn (`alzer.scans.canonical`), so that nothing here has found it out.
"""

from typing import Final, Literal, TypedDict

from alzer.analysis_evidence import spacing_on_person_mm
from alzer.answer import Analysis
from alzer.scans.orientation import StandardView, square_shape

Letter = Literal["L", "R", "A", "P", "S", "I"]

_OPPOSITES: Final[dict[str, Letter]] = {
    "L": "R",
    "R": "L",
    "A": "P",
    "P": "A",
    "S": "I",
    "I": "S",
}
_SIDES: Final = frozenset("LR")


class Edges(TypedDict):
    """Which side of the person each edge of the picture shows; None where unknown."""

    top: Letter | None
    right: Letter | None
    bottom: Letter | None
    left: Letter | None


class PictureFields(TypedDict):
    """What is known of a picture.

    Attributes:
        rows: Of the picture as people see it, whose pixels are square.
        columns: Likewise.
        edges: None where the file does not say how the slice lies, or says two things.
        pixel_mm: Width of a pixel on the person, and its height but of a whole head,
            which was brought to a standard size; None where the file does not say.
    """

    rows: int
    columns: int
    edges: Edges | None
    pixel_mm: float | None


def picture_fields(analysis: Analysis) -> PictureFields | None:
    """Return what is known of the picture of an analysis.

    Args:
        analysis: Of a slice, or of a whole head, whose slices all lie alike.

    Returns:
        Plain values, ready for JSON; None where only the answer is known.
    """
    if not analysis.slices:
        return None
    view = analysis.view
    rows, columns = square_shape(view.pixels.shape, view.pixel_aspect)
    return {
        "rows": rows,
        "columns": columns,
        "edges": _edges(analysis),
        "pixel_mm": _pixel_mm(analysis),
    }


def edges_of_view(
    view: StandardView, hidden: frozenset[str] = frozenset()
) -> Edges | None:
    """Return which side of the person each edge of a view shows.

    Args:
        view: A slice in its standard view.
        hidden: Letters that must not be told.

    Returns:
        Letters; None where the file does not say how the slice lies.
    """
    if view.orientation is None:
        return None
    (top, bottom), (left, right) = (_ends(each, hidden) for each in view.orientation)
    return {"top": top, "right": right, "bottom": bottom, "left": left}


def _edges(analysis: Analysis) -> Edges | None:
    """Return the letters of the standard view.

    Where front and back of a whole head are is found by its registration; which side
    is the left can only be told by its file.
    """
    prepared = analysis.preparation
    if not analysis.scan.tells_sides:
        return None
    has_sides = prepared is None or prepared.volume.tells_sides
    return edges_of_view(analysis.view, frozenset() if has_sides else _SIDES)


def _ends(leads_to: str, hidden: frozenset[str]) -> tuple[Letter | None, Letter | None]:
    """Return the letters where an axis begins and ends; None where they are hidden."""
    if leads_to in hidden:
        return None, None
    begin = _OPPOSITES[leads_to]
    return begin, _OPPOSITES[begin]


def _pixel_mm(analysis: Analysis) -> float | None:
    spacing_mm = spacing_on_person_mm(analysis)
    if spacing_mm is None:
        return None
    # Pixels of a slice's picture are square: as large as the view's are along their
    # shorter side (`StandardView.for_display`).
    size_mm = min(spacing_mm) if analysis.kind == "slice" else spacing_mm[1]
    return round(size_mm, 4)
