"""Probabilities that mean what they say, and sets that hold the truth.

Both are fitted to predictions for people that the network never saw, and both
are for one slice at a time, as in use: a person's slices count as one person.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from alzer.evaluation.metrics import Floats, People, by_subject
from alzer.model.decision import COVERAGE
from alzer.model.person import soften

# With fewer people than this, no finite threshold covers nine of ten.
MIN_PEOPLE_PER_CLASS = 10

_TEMPERATURES = (0.1, 10.0)
_LEAST = 1e-12


@dataclass(frozen=True)
class Slices:
    """Predictions for slices of people that the network never saw.

    Attributes:
        subjects: shape (slice,).
        labels: Class index, shape (slice,).
        probabilities: shape (slice, class).
    """

    subjects: NDArray[np.str_]
    labels: NDArray[np.int64]
    probabilities: Floats

    def where(self, chosen: NDArray[np.bool_]) -> "Slices":
        """Return the slices that a mask chooses."""
        return Slices(
            self.subjects[chosen], self.labels[chosen], self.probabilities[chosen]
        )

    def at(self, temperature: float) -> "Slices":
        """Return the same with softer (above 1) or sharper probabilities."""
        return Slices(
            self.subjects, self.labels, soften(self.probabilities, temperature)
        )


def by_person(slices: Slices) -> People:
    """Return predictions per person, averaged over their slices."""
    return by_subject(slices.subjects, slices.labels, slices.probabilities)


def join_slices(groups: Iterable[Slices]) -> Slices:
    """Put the slices of several groups of people together."""
    each = list(groups)
    return Slices(
        np.concatenate([group.subjects for group in each]),
        np.concatenate([group.labels for group in each]),
        np.concatenate([group.probabilities for group in each]),
    )


def calibrate_across(folds: Sequence[Slices]) -> list[Slices]:
    """Calibrate each fold's predictions by a temperature fitted to the others.

    Args:
        folds: Predictions for people held out; a single fold is left as it is.

    Returns:
        The same, calibrated.
    """
    if len(folds) < 2:
        return list(folds)
    return [
        each.at(fit_temperature(join_slices([*folds[:place], *folds[place + 1 :]])))
        for place, each in enumerate(folds)
    ]


def log_loss(slices: Slices) -> float:
    """Return the mean negative log likelihood per person, their slices averaged."""
    people = by_person(slices)
    own = people.probabilities[np.arange(len(people.labels)), people.labels]
    return float(-np.log(np.maximum(own, _LEAST)).mean())


def fit_temperature(slices: Slices) -> float:
    """Find the temperature at which the probabilities fit people best.

    Source: Guo et al. 2017, arXiv:1706.04599, section 4.2.

    Args:
        slices: Of people that the network never saw.

    Returns:
        Between 0.1 and 10.
    """
    low, high = (math.log(each) for each in _TEMPERATURES)
    # Golden-section search; the loss has one minimum along the temperature.
    ratio = (math.sqrt(5.0) - 1.0) / 2.0
    for _ in range(40):
        left, right = high - ratio * (high - low), low + ratio * (high - low)
        if log_loss(slices.at(math.exp(left))) < log_loss(slices.at(math.exp(right))):
            high = right
        else:
            low = left
    return math.exp((low + high) / 2.0)


def fit_sets(slices: Slices, coverage: float = COVERAGE) -> tuple[float | None, ...]:
    """Find, for each class, the least probability with which it stays possible.

    For a new person of a class, one slice's set holds that class with the asked
    probability: split conformal prediction within each class. A person's slices
    are pooled with equal weight.

    Source: Vovk 2013, doi:10.1007/s10994-013-5355-6 (within classes); Dunn et al.
    2023, doi:10.1080/01621459.2022.2060112, section 3.1 (pooled groups).

    Args:
        slices: Of people that the network never saw.
        coverage: Share of people whose class is to be in the set.

    Returns:
        One per class; None where too few people have it to say.
    """
    return tuple(
        _least_probability(slices.where(slices.labels == label), label, coverage)
        for label in range(slices.probabilities.shape[1])
    )


def cover(slices: Slices, least: Sequence[float | None]) -> tuple[float | None, ...]:
    """Return, for each class, how often its sets hold it; people weigh the same.

    Args:
        slices: Of people whom neither the network nor `fit_sets` saw.
        least: Of `fit_sets`.

    Returns:
        One share per class, 0 to 1; None where nobody has it or it has no bound.
    """
    shares: list[float | None] = []
    for label, bound in enumerate(least):
        own = slices.where(slices.labels == label)
        if bound is None or not len(own.labels):
            shares.append(None)
            continue
        inside = (own.probabilities[:, label] >= bound).astype(np.float64)
        shares.append(float((inside * _person_weights(own.subjects)).sum()))
    return tuple(shares)


def _person_weights(subjects: NDArray[np.str_]) -> Floats:
    _, inverse, counts = np.unique(subjects, return_inverse=True, return_counts=True)
    return np.asarray(1.0 / counts[inverse] / len(counts))


def _least_probability(own: Slices, label: int, coverage: float) -> float | None:
    people = len(np.unique(own.subjects))
    if people < MIN_PEOPLE_PER_CLASS:
        return None
    share = own.probabilities[:, label]
    order = np.argsort(-share, kind="stable")
    covered = np.cumsum(_person_weights(own.subjects)[order])
    # One more than the people at hand: the new person.
    needed = min(math.ceil((people + 1) * coverage) / people, 1.0)
    place = min(int(np.searchsorted(covered, needed - 1e-9)), len(order) - 1)
    return float(share[order][place])
