"""The JSON of what is said of a map: where it lies, and whether it holds."""

from typing import Final

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

QUALITY_EXAMPLE: Final[JsonDict] = {
    "verdict": "inside the brain",
    "inside": 0.7412,
    "rim": 0.2207,
    "outside": 0.0381,
    "half_area": 0.1943,
    "text": "Of what spoke for 'Mild Impairment', 74% lies inside the brain, 22% on "
    "its rim and 4% outside; half of it lies in 19% of the picture.",
    "note": None,
}


class MapQuality(BaseModel):
    """Where what spoke for the predicted class lies, of all slices together.

    It is a verdict on the map, not on the answer. Show people `verdict`, `text` and
    `note` together.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [QUALITY_EXAMPLE]})

    verdict: str = Field(
        description="`inside the brain`, `partly on the edge`, or `outside: do not "
        "rely on this`."
    )
    inside: float = Field(ge=0, le=1, description="Share that lies inside the brain.")
    rim: float = Field(ge=0, le=1, description="Share that lies on its rim.")
    outside: float = Field(ge=0, le=1, description="Share that lies outside.")
    half_area: float = Field(
        ge=0,
        le=1,
        description="Least share of the picture that holds half of it: the smaller, "
        "the more concentrated; 0.5 if it is spread evenly.",
    )
    text: str = Field(description="The numbers in a sentence, for a person.")
    note: str | None = Field(
        description="What else a reader of the map must know, for a person."
    )
