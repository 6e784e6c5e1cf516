"""The JSON that the service speaks, documented for programs."""

from datetime import datetime
from typing import Final

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from alzer.headline import NO_RELIABLE_ANSWER
from alzer.model.engine import ModelIdentity
from alzer.store.jobs import JobState
from alzer.web.head_schemas import HeadFields
from alzer.web.input_schemas import INPUT_EXAMPLE, ScanInput
from alzer.web.map_schemas import QUALITY_EXAMPLE, MapQuality
from alzer.web.opinion_schemas import OPINION_EXAMPLE, SecondOpinion
from alzer.web.picture_schemas import PICTURE_EXAMPLE, Picture

_EXAMPLE: Final[JsonDict] = {
    "prediction": "Mild Impairment",
    "reliable": True,
    "unreliable_reason": None,
    "headline": "Mild Impairment",
    "confidence": 0.8765,
    "class_probabilities": {
        "No Impairment": "2.34%",
        "Very Mild Impairment": "9.45%",
        "Mild Impairment": "87.65%",
        "Moderate Impairment": "0.56%",
    },
    "heatmap_url": "http://127.0.0.1:8000/uploads/heatmaps/"
    "heatmap_0f8fad5b-d9cb-469f-a165-70867728950e.png",
    "heatmap_missing_reason": None,
    "analysis_id": "7c9e6679-7425-40de-944b-e07fc1f90ae7",
    "possible_classes": ["Mild Impairment"],
    "calibrated": True,
    "second_opinion": OPINION_EXAMPLE,
    "map_quality": QUALITY_EXAMPLE,
    "input": INPUT_EXAMPLE,
    "picture": PICTURE_EXAMPLE,
    "warnings": [],
    "timings_ms": {"read": 0.9, "infer": 21.8, "explain": 0.4, "total": 25.1},
    "model": {
        "name": "alzer-resnet50",
        "version": "0.1.0",
        "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "engine": "openvino",
        "precision": "bf16",
    },
}

_STORED_EXAMPLE: Final[JsonDict] = {
    **_EXAMPLE,
    "created_at": "2026-03-01T12:00:00Z",
    "reference": "Study 7, person 12",
}

_JOB_EXAMPLE: Final[JsonDict] = {
    "job_id": "3f2b8a52-6a0c-4f7b-9f6c-1f8f2f0f5a11",
    "state": "running",
    "stage": "read",
    "progress": 0.25,
    "created_at": "2026-03-01T12:00:00Z",
    "analysis_id": None,
    "analysis_url": None,
    "problem": None,
}

# By schema. In the OpenAPI document pydantic sorts their fields by name, and FastAPI
# leaves out those that are null.
EXAMPLES: Final = {
    "Prediction": _EXAMPLE,
    "StoredAnalysis": _STORED_EXAMPLE,
    "JobStatus": _JOB_EXAMPLE,
}


class ModelUsed(BaseModel):
    """The model behind an answer."""

    model_config = ConfigDict(from_attributes=True)

    name: str
    version: str
    sha256: str = Field(description="Digest of the model's file.")
    engine: str = Field(description="What ran it.")
    precision: str = Field(description="The arithmetic it ran in.")


class Layers(BaseModel):
    """Two pictures of equal size, for an overlay of adjustable opacity."""

    original: str = Field(description="The scan in grey; a data URL of a PNG.")
    heat: str | None = Field(
        description="The heat in opaque JET colours, likewise; null without a heatmap."
    )
    map: str | None = Field(
        None,
        description="The map that the request chose, likewise, transparent outside the "
        "head; null without one.",
    )


