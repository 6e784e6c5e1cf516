"""Comprehensive SR: the answer as numbers and codes that other programs read.

Source: PS3.16, TID 1500 Measurement Report, with TID 1501 for the groups, TID 300 for
numbers, TID 1004 for the device that observed and TID 4019 for the algorithm.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from highdicom.sr import (
    AlgorithmIdentification,
    CodeContentItem,
    CodedConcept,
    ComprehensiveSR,
    ContainerContentItem,
    ContentSequence,
    DeviceObserverIdentifyingAttributes,
    FindingSite,
    Measurement,
    MeasurementReport,
    MeasurementsAndQualitativeEvaluations,
    ObservationContext,
    ObserverContext,
    QualitativeEvaluation,
    RelationshipTypeValues,
    TextContentItem,
    TrackingIdentifier,
)
from pydicom.dataset import Dataset

from alzer import __version__
from alzer.dicom_out import codes
from alzer.dicom_out.equipment import (
    MANUFACTURER,
    NOT_FOR_DIAGNOSIS,
    PRODUCT,
    give_context,
    own_part,
    serial_number,
)
from alzer.dicom_out.library import evidence_of_report, image_library
from alzer.dicom_out.scene import Scene
from alzer.dicom_out.series import new_uid
from alzer.reports.report import HEATMAP_LIMIT, NOTICE, Verdict
from alzer.reports.verdicts import find_verdicts

_DEVICE: Final = CodedConcept("121007", "DCM", "Device")


def write_report(scene: Scene, others: Sequence[Dataset] = ()) -> Dataset:
    """Write what is said of an analysis as a measurement report.

    Args:
        scene: What is known of it.
        others: Images that were written of the same analysis; the report refers to
            them, too.

    Returns:
        The object. Of an answer that can't be relied on it names no class and no
        probability, but the reason.
    """
    verdicts = find_verdicts(scene.told, scene.label, has_heatmap=_has_map(scene))
    groups = [_classification(scene, verdicts), *_measurements(scene)]
    return document(scene, groups, [*_texts(scene, verdicts)], others)


def document(
    scene: Scene,
    groups: Sequence[MeasurementsAndQualitativeEvaluations],
    texts: Sequence[tuple[CodedConcept, str]],
    others: Sequence[Dataset] = (),
) -> Dataset:
    """Write a measurement report.

    Args:
        scene: Whose device observed, and what the report refers to.
        groups: Its measurements.
        texts: Sentences, each with what it is about.
        others: As for `write_report`.

    Returns:
        The object.
    """
    report = MeasurementReport(
        observation_context=_context(scene),
        procedure_reported=codes.PROCEDURE,
        imaging_measurements=groups,
        title=codes.TITLE,
    )
    content = report[0].ContentSequence
    place = next(
        index for index, item in enumerate(content) if item.ValueType == "CONTAINER"
    )
    if (library := image_library(scene.series, others)) is not None:
        content.insert(place, library)
    content.append(_sentences(texts))
    written = ComprehensiveSR(
        evidence=evidence_of_report(scene.series, others),
        content=report,
        is_complete=True,
        is_final=False,
        is_verified=False,
        record_evidence=False,
        coding_schemes=[codes.own_scheme()],
        **own_part("report", scene),
    )
    if not scene.series.files and not others:
        del written.CurrentRequestedProcedureEvidenceSequence
    give_context(written, scene.series)
    return written


def refusal_group() -> MeasurementsAndQualitativeEvaluations:
    """Return the one group of a report that measured nothing: no answer."""
    return MeasurementsAndQualitativeEvaluations(
        tracking_identifier=tracking("No answer"),
        finding_type=codes.IMPAIRMENT,
        qualitative_evaluations=[QualitativeEvaluation(codes.RELIABLE, codes.NO)],
    )


def algorithm(scene: Scene) -> AlgorithmIdentification:
    """Return what says which model answered, and how it was run."""
    model = scene.told.model
    return AlgorithmIdentification(
        name=str(model.get("name", "unknown")),
        version=str(model.get("version", "unknown")),
        parameters=[
            f"sha256={model.get('sha256', 'unknown')}",
            f"engine={model.get('engine', 'unknown')}",
            f"precision={model.get('precision', 'unknown')}",
        ],
        family=codes.DEEP_LEARNING,
    )


def tracking(name: str) -> TrackingIdentifier:
    """Return what names a group of measurements within its report."""
    return TrackingIdentifier(uid=new_uid(), identifier=name)


def _context(scene: Scene) -> ObservationContext:
    digest = serial_number(scene)
    observer = DeviceObserverIdentifyingAttributes(
        uid=codes.uid_of_digest(digest) if digest else new_uid(),
        name=PRODUCT,
        manufacturer_name=MANUFACTURER,
        model_name=f"{PRODUCT} {scene.software.get('alzer') or __version__}",
        serial_number=digest or None,
    )
    return ObservationContext(
        observer_device_context=ObserverContext(
            observer_type=_DEVICE, observer_identifying_attributes=observer
        )
    )


def _has_map(scene: Scene) -> bool:
    return scene.told.overlay_png is not None and not scene.is_withheld


def _classification(
    scene: Scene, verdicts: Sequence[Verdict]
) -> MeasurementsAndQualitativeEvaluations:
    """Return the answer: probabilities, the prediction set, and what was judged."""
    evaluations = [
        QualitativeEvaluation(name, value)
        for name, value in (*_answer_codes(scene), *_verdict_codes(verdicts))
    ]
    return MeasurementsAndQualitativeEvaluations(
        tracking_identifier=tracking("Classification"),
        finding_type=codes.IMPAIRMENT,
        finding_sites=[FindingSite(codes.BRAIN)],
        algorithm_id=algorithm(scene),
        measurements=list(_probabilities(scene)),
        qualitative_evaluations=evaluations,
    )


def _probabilities(scene: Scene) -> Iterator[Measurement]:
    """Return one number a class; none of an answer that can't be relied on."""
    if scene.is_withheld:
        return
    for name, share in scene.probabilities.items():
        measured = Measurement(codes.PROBABILITY, share, codes.RATIO)
        modifier = CodeContentItem(
            codes.FINDING,
            codes.class_code(name),
            RelationshipTypeValues.HAS_CONCEPT_MOD,
        )
        # TID 300, row 2: what the probability is of.
        measured[0].ContentSequence = ContentSequence([modifier])
        yield measured


