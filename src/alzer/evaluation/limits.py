"""What a model is for, what it is not for, and where its data end."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from alzer.caveats import class_caveats
from alzer.classes import CLASS_NAMES
from alzer.model.decision import Decision

INTENDED = (
    (
        "Research and education: to see how a classifier of brain MRI slices "
        "behaves, how well such a thing can do when people are kept apart, and what "
        "influences it."
    ),
    (
        "It takes one axial, skull-stripped T1 slice at a time and says how the "
        "person may have been rated on the CDR scale (No, Very Mild, Mild or "
        "Moderate Impairment)."
    ),
)

NOT_INTENDED = (
    (
        "Not a medical device and not a diagnosis. No decision about a person may rest "
        "on it."
    ),
    (
        "The classes are degrees of clinical impairment as rated by a clinician, not "
        "pathology and not 'stages of Alzheimer's'."
    ),
    (
        "The heatmap shows what influenced the model, not where disease is. It names "
        "no side and no region."
    ),
    (
        "Probabilities are calibrated on the people of the training study; elsewhere "
        "they may be off."
    ),
)


@dataclass(frozen=True)
class KnownStudy:
    """What has to be said of every model that is trained on a known study.

    Attributes:
        limits: What the study can't show.
        acknowledgement: What its owners ask for.
    """

    limits: tuple[str, ...]
    acknowledgement: str


_OASIS_LIMITS = (
    (
        "Coverage: slices at MNI z from about -3 to +27. The lateral ventricles are "
        "inside; most of the hippocampus, and all of the entorhinal cortex and the "
        "amygdala, are not."
    ),
    (
        "Age: nobody impaired is under 62, and more than twenty unimpaired people "
        "are under 60. Figures for everyone are helped by that; those for people of "
        "60 and over are the ones to quote."
    ),
    (
        "One study, one scanner type, one way of preparing slices. Elsewhere it may be "
        "much worse."
    ),
)

KNOWN_STUDIES: Mapping[str, KnownStudy] = MappingProxyType(
    {
        "OASIS-1": KnownStudy(
            _OASIS_LIMITS,
            "Data were provided by OASIS: Cross-Sectional: Principal Investigators: "
            "D. Marcus, R. Buckner, J. Csernansky, J. Morris; P50 AG05681, P01 "
            "AG03991, P01 AG026276, R01 AG021910, P20 MH071616, U24 RR021382",
        )
    }
)


def acknowledgement(source: str | None) -> str | None:
    """Return what the owners of a study ask for; None if it is not a known one."""
    study = KNOWN_STUDIES.get(source or "")
    return None if study is None else study.acknowledgement


def limitations(
    source: str | None,
    people_per_class: Mapping[str, int],
    thresholds: Sequence[float | None],
) -> list[str]:
    """Return what a model is not, and where its data end.

    Args:
        source: The study, if it is a known one.
        people_per_class: By class name.
        thresholds: Of each class, as in `Decision`; empty if there are none.

    Returns:
        Sentences; what holds for all models first.
    """
    people = tuple(people_per_class.get(name, 0) for name in CLASS_NAMES)
    decision = Decision(thresholds=tuple(thresholds), people_per_class=people)
    study = KNOWN_STUDIES.get(source or "")
    own = () if study is None else study.limits
    return [*NOT_INTENDED, *class_caveats(decision).values(), *own]


def outside_limits(outside: Mapping[str, Any] | None) -> list[str]:
    """Return how far a model holds outside the data of its study.

    Args:
        outside: What `outside_figures` gave; None if nothing was judged there.

    Returns:
        A sentence, with the AUC per person and its interval where it is known.
    """
    if not outside:
        return ["Outside the study's data nothing has been measured."]
    area = outside["predictors"]["this model"]["auc_per_person"]
    if area["value"] is None:
        return []
    said = (
        f"Measured outside the study's data, on {outside['sessions']} visits of "
        f"{outside['people']} other people: AUC per person {area['value']:.2f} "
        f"({area['low']:.2f} to {area['high']:.2f})."
    )
    return [said]
