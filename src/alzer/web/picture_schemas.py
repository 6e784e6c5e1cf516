"""The JSON of what is known of a scan's picture."""

from typing import Final

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from alzer.picture_facts import Letter

PICTURE_EXAMPLE: Final[JsonDict] = {
    "rows": 208,
    "columns": 176,
    "edges": {"top": "A", "right": "L", "bottom": "P", "left": "R"},
    "pixel_mm": 1.0,
}

_SIDE: Final = "Side of the person at this edge: one of L, R, A, P, S, I, or null."


class PictureEdges(BaseModel):
    """Which side of the person each edge of the picture shows."""

    top: Letter | None = Field(description=_SIDE)
    right: Letter | None = Field(description=_SIDE)
    bottom: Letter | None = Field(description=_SIDE)
    left: Letter | None = Field(description=_SIDE)


class Picture(BaseModel):
    """What is known of the scan's picture, as `layers` and maps show it.

    Show letters and a scale only from here: nothing is guessed.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [PICTURE_EXAMPLE]})

    rows: int = Field(description="Its pixels are square.")
    columns: int
    edges: PictureEdges | None = Field(
        description="Null where the file does not say how the slice lies, or "
        "contradicts itself. An edge is null where that side alone is not known."
    )
    pixel_mm: float | None = Field(
        description="Height and width of a pixel on the person; null where the file "
        "does not say."
    )
