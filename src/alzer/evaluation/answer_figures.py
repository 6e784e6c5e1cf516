"""What a reader of one answer should know of answers to people held out.

How often answers call unimpaired people impaired and miss impaired ones, and of the
people who got about the same probability of a class, how many were rated with it. Both
for single slices and for whole people: a person's slices say less than all together.
"""

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from alzer.classes import CLASS_NAMES
from alzer.evaluation.calibration import MIN_PEOPLE_PER_CLASS, Slices, join_slices
from alzer.evaluation.cross_fitting import CrossFitted
from alzer.evaluation.intervals import Interval, share_interval
from alzer.evaluation.metrics import Floats, People, person_weights
from alzer.evaluation.values import interval_values, rounded

Figures = Mapping[str, Any]

# Ranges of probability are this wide, or wider where they hold too few people.
STEP: Final = 0.1

# With as many people, an observed share is known to about a fifth either way.
MIN_PEOPLE_PER_RANGE: Final = 20


def answer_figures(
    answers: CrossFitted,
    cohorts: Mapping[str, People],
    per_person: Figures,
    per_slice: Figures,
) -> dict[str, Any]:
    """Return what stands beside answers, for slices and for whole people.

    Args:
        answers: For people held out, by limits fitted to the other folds.
        cohorts: The people whom figures are told of, by name.
        per_person: Their scores, by name of the cohort.
        per_slice: Likewise of their slices.

    Returns:
        Plain values for metrics.json and section `answers` of a card. There are no
        ranges of probability where nothing was calibrated.
    """
    units = {
        "slice": (answers.all_slices, per_slice),
        "person": (join_slices(answers.people), per_person),
    }
    return {
        unit: {
            **{
                name: _cohort(_of_people(rows, people), scores[name])
                for name, people in cohorts.items()
            },
            "classes": dict(_classes(rows)) if answers.is_judged else {},
        }
        for unit, (rows, scores) in units.items()
    }


def _of_people(rows: Slices, people: People) -> Slices:
    return rows.where(np.isin(rows.subjects, people.subjects))


def _cohort(rows: Slices, scores: Figures) -> dict[str, Any]:
    impaired = rows.labels > 0
    called = rows.probabilities.argmax(axis=1) > 0
    return {
        "people": len(np.unique(rows.subjects)),
        "impaired": len(np.unique(rows.subjects[impaired])),
        "auc": dict(scores["auc"]),
        "ece": scores["ece"]["value"],
        "called_impaired": _share(rows.where(~impaired), called[~impaired]),
        "missed": _share(rows.where(impaired), ~called[impaired]),
    }


def _share(rows: Slices, found: NDArray[np.bool_]) -> dict[str, float | None] | None:
    """Return how often something is so, every person weighing the same."""
    if not len(rows.labels):
        return None
    share = float((person_weights(rows.subjects) * found).sum())
    return interval_values(share_interval(share, len(np.unique(rows.subjects))))


def _classes(rows: Slices) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    for label, name in enumerate(CLASS_NAMES):
        own = rows.subjects[rows.labels == label]
        if len(np.unique(own)) >= MIN_PEOPLE_PER_CLASS:
            yield name, list(_ranges(rows, label))


def _ranges(rows: Slices, label: int) -> Iterator[dict[str, Any]]:
    """Compare probabilities of a class with how many had it, range by range."""
    given = rows.probabilities[:, label]
    weights = person_weights(rows.subjects)
    edges = _edges(rows.subjects, weights, given)
    place = np.clip(np.searchsorted(edges, given, side="right") - 1, 0, len(edges) - 2)
    for index, (low, high) in enumerate(pairwise(edges)):
        own = place == index
        share = float(weights[own].sum())
        yield {
            "from": round(float(low), 2),
            "to": round(float(high), 2),
            "people": len(np.unique(rows.subjects[own])),
            "given": rounded(float((weights * given)[own].sum()) / share),
            "rated": interval_values(_rated(rows, own, weights, label)),
        }


def _rated(
    rows: Slices, own: NDArray[np.bool_], weights: Floats, label: int
) -> Interval:
    has_class = rows.labels[own] == label
    share = float((weights[own] * has_class).sum() / weights[own].sum())
    people = effective_people(rows.subjects[own], weights[own])
    return share_interval(share, people)


def _edges(subjects: NDArray[np.str_], weights: Floats, given: Floats) -> list[float]:
    """Return where ranges begin and end, each with enough people in it.

    They cover what was given to people held out, and no more.
    """
    place = np.minimum((given / STEP + 1e-9).astype(np.intp), round(1 / STEP) - 1)
    begins = [int(place.min())]
    for step in range(begins[0] + 1, int(place.max()) + 1):
        own = (place >= begins[-1]) & (place < step)
        if effective_people(subjects[own], weights[own]) >= MIN_PEOPLE_PER_RANGE:
            begins.append(step)
    last = place >= begins[-1]
    people = effective_people(subjects[last], weights[last])
    if len(begins) > 1 and people < MIN_PEOPLE_PER_RANGE:
        begins.pop()
    return [round(STEP * step, 2) for step in (*begins, int(place.max()) + 1)]


def effective_people(subjects: NDArray[np.str_], weights: Floats) -> float:
    """Return how many people of equal weight would tell as much.

    A person's rows all have the class of the person, so that they count as one.

    Source: Kish 1965, Survey Sampling, section 11.7.

    Args:
        subjects: Whose rows they are, shape (row,).
        weights: Of the rows, likewise.

    Returns:
        At most the number of people; 0 without rows.
    """
    if not len(subjects):
        return 0.0
    _, person = np.unique(subjects, return_inverse=True)
    sums = np.bincount(person, weights)
    return float(sums.sum() ** 2 / (sums**2).sum())