def _answer_codes(scene: Scene) -> Iterator[tuple[CodedConcept, CodedConcept]]:
    answer = scene.told.answer
    yield codes.RELIABLE, codes.yes_or_no(answer.get("reliable"))
    if scene.is_withheld:
        return
    yield codes.CALIBRATED, codes.yes_or_no(bool(answer.get("calibrated")))
    yield codes.MOST_PROBABLE, codes.class_code(scene.prediction)
    for name in answer.get("possible_classes") or ():
        yield codes.PREDICTION_SET, codes.class_code(str(name))


def _verdict_codes(
    verdicts: Sequence[Verdict],
) -> Iterator[tuple[CodedConcept, CodedConcept]]:
    for one in verdicts:
        yield codes.VERDICTS[one.name], codes.LEVELS[one.level]


def _measurements(scene: Scene) -> Iterator[MeasurementsAndQualitativeEvaluations]:
    """Return what was measured of the head and of its fluid, as far as it was."""
    head = [*_head_numbers(scene)]
    if head:
        yield _group("Measurements of the head", head)
    opinion = scene.told.answer.get("second_opinion")
    if opinion and not scene.is_withheld:
        numbers = [
            (codes.CSF_FRACTION, float(opinion["csf_percent"]), codes.PERCENT),
            (
                codes.CSF_IMPAIRED,
                float(opinion["impairment_probability"]),
                codes.RATIO,
            ),
        ]
        agrees = (codes.AGREES, codes.yes_or_no(opinion.get("agrees")))
        yield _group("Second opinion", numbers, [agrees])


def _head_numbers(scene: Scene) -> Iterator[tuple[CodedConcept, float, CodedConcept]]:
    if not scene.told.is_head:
        return
    measured = scene.told.head.get("measurements") or {}
    prepared = scene.told.head.get("preparation") or {}
    for name, value, unit in (
        (codes.VOLUME, measured.get("brain_ml"), codes.MILLILITRE),
        (codes.SIMILARITY, prepared.get("registration_similarity"), codes.RATIO),
        (codes.ROTATION, prepared.get("rotation_degrees"), codes.DEGREE),
        (codes.SCALE, prepared.get("scale"), codes.RATIO),
    ):
        if value is not None:
            yield name, float(value), unit


def _group(
    name: str,
    numbers: Sequence[tuple[CodedConcept, float, CodedConcept]],
    evaluations: Sequence[tuple[CodedConcept, CodedConcept]] = (),
) -> MeasurementsAndQualitativeEvaluations:
    return MeasurementsAndQualitativeEvaluations(
        tracking_identifier=tracking(name),
        finding_sites=[FindingSite(codes.BRAIN)],
        measurements=[Measurement(*one) for one in numbers],
        qualitative_evaluations=[QualitativeEvaluation(*one) for one in evaluations],
    )


def _texts(
    scene: Scene, verdicts: Sequence[Verdict]
) -> Iterator[tuple[CodedConcept, str]]:
    """Return the sentences that people read, the most important ones first."""
    answer = scene.told.answer
    yield codes.COMMENT, f"{NOT_FOR_DIAGNOSIS}. {NOTICE}"
    about = "this person" if scene.told.is_head else "this slice"
    yield codes.COMMENT, f"For {about}: {answer.get('headline')}"
    reason = answer.get("unreliable_reason")
    if reason:
        yield codes.COMMENT, str(reason)
    for one in verdicts:
        said = " ".join(one.sentences)
        yield codes.VERDICTS[one.name], f"{one.verdict}. {said}".strip()
    for warning in answer.get("warnings") or ():
        if warning != reason:
            yield codes.COMMENT, str(warning)
    yield codes.COMMENT, HEATMAP_LIMIT


def _sentences(texts: Sequence[tuple[CodedConcept, str]]) -> ContainerContentItem:
    """Return sentences as the template's qualitative evaluations."""
    contains = RelationshipTypeValues.CONTAINS
    container = ContainerContentItem(codes.EVALUATIONS, relationship_type=contains)
    items = [TextContentItem(name, text, contains) for name, text in texts]
    container.ContentSequence = ContentSequence(items)
    return container
