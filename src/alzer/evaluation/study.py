"""All figures of a study, from its predictions for people it never saw."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from alzer.classes import CLASS_NAMES, CLASSES
from alzer.errors import InvalidRequest
from alzer.evaluation.answer_figures import answer_figures
from alzer.evaluation.baselines import Subject, run_baselines
from alzer.evaluation.calibration import FittedTo, Slices
from alzer.evaluation.controls import leaky_figures, permuted_figures
from alzer.evaluation.cross_fitting import CrossFitted, as_people, cross_fit
from alzer.evaluation.further_answers import FurtherAnswers, further_figures
from alzer.evaluation.intervals import bootstrap, paired_bootstrap
from alzer.evaluation.limits import limitations, outside_limits
from alzer.evaluation.metrics import (
    Floats,
    People,
    confusion,
)
from alzer.evaluation.person_figures import person_figures
from alzer.evaluation.predictions import HeldOut
from alzer.evaluation.scores import (
    RANKING_SCORES,
    SCORES,
    impaired_auc,
    predicted,
    score_people,
    score_slices,
)
from alzer.evaluation.trust import calibration_figures, set_figures
from alzer.evaluation.values import interval_values, rounded
from alzer.model.card import thresholds_of

# The age from which impaired and unimpaired people of OASIS-1 overlap; younger
# people are all unimpaired, which makes age alone look like a diagnosis.
MATCHED_AGE_YEARS = 60.0

AGE_BANDS = ((0, 60), (60, 70), (70, 80), (80, 120))

FAILURES_SHOWN = 8

COHORTS = ("everyone", "age_60_and_over")


@dataclass(frozen=True)
class Material:
    """What there is to evaluate.

    Attributes:
        held_out: Predictions of the study.
        subjects: Everyone, for baselines and subgroups.
        card: The model's card, without what evaluation adds.
        permuted: Predictions of the control with permuted labels, if it was run.
        leaky: Predictions of the control that holds out slices, likewise.
        notes: What should be known of the data, such as whom was left out.
        further: Answers for other slices, where networks were asked for them.
        second_opinion: Section of the card, if the slices were measured.
    """

    held_out: HeldOut
    subjects: Sequence[Subject]
    card: Mapping[str, Any]
    permuted: HeldOut | None = None
    leaky: HeldOut | None = None
    notes: Sequence[str] = ()
    further: FurtherAnswers = field(default_factory=FurtherAnswers)
    second_opinion: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Settings:
    """How thoroughly to evaluate.

    Attributes:
        repeats: Bootstrap draws of people.
        slice_repeats: The same for figures per slice, which take longer.
        advance: Called with a few words before each part.
    """

    repeats: int = 2000
    slice_repeats: int = 300
    advance: Callable[[str], None] = field(default=lambda _: None)


def evaluate(material: Material, settings: Settings | None = None) -> dict[str, Any]:
    """Compute every figure of a study.

    Args:
        material: What there is.
        settings: How thoroughly.

    Returns:
        Plain values for metrics.json; the same material gives the same figures.

    Raises:
        InvalidRequest: If predictions and people don't belong together.
    """
    settings = settings or Settings()
    _require_match(material)
    fitted_to = fitted_to_of(material.card)
    answers = cross_fit(material.held_out, fitted_to)
    slices, people = answers.all_slices, answers.everyone
    groups = _cohorts(people, material.subjects)
    settings.advance("figures per person")
    per_person = {
        name: score_people(group, settings.repeats) for name, group in groups.items()
    }
    settings.advance("figures per slice")
    per_slice = {
        name: score_slices(_of_people(slices, group), settings.slice_repeats)
        for name, group in groups.items()
    }
    settings.advance("baselines")
    baselines = _compare(people, material.subjects, settings)
    settings.advance("subgroups and calibration")
    data = _describe(material)
    further = further_figures(
        material.further, material.held_out, material.card, settings.repeats
    )
    return {
        "model": {key: material.card.get(key) for key in ("name", "version")},
        "data": data,
        "limitations": [
            *_limitations(material.card, data),
            *outside_limits(further["outside"]),
        ],
        "per_person": per_person,
        "per_slice": per_slice,
        "per_fold": {
            str(fold): rounded(impaired_auc(as_people(own)))
            for fold, own in zip(material.held_out.folds, answers.people, strict=True)
        },
        "confusion": {
            name: confusion(group.labels, predicted(group), len(CLASSES)).tolist()
            for name, group in groups.items()
        },
        "baselines": baselines,
        "subgroups": _subgroups(people, material.subjects, settings),
        "calibration": {
            "fitted_to": fitted_to,
            "predictions_of": material.held_out.predictions_of,
            **calibration_figures(answers),
        },
        "sets": _sets(answers, settings.repeats),
        "answers": answer_figures(answers, groups, per_person, per_slice),
        "person": person_figures(answers, fitted_to),
        "second_opinion": material.second_opinion and dict(material.second_opinion),
        "selection": material.card.get("selection"),
        "map_check": material.card.get("map_check"),
        "map_layers": material.card.get("map_layers"),
        "controls": {
            "permuted": material.permuted
            and permuted_figures(material.permuted, settings.repeats),
            "leaky": material.leaky
            and leaky_figures(material.leaky, material.held_out, material.subjects),
        },
        **further,
        "failures": _failures(people),
        "curves": {"model": _curve(people)},
    }


def fitted_to_of(card: Mapping[str, Any]) -> FittedTo:
    """Return what the temperature of a card's model is fitted to.

    A card that does not say so is of a time when it was the means of people.
    """
    calibration = card.get("calibration")
    if calibration is None or calibration.get("fitted_to") == "slices":
        return "slices"
    return "person means"


def _sets(answers: CrossFitted, repeats: int) -> dict[str, Any]:
    slices = [limits.thresholds for limits in answers.slice_limits]
    people = [limits.thresholds for limits in answers.person_limits]
    return {
        "slices": set_figures(answers.slices, slices, repeats),
        "people": set_figures(answers.people, people, repeats),
    }


def _require_match(material: Material) -> None:
    slices = material.held_out.all_slices
    known = {each.name: each.label for each in material.subjects}
    told = dict(zip(slices.subjects.tolist(), slices.labels.tolist(), strict=True))
    strange = sorted(name for name in told if known.get(name) != told[name])
    if strange:
        message = (
            f"{len(strange)} people of the predictions, such as {strange[0]}, are "
            "unknown to the data or have another class there; give the data that the "
            "study was trained on."
        )
        raise InvalidRequest(message)
    missing = sorted(set(known) - set(told))
    if missing:
        message = (
            f"{len(missing)} people of the data, such as {missing[0]}, have no "
            "prediction; every fold must be finished."
        )
        raise InvalidRequest(message)


def _cohorts(people: People, subjects: Sequence[Subject]) -> dict[str, People]:
    ages = _measures(people, subjects, "age")
    older = people.where(ages >= MATCHED_AGE_YEARS)
    groups = {"everyone": people}
    if len(older.labels):
        groups["age_60_and_over"] = older
    return groups


def _measures(people: People, subjects: Sequence[Subject], name: str) -> Floats:
    values = {each.name: each.measures.get(name, np.nan) for each in subjects}
    return np.array([values[each] for each in people.subjects])


def _of_people(slices: Slices, people: People) -> Slices:
    return slices.where(np.isin(slices.subjects, people.subjects))


def _compare(
    people: People, subjects: Sequence[Subject], settings: Settings
) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for name, other in run_baselines(subjects).items():
        entry: dict[str, Any] = {}
        groups = _cohorts(people, subjects)
        for cohort, group in groups.items():
            own = other.where(np.isin(other.subjects, group.subjects))
            entry[cohort] = {
                score: interval_values(bootstrap(own, SCORES[score], settings.repeats))
                for score in RANKING_SCORES
            }
            gain = paired_bootstrap(group, own, impaired_auc, settings.repeats)
            entry[cohort]["model_minus_this"] = {
                **interval_values(gain),
                "verdict": gain.verdict,
            }
        result[name] = {**entry, "curve": _curve(other)}
    return result


def _subgroups(
    people: People, subjects: Sequence[Subject], settings: Settings
) -> list[dict[str, Any]]:
    ages, sexes = (_measures(people, subjects, name) for name in ("age", "sex"))
    chosen = {"women": sexes == 0.0, "men": sexes == 1.0}
    for low, high in AGE_BANDS:
        words = f"{low} to {high - 1} years"
        words = f"under {high} years" if not low else words
        words = f"{low} years and over" if high > 100 else words
        chosen[words] = (ages >= low) & (ages < high)
    chosen["age not known"] = np.isnan(ages)
    return [
        {
            "group": name,
            "people": int(mask.sum()),
            "impaired": int(people.impaired[mask].sum()),
            "auc": interval_values(
                bootstrap(people.where(mask), impaired_auc, settings.repeats)
            ),
        }
        for name, mask in chosen.items()
        if mask.any()
    ]


def _failures(people: People) -> list[dict[str, Any]]:
    """Name those of whom the model was most sure and most wrong."""
    found = predicted(people)
    own = people.probabilities[np.arange(len(found)), found]
    wrong = np.flatnonzero(found != people.labels)
    worst = wrong[np.argsort(-own[wrong], kind="stable")][:FAILURES_SHOWN]
    return [
        {
            "subject": str(people.subjects[each]),
            "class": CLASS_NAMES[people.labels[each]],
            "predicted": CLASS_NAMES[found[each]],
            "probability": rounded(float(own[each])),
        }
        for each in worst
    ]


def _curve(people: People) -> dict[str, list[float]]:
    """Give the ROC curve of impaired against not."""
    order = np.argsort(-people.impairment_score, kind="stable")
    hits = people.impaired[order]
    last = np.append(np.diff(people.impairment_score[order]) != 0, True)
    true = np.cumsum(hits)[last] / max(hits.sum(), 1)
    false = np.cumsum(~hits)[last] / max((~hits).sum(), 1)
    return {
        "false_positive_rate": [0.0, *(round(float(each), 4) for each in false)],
        "true_positive_rate": [0.0, *(round(float(each), 4) for each in true)],
    }


def _limitations(card: Mapping[str, Any], data: Mapping[str, Any]) -> list[str]:
    initial = card.get("initial_weights") or {}
    told = limitations(
        data["source"], data["people_per_class"], thresholds_of(card) or ()
    )
    return [*told, *([initial["note"]] if initial.get("note") else ())]


def _describe(material: Material) -> dict[str, Any]:
    labels = np.array([each.label for each in material.subjects], np.int64)
    return {
        "people": len(labels),
        "slices": len(material.held_out.all_slices.labels),
        "people_per_class": dict(
            zip(
                CLASS_NAMES,
                np.bincount(labels, minlength=len(CLASSES)).tolist(),
                strict=True,
            )
        ),
        "age_known": sum("age" in each.measures for each in material.subjects),
        "source": (material.card.get("data") or {}).get("source"),
        "acknowledgement": (material.card.get("data") or {}).get("acknowledgement"),
        "notes": list(material.notes),
        "initial_weights": material.card.get("initial_weights"),
    }
