"""What is told of a whole head besides the answer itself, as plain values.

One structure for the service, the command line and Python: whoever writes an answer
adds the addresses or paths of files to it, and writes probabilities as it always does.
"""

from typing import Final, Literal, NotRequired, TypedDict

from alzer.analysed_slice import AnalysedSlice
from alzer.answer import Analysis
from alzer.classes import CLASS_NAMES
from alzer.errors import InvalidRequest
from alzer.person_evidence import evidence_cell_mm
from alzer.volumes.pipeline import PreparedVolume
from alzer.volumes.skull_stripping import MARGIN_MM
from alzer.volumes.structure_evidence import StructureEvidence, evidence_caveat
from alzer.volumes.structures import STRUCTURES_CAVEAT, StructureVolume

_DIGITS: Final = 6


class SliceFields(TypedDict):
    """One standard slice.

    Attributes:
        index: Its number, from below upwards, the lowest is 0.
        z_mm: Its height in standard space.
        class_probabilities: Of this slice alone, by class name, 0 to 1.
        reliable: Whether this slice can be relied on; None if the model can't tell.
        counted: Whether the answer for the person is made of this slice, too.
    """

    index: int
    z_mm: float
    class_probabilities: dict[str, float]
    reliable: bool | None
    counted: bool


class PreparationFields(TypedDict):
    """How well the head was brought to the standard slices.

    Attributes:
        quality: The verdict.
        reasons: Why it is not `good`, as sentences.
        registration_similarity: Correlation with the template, -1 to 1.
        brain_ml: Volume of the brain with its fluid.
        rotation_degrees: By how much the head is turned against its header.
        scale: Mean size against the template, along one axis.
    """

    quality: Literal["good", "check", "failed"]
    reasons: list[str]
    registration_similarity: float
    brain_ml: float
    rotation_degrees: float
    scale: float


class StructureFields(TypedDict):
    """One structure of the brain.

    Attributes:
        ml: Its volume.
        share: The same as a share of the brain mask, 0 to 1.
        evidence: Share of what spoke for the predicted class that lies in it, 0 to 1;
            None where it was not looked at, as for the next three.
        evidence_near: The same in it or within one cell of the maps.
        looked_at: Share of what was looked at that lies in it: evidence as large as
            this says nothing of it.
        looked_at_near: The same in it or within one cell.
    """

    ml: float
    share: float
    evidence: float | None
    evidence_near: float | None
    looked_at: float | None
    looked_at_near: float | None


class MeasurementFields(TypedDict):
    """What was measured of the head.

    Attributes:
        brain_ml: Volume of the brain with its fluid.
        structures: By name, where the add-on for structures is installed.
        caveats: What to say beside these, as sentences; likewise.
    """

    brain_ml: float
    structures: NotRequired[dict[str, StructureFields]]
    caveats: NotRequired[list[str]]


EvidenceFields = TypedDict(
    "EvidenceFields",
    {"class": str, "unit": Literal["logit"], "cell_mm": list[float]},
)
EvidenceFields.__doc__ = """What the values of the evidence in three dimensions mean.

Attributes:
    class: Name of the class that they speak for.
    unit: Of the values.
    cell_mm: Size of a cell of the maps along a slice's rows, along its columns and
        from slice to slice: nothing finer can be read from them.
"""


class ScanFields(TypedDict):
    """What is kept of the scan itself: the brain, without skull and face.

    Attributes:
        margin_mm: How far around the brain mask it is kept.
        tells_sides: Whether its file says which side is the left.
    """

    margin_mm: float
    tells_sides: bool


class VolumeFields(TypedDict):
    """What an answer for a whole head has besides that of a slice.

    Attributes:
        kind: That it is one.
        slices: The standard slices.
        leading_slice: Index of the slice that says most of the predicted class.
        preparation: How well the head was prepared.
        measurements: What was measured.
        evidence: What the values of the evidence mean.
        scan: What is kept of the scan itself.
    """

    kind: Literal["volume"]
    slices: list[SliceFields]
    leading_slice: int
    preparation: PreparationFields
    measurements: MeasurementFields
    evidence: EvidenceFields
    scan: ScanFields


def volume_fields(analysis: Analysis) -> VolumeFields:
    """Return what is told of a whole head besides the answer itself.

    Args:
        analysis: Of a whole head.

    Returns:
        Plain values, ready for JSON.

    Raises:
        InvalidRequest: If the analysis is of one slice.
    """
    prepared = analysis.preparation
    if prepared is None:
        message = "The analysis is of one slice, not of a whole head."
        raise InvalidRequest(message)
    return {
        "kind": "volume",
        "slices": [_describe_slice(one) for one in analysis.slices],
        "leading_slice": analysis.leading,
        "preparation": preparation_fields(prepared),
        "measurements": _describe_measurements(analysis, prepared),
        "evidence": {
            "class": CLASS_NAMES[analysis.label],
            "unit": "logit",
            "cell_mm": [round(size, 1) for size in evidence_cell_mm(analysis)],
        },
        "scan": {
            "margin_mm": MARGIN_MM,
            "tells_sides": prepared.volume.tells_sides,
        },
    }


def _describe_measurements(
    analysis: Analysis, prepared: PreparedVolume
) -> MeasurementFields:
    fields: MeasurementFields = {"brain_ml": round(prepared.quality.brain_ml, 1)}
    if (found := analysis.structures) is None:
        return fields
    fields["structures"] = {
        name: _describe_structure(volume, found.evidence.get(name))
        for name, volume in found.volumes.items()
    }
    cell_mm = max(evidence_cell_mm(analysis))
    fields["caveats"] = [STRUCTURES_CAVEAT, evidence_caveat(cell_mm)]
    return fields


def _describe_structure(
    volume: StructureVolume, evidence: StructureEvidence | None
) -> StructureFields:
    def share(name: str) -> float | None:
        return None if evidence is None else round(float(getattr(evidence, name)), 4)

    return {
        "ml": round(volume.ml, 2),
        "share": round(volume.share_of_brain, 5),
        "evidence": share("inside"),
        "evidence_near": share("near"),
        "looked_at": share("looked_at_inside"),
        "looked_at_near": share("looked_at_near"),
    }


def _describe_slice(one: AnalysedSlice) -> SliceFields:
    return {
        "index": one.index,
        "z_mm": round(one.z_mm or 0.0, 2),
        "class_probabilities": {
            name: round(share, _DIGITS)
            for name, share in one.class_probabilities.items()
        },
        "reliable": one.conclusion.reliable,
        "counted": one.counted,
    }


def preparation_fields(prepared: PreparedVolume) -> PreparationFields:
    """Return how well a head was prepared, also one that was not answered for.

    Args:
        prepared: The head.

    Returns:
        Plain values, ready for JSON.
    """
    quality = prepared.quality
    return {
        "quality": quality.verdict,
        "reasons": list(quality.reasons),
        "registration_similarity": round(quality.similarity, 4),
        "brain_ml": round(quality.brain_ml, 1),
        "rotation_degrees": round(quality.rotation_degrees, 2),
        "scale": round(quality.scale, 4),
    }
