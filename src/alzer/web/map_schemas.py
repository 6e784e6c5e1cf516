"""The JSON of what is said of maps: how they come about, and how far they hold."""

from collections.abc import Iterable
from typing import Final

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from alzer.classes import CLASS_NAMES
from alzer.explain.faithfulness import Faithfulness

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


class CellFacts(BaseModel):
    """How coarse the maps are."""

    rows: int = Field(description="Of the maps.")
    columns: int = Field(description="Of the maps.")
    pixels: tuple[float, float] = Field(
        description="Rows and columns of the picture that one cell covers."
    )
    mm: tuple[float, float] | None = Field(
        description="The same in millimetres; null where the scan does not tell."
    )
    text: str = Field(description="The same in a sentence.")


class ClassEvidence(BaseModel):
    """How the logit of a class comes about: `mean` and `bias` add up to it."""

    name: str
    logit: float
    mean: float = Field(description="Of the class's additive map, in logit units.")
    bias: float = Field(description="Of the class, whatever the slice shows.")
    lead: float = Field(description="The logit less the mean of all classes' logits.")
    places: dict[str, str | None] = Field(
        description="By map: where on the picture what spoke for the class lies, in "
        "sentences for people who can't see it; null if nothing spoke for it."
    )


class MethodFacts(BaseModel):
    """One way to explain an answer."""

    name: str
    title: str
    meaning: str = Field(description="`{name}` stands for the class.")
    unit: str
    low: float = Field(description="What the low end of the colours stands for.")
    high: float = Field(description="Likewise of the high end.")
    palettes: list[str] = Field(description="Those that suit it, the usual one first.")


class MapFacts(BaseModel):
    """What there is to draw of one slice."""

    slice: int
    slices: int = Field(description="How many the analysis has.")
    cell: CellFacts
    classes: list[ClassEvidence]
    methods: list[MethodFacts]


AUDIT_EXAMPLE: Final[JsonDict] = {
    "class": "Mild Impairment",
    "slice": 0,
    "badge": False,
    "text": "The marked area mattered more than 13 of 15 equally large areas. It is "
    "not confirmed by the check. Equally large areas elsewhere mattered as much.",
    "areas_beaten": 13,
    "areas": 15,
    "margin": 1.42,
    "marked": {"interpolated": 0.81, "average_brain": 0.36},
    "least_marked": {"interpolated": 0.09, "average_brain": -0.2},
    "elsewhere": [
        *(0.11, 0.31, 0.02, -0.1, 0.95, 0.14, 0.22, 0.4),
        *(0.07, -0.03, 0.84, 0.16, 0.2, 0.09, 0.33),
    ],
    "average_area": 0.42,
    "central_area": 0.37,
    "stability": [0.93, 0.95],
}


class Falls(BaseModel):
    """By how much the logit margin fell, by what the area was filled with."""

    interpolated: float = Field(
        description="With values interpolated from around it, and a little noise."
    )
    average_brain: float = Field(description="With the same area of an average brain.")


class MapAudit(BaseModel):
    """Whether what the map marks is what mattered, asked of the model itself.

    Parts of the slice were filled in, and the logit margin of the class (its logit
    minus the highest of the others) was compared. Show people `text`.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [AUDIT_EXAMPLE]})

    label: str = Field(
        serialization_alias="class", description="The class whose map was checked."
    )
    slice: int = Field(description="Which slice, of a whole head; else 0.")
    badge: bool = Field(
        description="Whether the map is confirmed: it beats all areas elsewhere, what "
        "is marked on average and the middle, and the margin falls with both fills."
    )
    text: str = Field(description="The result in words, for a person.")
    areas_beaten: int = Field(
        ge=0, description="How many equally large areas elsewhere mattered less."
    )
    areas: int = Field(description="Of how many.")
    margin: float = Field(description="Of the slice as it is.")
    marked: Falls = Field(description="Without the fifth that the map marks most.")
    least_marked: Falls = Field(description="Without the fifth that it marks least.")
    elsewhere: list[float] = Field(
        description="Fall without each of the areas elsewhere, interpolated."
    )
    average_area: float = Field(
        description="Fall without the area that is marked on average."
    )
    central_area: float = Field(description="Fall without the middle of the head.")
    stability: list[float] = Field(
        description="How alike the map stays if the slice is moved by two rows, and by "
        "two columns: correlation, -1 to 1."
    )


def describe_check(check: Faithfulness, index: int) -> MapAudit:
    """Put the result of a check into an answer.

    Args:
        check: The result.
        index: Of the slice.

    Returns:
        The answer.
    """

    def rounded(values: Iterable[float]) -> list[float]:
        return [round(value, 4) for value in values]

    marked, least = rounded(check.marked), rounded(check.least_marked)
    return MapAudit(
        label=CLASS_NAMES[check.label],
        slice=index,
        badge=check.passed,
        text=check.text,
        areas_beaten=check.beaten,
        areas=len(check.controls),
        margin=round(check.margin, 4),
        marked=Falls(interpolated=marked[0], average_brain=marked[1]),
        least_marked=Falls(interpolated=least[0], average_brain=least[1]),
        elsewhere=rounded(check.controls),
        average_area=round(check.average, 4),
        central_area=round(check.centre, 4),
        stability=rounded(check.stability),
    )
