"""Probabilities that mean what they say, and sets that hold the truth.

Both are fitted to predictions for people whom the network never saw. A prediction
is of a slice, where every person weighs the same whatever the number of slices, or
of a whole person, who is then a single row.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

from alzer.evaluation.metrics import Floats, People, by_subject, person_weights
from alzer.model.decision import COVERAGE
from alzer.model.person import soften

# With fewer people than this, no finite threshold covers nine of ten.
MIN_PEOPLE_PER_CLASS = 10

# What a temperature is fitted to. Until version 2 of the model that ships it was the
# means of people, which are less certain than their slices: single slices came out
# overconfident. A card that does not say `fitted_to` is of that time.
FittedTo = Literal["slices", "person means"]

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


@dataclass(frozen=True)
class SliceLimits:
    """What is fitted to slices of people held out.

    Attributes:
        temperature: Divides the logits; 1 if none was fitted.
        thresholds: For each class, the least probability with which it
            stays possible; None where too few people have it to say. None
            altogether if nothing was fitted.
    """

    temperature: float = 1.0
    thresholds: tuple[float | None, ...] | None = None


def log_loss(slices: Slices, fitted_to: FittedTo = "slices") -> float:
    """Return the mean negative log likelihood; every person weighs the same.

    Args:
        slices: Predictions; for whole people, one row of each.
        fitted_to: Whether the loss is that of slices, or of the mean probabilities
            of each person.
    """
    if fitted_to == "person means":
        means = by_person(slices)
        slices = Slices(means.subjects, means.labels, means.probabilities)
    own = slices.probabilities[np.arange(len(slices.labels)), slices.labels]
    losses = -np.log(np.maximum(own, _LEAST))
    return float((losses * person_weights(slices.subjects)).sum())


def fit_temperature(slices: Slices, fitted_to: FittedTo = "slices") -> float:
    """Find the temperature at which the log loss is least.

    Source: Guo et al. 2017, arXiv:1706.04599, section 4.2.

    Args:
        slices: Of people whom the network never saw.
        fitted_to: Whose loss counts.

    Returns:
        Between 0.1 and 10, with six decimals as a card has it.
    """
    found = minimize_scalar(
        lambda power: log_loss(slices.at(math.exp(power)), fitted_to),
        bounds=[math.log(each) for each in _TEMPERATURES],
        options={"xatol": 1e-7},
    )
    return round(math.exp(float(found.x)), 6)


def fit_slices(folds: Sequence[Slices], fitted_to: FittedTo = "slices") -> SliceLimits:
    """Fit all that a single slice needs.

    Args:
        folds: Predictions for people held out, as the networks gave them.
        fitted_to: What the temperature is fitted to.

    Returns:
        The limits; the probabilities in them are those at the temperature.
    """
    slices = join_slices(folds)
    temperature = fit_temperature(slices, fitted_to)
    return SliceLimits(temperature, fit_sets(slices.at(temperature)))


def slice_section(limits: SliceLimits) -> dict[str, Any]:
    """Return section `calibration` of a model's card.

    Args:
        limits: Of slices; without thresholds, nothing is said to be calibrated.
    """
    least = limits.thresholds
    return {
        "temperature": limits.temperature,
        "fitted_to": "slices",
        "coverage": COVERAGE,
        "thresholds": least
        and [None if bound is None else round(bound, 6) for bound in least],
    }


def fit_sets(slices: Slices, coverage: float = COVERAGE) -> tuple[float | None, ...]:
    """Find, for each class, the least probability with which it stays possible.

    For a new person of a class, the set of one slice (or of the person, where each
    person is one row) holds that class with the asked probability: split conformal
    prediction within each class. A person's slices are pooled with equal weight.

    Source: Vovk 2013, doi:10.1007/s10994-013-5355-6 (within classes); Dunn et al.
    2023, doi:10.1080/01621459.2022.2060112, section 3.1 (pooled groups).

    Args:
        slices: Of people whom the network never saw.
        coverage: Share of people whose class is to be in the set.

    Returns:
        One per class; None where too few people have it to say.
    """
    return tuple(
        _threshold(slices.where(slices.labels == label), label, coverage)
        for label in range(slices.probabilities.shape[1])
    )


def _threshold(own: Slices, label: int, coverage: float) -> float | None:
    people = len(np.unique(own.subjects))
    if people < MIN_PEOPLE_PER_CLASS:
        return None
    share = own.probabilities[:, label]
    order = np.argsort(-share, kind="stable")
    covered = np.cumsum(person_weights(own.subjects)[order])
    # One more than the people at hand: the new person.
    needed = min(math.ceil((people + 1) * coverage) / people, 1.0)
    place = min(int(np.searchsorted(covered, needed - 1e-9)), len(order) - 1)
    return float(share[order][place])
