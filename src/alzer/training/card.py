"""The model's card: what it is, what it was trained on, how good it is."""

import datetime as dt
import importlib.metadata
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from alzer.classes import CLASSES
from alzer.evaluation.intervals import bootstrap
from alzer.evaluation.metrics import People, auc, balanced_accuracy, join_people
from alzer.evaluation.published import PUBLISHED_BASELINES
from alzer.training.cohort import Cohort
from alzer.training.network import ResNet50, count_parameters
from alzer.training.recipe import Recipe

# The age from which impaired and unimpaired people of OASIS-1 overlap; younger
# people are all unimpaired, which makes age alone look like a diagnosis.
MATCHED_AGE_YEARS = 60.0

LIMITATIONS = (
    "Research and education software; not a medical device.",
    "The classes are degrees of clinical impairment (CDR), not of pathology.",
    (
        "Probabilities are calibrated on the people of the training study; elsewhere "
        "they may be off."
    ),
)

OASIS_LIMITATIONS = (
    "'Moderate Impairment' rests on two people; its accuracy can't be measured.",
    (
        "Trained on skull-stripped axial T1 slices of one study, in Talairach space, "
        "MNI z from about -3 to +27; most of the hippocampus lies outside."
    ),
    (
        "Nobody impaired in the data is under 62, so figures for everyone are helped "
        "by age; those for people of 60 and over are the ones to quote."
    ),
)

OASIS_ACKNOWLEDGEMENT = (
    "Data were provided by OASIS: Cross-Sectional: Principal Investigators: "
    "D. Marcus, R. Buckner, J. Csernansky, J. Morris; P50 AG05681, P01 AG03991, "
    "P01 AG026276, R01 AG021910, P20 MH071616, U24 RR021382"
)


@dataclass(frozen=True)
class Outcome:
    """What a study came to.

    Attributes:
        cohort: Everyone.
        recipe: How the networks were trained.
        held_out: By fold, the people it held out as its network saw them, calibrated
            by the other folds.
        calibration: Temperature and bounds fitted to all people held out.
        gate: Limit of novelty, and how often it flags slices of people held out.
        person: Limits of one answer per person.
        initial_weights: What is known of the weights of elsewhere that the networks
            started from; None if they started at random.
    """

    cohort: Cohort
    recipe: Recipe
    held_out: Mapping[int, People]
    calibration: Mapping[str, Any]
    gate: Mapping[str, Any]
    person: Mapping[str, Any]
    initial_weights: Mapping[str, str] | None = None


def write_card(outcome: Outcome, name: str, version: str) -> dict[str, Any]:
    """Describe a study's model.

    Args:
        outcome: What the study came to.
        name: Of the model.
        version: Of the model.

    Returns:
        Plain values for card.json.
    """
    everyone = join_people(outcome.held_out.values())
    ages = np.array(
        [outcome.cohort.ages.get(each, np.nan) for each in everyone.subjects]
    )
    older = everyone.where(ages >= MATCHED_AGE_YEARS)
    oasis = outcome.cohort.source == "OASIS-1"
    initial = outcome.initial_weights
    return {
        "name": name,
        "version": version,
        "created": dt.datetime.now(dt.UTC).date().isoformat(),
        "architecture": {
            "network": "ResNet-50 v1.5, one grey channel, one linear layer "
            "after global average pooling",
            "parameters": count_parameters(ResNet50()),
            "outputs": "logits (n, class); maps (n, class, row, column), "
            "mean(maps) + bias = logits",
        },
        "data": _describe_data(outcome.cohort),
        "folds": {
            "unit": "person",
            "numbers": list(outcome.held_out),
            "shipped_weights": "trained on everyone with the same recipe; "
            "the metrics are those of the folds' own networks",
        },
        "recipe": outcome.recipe.as_dict(),
        "initial_weights": None if initial is None else dict(initial),
        "metrics": {
            "everyone": _score(everyone),
            "age_60_and_over": _score(older),
        },
        "per_fold": {
            str(fold): {"people": len(people.labels), "auc": _rounded(_auc(people))}
            for fold, people in outcome.held_out.items()
        },
        "calibration": _plain(outcome.calibration),
        "gate": _plain(outcome.gate),
        "person": dict(outcome.person),
        "baselines": [dict(each) for each in PUBLISHED_BASELINES] if oasis else [],
        "limitations": [
            *LIMITATIONS,
            *(OASIS_LIMITATIONS if oasis else ()),
            *([initial["note"]] if initial else ()),
        ],
        "versions": _versions(),
    }


def _describe_data(cohort: Cohort) -> dict[str, Any]:
    labels = {each.subject: each.label for each in cohort.slices}
    counts = np.bincount(list(labels.values()), minlength=len(CLASSES))
    return {
        "source": cohort.source,
        "people": len(labels),
        "slices": len(cohort.slices),
        **({} if cohort.heads is None else {"heads": dict(cohort.heads)}),
        "people_per_class": {
            each.name: int(count) for each, count in zip(CLASSES, counts, strict=True)
        },
        "acknowledgement": OASIS_ACKNOWLEDGEMENT if cohort.source else None,
    }


def _score(people: People) -> dict[str, Any]:
    if not len(people.labels):
        return {"people": 0}
    scores: dict[str, Callable[[People], float]] = {
        "auc": _auc,
        "accuracy": lambda each: float((_predicted(each) == each.labels).mean()),
        "balanced_accuracy": lambda each: balanced_accuracy(
            each.labels, _predicted(each)
        ),
    }
    figures: dict[str, Any] = {
        name: {
            key: _rounded(value)
            for key, value in asdict(bootstrap(people, score)).items()
        }
        for name, score in scores.items()
    }
    return {"people": len(people.labels), **figures}


def _auc(people: People) -> float:
    return auc(people.impaired, people.impairment_score)


def _predicted(people: People) -> NDArray[np.int64]:
    return np.asarray(people.probabilities.argmax(axis=1), np.int64)


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: [_rounded_or_none(each) for each in value]
        if isinstance(value, list)
        else _rounded_or_none(value)
        for key, value in values.items()
    }


def _rounded_or_none(value: float | None) -> float | None:
    return None if value is None else round(value, 6)


def _rounded(value: float) -> float | None:
    """Round for the card; NaN (one class only) has no place in JSON."""
    return round(value, 4) if np.isfinite(value) else None


def _versions() -> dict[str, str]:
    names = ("alzer", "torch", "numpy", "pillow", "onnx", "onnxscript")
    return {each: importlib.metadata.version(each) for each in names}
