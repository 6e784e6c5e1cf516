"""The JSON of the second opinion beside an answer."""

from typing import Final

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

OPINION_EXAMPLE: Final[JsonDict] = {
    "csf_percent": 29.31,
    "impairment_probability": 0.664012,
    "agrees": True,
    "text": "A simple measure of dark fluid (CSF) inside the brain, 29.3% in this "
    "slice, puts the probability of impairment at 66%: it and the model agree.",
    "caveat": "It is a measure of how much dark fluid the slice shows, not a "
    "diagnosis; its own AUC on people of 60 and over whom it was not fitted to is "
    "0.67 (0.59 to 0.74).",
    "auc": {
        "value": 0.6712,
        "low": 0.5903,
        "high": 0.7441,
        "group": "people of 60 and over",
    },
}


class OpinionAuc(BaseModel):
    """How well the measure alone tells impaired from unimpaired people."""

    model_config = ConfigDict(from_attributes=True)

    value: float = Field(description="Area under the ROC curve, 0 to 1.")
    low: float = Field(description="Lower end of its 95 % interval, over people.")
    high: float = Field(description="Upper end.")
    group: str = Field(description="Of whom: everyone, or people of 60 and over.")


class SecondOpinion(BaseModel):
    """What a simple measure of dark fluid says of the same scan.

    It takes no part in the answer. Show people `text` and `caveat` together.
    """

    model_config = ConfigDict(
        from_attributes=True, json_schema_extra={"examples": [OPINION_EXAMPLE]}
    )

    csf_percent: float = Field(
        ge=0,
        le=100,
        description="Share of dark pixels (cerebrospinal fluid, CSF) inside the "
        "brain: of the slice, or the mean over the slices of a whole head.",
    )
    impairment_probability: float = Field(
        ge=0, le=1, description="Of any impairment, by this measure alone."
    )
    agrees: bool | None = Field(
        description="Whether it lies on the same side as the model: impaired or not. "
        "Null if the model's classes (`headline`) lie on both sides, or the measure "
        "is too near the middle."
    )
    text: str = Field(description="All of this in one sentence, for a person.")
    caveat: str = Field(description="How good the measure is, and what it is not.")
    auc: OpinionAuc | None = Field(
        description="On people whom it was not fitted to; null if that is not known."
    )
