"""From an analysis to the answer that programs get."""

from base64 import b64encode
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from alzer.analysis import Analysis
from alzer.analysis_evidence import evidence_of
from alzer.explain.overlay import encode_png, heat_colours
from alzer.explain.slice_maps import MapStyle
from alzer.input_facts import input_fields
from alzer.person_evidence import (
    BRAIN_FILE,
    BRAIN_MASK_FILE,
    EVIDENCE_FILE,
    slice_file,
)
from alzer.picture_facts import picture_fields
from alzer.volume_fields import volume_fields
from alzer.web.head_schemas import HeadFields
from alzer.web.input_schemas import ScanInput
from alzer.web.map_schemas import MapQuality
from alzer.web.opinion_schemas import SecondOpinion
from alzer.web.picture_schemas import Picture
from alzer.web.schemas import HeadPrediction, Layers, ModelUsed, Prediction


def refer_to_files(answer: HeadFields, root: str) -> None:
    """Fill in where the files are that an answer for a whole head refers to.

    Args:
        answer: Changed.
        root: Address of the folder that they are in.
    """
    answer.evidence_url = f"{root}/{EVIDENCE_FILE}"
    answer.brain_mask_url = f"{root}/{BRAIN_MASK_FILE}"
    if answer.scan is not None:
        answer.scan_url = f"{root}/{BRAIN_FILE}"
    for row in answer.slices:
        row.heatmap_url = f"{root}/{slice_file(row.index)}"


def describe(analysis: Analysis, identity: str, reason: str | None) -> Prediction:
    """Put an analysis into an answer, without addresses and pictures.

    Args:
        analysis: What was found.
        identity: Names the analysis.
        reason: Why there is no heatmap, if there is none.

    Returns:
        The answer.
    """
    answer = _describe_answer(analysis, identity, reason)
    if analysis.kind == "slice":
        return answer
    fields = volume_fields(analysis)
    rows = [
        {**row, "class_probabilities": _percent(row["class_probabilities"])}
        for row in fields["slices"]
    ]
    told = {**answer.model_dump(), **fields, "slices": rows}
    return HeadPrediction.model_validate(told)


def _percent(shares: Mapping[str, float]) -> dict[str, str]:
    return {name: f"{share:.2%}" for name, share in shares.items()}


def _describe_answer(
    analysis: Analysis, identity: str, reason: str | None
) -> Prediction:
    possible, opinion = analysis.possible_classes, analysis.second_opinion
    quality, given = analysis.map_quality, input_fields(analysis)
    picture = picture_fields(analysis)
    return Prediction(
        prediction=analysis.prediction,
        reliable=analysis.reliable,
        unreliable_reason=analysis.unreliable_reason,
        headline=analysis.headline.text,
        confidence=analysis.confidence,
        class_probabilities=_percent(analysis.class_probabilities),
        heatmap_url=None,
        heatmap_missing_reason=reason,
        analysis_id=identity,
        possible_classes=None if possible is None else list(possible),
        calibrated=analysis.calibrated,
        second_opinion=None
        if opinion is None
        else SecondOpinion.model_validate(opinion),
        map_quality=None
        if quality is None
        else MapQuality.model_validate(quality.fields),
        input=None if given is None else ScanInput.model_validate(given),
        warnings=list(analysis.warnings),
        timings_ms={
            stage: round(spent, 3) for stage, spent in analysis.timings_ms.items()
        },
        model=ModelUsed.model_validate(analysis.model),
        picture=None if picture is None else Picture.model_validate(picture),
        layers=None,
    )


def draw_layers(
    analysis: Analysis, style: MapStyle | None = None, label: int | None = None
) -> Layers:
    """Draw the scan and the heat as two pictures, and a map if one is asked for.

    Args:
        analysis: What was found.
        style: How the map is drawn.
        label: Index of the class that it explains; None: the predicted one.

    Returns:
        The pictures.
    """
    heat, layer = analysis.picture_heat, None
    if style is not None:
        maps = evidence_of(analysis).maps(analysis.leading)
        layer = maps.draw(style, analysis.label if label is None else label)
    return Layers(
        original=png_data_url(analysis.picture),
        heat=None if heat is None else png_data_url(heat_colours(heat)),
        map=None if layer is None else png_data_url(layer),
    )


def png_data_url(picture: NDArray[np.uint8]) -> str:
    """Put a picture into a URL of its own.

    Args:
        picture: shape (row, column) in grey or (row, column, 3 or 4) in red, green,
            blue and perhaps alpha, 0 to 255.

    Returns:
        A `data:` URL that holds a PNG.
    """
    return f"data:image/png;base64,{b64encode(encode_png(picture)).decode()}"
