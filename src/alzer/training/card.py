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
from alzer.evaluation.limits import acknowledgement, limitations, outside_limits
from alzer.evaluation.metrics import People, auc, balanced_accuracy, join_people
from alzer.training.cohort import Cohort
from alzer.training.network import ResNet50, count_parameters
from alzer.training.recipe import Recipe

# The age from which impaired and unimpaired people of OASIS-1 overlap; younger
# people are all unimpaired, which makes age alone look like a diagnosis.
MATCHED_AGE_YEARS = 60.0


@dataclass(frozen=True)
class Outcome:
    """What a study came to.

    Attributes:
        cohort: Everyone.
        recipe: How the networks were trained.
        held_out: By fold, the answers for the people it held out, by limits that
            were fitted to the other folds.
        calibration: Temperature and bounds of slices, fitted to all people held out.
        gate: Limit of ood_score, and how often it flags slices of people held out.
        person: Limits of one answer per person.
        selection: What was chosen, and on whom.
        initial_weights: What is known of the weights of elsewhere that the networks
            started from; None if they started at random.
        second_opinion: What a simple measure says beside the network; None if it
            can't be judged.
    """

    cohort: Cohort
    recipe: Recipe
    held_out: Mapping[int, People]
    calibration: Mapping[str, Any]
    gate: Mapping[str, Any]
    person: Mapping[str, Any]
    selection: Mapping[str, Any]
    initial_weights: Mapping[str, str] | None = None
    second_opinion: Mapping[str, Any] | None = None


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
    initial = outcome.initial_weights
    data = _describe_data(outcome.cohort)
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
        "data": data,
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
        "calibration": dict(outcome.calibration),
        "gate": _plain(outcome.gate),
        "person": dict(outcome.person),
        **_describe_second_opinion(outcome),
        "selection": dict(outcome.selection),
        # `alzer evaluate --update-card` measures them.
        "baselines": [],
        "limitations": [
            *limitations(
                outcome.cohort.source,
                data["people_per_class"],
                outcome.calibration.get("thresholds") or (),
            ),
            *outside_limits(None),
            *([initial["note"]] if initial else ()),
        ],
        "versions": _versions(),
    }


def _describe_second_opinion(outcome: Outcome) -> dict[str, Any]:
    found = outcome.second_opinion
    return {} if found is None else {"second_opinion": dict(found)}


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
        "acknowledgement": acknowledgement(cohort.source),
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