class Prediction(BaseModel):
    """What the model made of one scan, and where to see what influenced it.

    A person should be shown `headline`, and `unreliable_reason` where there is one.
    The class, its probabilities and its heatmap come all the same where `reliable`
    is false; they say nothing about the person then.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    prediction: str = Field(
        description="Name of the most probable class; no answer where `reliable` is "
        "false."
    )
    reliable: bool | None = Field(
        description="False where the answer can't be relied on, for example because "
        "the scan is unlike those that the model was trained on. Don't show or use "
        "class, probabilities and heatmap then. Null if the model can't tell."
    )
    unreliable_reason: str | None = Field(
        description="Why the answer can't be relied on and what to do, for a person; "
        "also the first of `warnings`. Null unless `reliable` is false."
    )
    headline: str = Field(
        description=f"What a person should read first: '{NO_RELIABLE_ANSWER}', or the "
        "classes that can't be ruled out."
    )
    confidence: float = Field(
        ge=0,
        le=1,
        description="Probability of `prediction`; see `calibrated` and `reliable`.",
    )
    class_probabilities: dict[str, str] = Field(
        description="All four classes in order of severity, in percent."
    )
    heatmap_url: str | None = Field(
        description="Grad-CAM over the scan; a PNG of the scan's size."
    )
    heatmap_missing_reason: str | None = Field(
        description="One sentence when `heatmap_url` is null."
    )
    analysis_id: str = Field(description="Names this analysis; unique.")
    possible_classes: list[str] | None = Field(
        description="The classes that can't be ruled out (a conformal prediction set). "
        "Every class that could be checked: the model cannot tell. None: no class "
        "fits. For which share of people the set holds their class, the model's card "
        "says (`coverage`). Null if the model is not calibrated or the answer is not "
        "reliable."
    )
    calibrated: bool = Field(
        description="Whether the probabilities were calibrated on people whom the "
        "network had not seen."
    )
    second_opinion: SecondOpinion | None = Field(
        None,
        description="What a simple measure of dark fluid says of the same scan. Null "
        "if the model brings none, or the answer is not reliable.",
    )
    map_quality: MapQuality | None = Field(
        None,
        description="Where what spoke for the predicted class lies. Null if nothing "
        "spoke for it.",
    )
    input: ScanInput | None = Field(
        None,
        description="What was sent, as far as it was read. Null of analyses from "
        "before this was told.",
    )
    picture: Picture | None = Field(
        None,
        description="What is known of the scan's picture; null of analyses from before "
        "it was told.",
    )
    warnings: list[str] = Field(description="What a reader of the answer must know.")
    timings_ms: dict[str, float] = Field(
        description="Milliseconds by stage; `total` is all of the analysis."
    )
    model: ModelUsed
    layers: Layers | None = Field(None, description="Only on request.")


class HeadPrediction(HeadFields, Prediction):
    """One answer for the person whose whole head was sent."""


class Problem(BaseModel):
    """Why a request failed."""

    detail: str = Field(description="What is wrong and what to do, for a person.")
    code: str = Field(description="The same for a program; stable.")
    series: list[str] | None = Field(
        None,
        description="Of `several_series`: what there is to choose from, the first one "
        "by `series=1`; not said otherwise.",
    )


class StoredAnalysis(Prediction):
    """An analysis as it is kept."""

    model_config = ConfigDict(json_schema_extra={"examples": [_STORED_EXAMPLE]})

    created_at: datetime = Field(description="When it was made.")
    reference: str | None = Field(None, description="What people call it by.")


class StoredHeadAnalysis(HeadFields, StoredAnalysis):
    """An analysis of a whole head as it is kept."""


class AnalysisPage(BaseModel):
    """Some analyses, the newest first."""

    analyses: list[StoredHeadAnalysis | StoredAnalysis]
    next_cursor: str | None = Field(
        description="`cursor` of the next page; null on the last."
    )


class JobProblem(Problem):
    """Why a job failed."""

    status: int = Field(description="With which a request is answered that fails so.")


class JobStatus(BaseModel):
    """How far an analysis is that nobody waits for."""

    model_config = ConfigDict(json_schema_extra={"examples": [_JOB_EXAMPLE]})

    job_id: str = Field(description="Names this job; unique.")
    state: JobState = Field(
        description="`queued` and `running` change; `done`, `failed` and `cancelled` "
        "are final; `lost`: the service ended before the job did, send the scan again."
    )
    stage: str | None = Field(description="What is being done.")
    progress: float = Field(ge=0, le=1, description="How much is done.")
    created_at: datetime = Field(description="When it was asked for.")
    analysis_id: str | None = Field(description="Of the analysis, once it is `done`.")
    analysis_url: str | None = Field(description="Where to get it then.")
    problem: JobProblem | None = Field(description="Why it is `failed` or `lost`.")


class Health(BaseModel):
    """The process answers."""

    status: str = "ok"


class Readiness(BaseModel):
    """Predictions can be made and kept."""

    status: str = "ready"
    model: ModelUsed | None = Field(None, description="The model that makes them.")
    engine_timings_ms: dict[str, float] = Field(
        default_factory=dict,
        description="Milliseconds per slice of each engine and precision, measured "
        "when the service first started; the fastest is used. Empty if the settings "
        "chose.",
    )


def describe_model(identity: ModelIdentity | None) -> ModelUsed | None:
    """Put a model's identity into words for programs, if it is known."""
    return None if identity is None else ModelUsed.model_validate(identity)
