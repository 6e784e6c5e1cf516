"""The JSON of what is told of a scan itself."""

from typing import Final

from pydantic import BaseModel, Field
from pydantic.config import JsonDict

INPUT_EXAMPLE: Final[JsonDict] = {
    "format": "DICOM",
    "shape": [208, 176],
    "spacing_mm": [1.0, 1.0],
    "notes": [],
}


class ScanInput(BaseModel):
    """What was sent, as far as it was read; never the name of a file or a person."""

    format: str = Field(description="Such as JPEG or DICOM.")
    shape: list[int] = Field(
        description="Pixels by row and column; of a whole head voxels along its axes."
    )
    spacing_mm: list[float] | None = Field(
        description="Distances between them, in the same order; null where the file "
        "does not say."
    )
    notes: list[str] = Field(description="How the values came to be, in sentences.")
