"""One answer per person: how slices are pooled, and the limits of the result.

Everything is fitted to predictions of the folds' networks for people whom they never
saw, and judged on folds that it was not fitted to: the temperature built into the
slices, the way of pooling, the person's temperature, thresholds and OOD rule alike.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from alzer.evaluation.calibration import (
    FittedTo,
    Slices,
    fit_sets,
    fit_temperature,
    join_slices,
    log_loss,
)
from alzer.evaluation.card_sections import place_section
from alzer.evaluation.metrics import Floats
from alzer.evaluation.predictions import HeldOut
from alzer.model.decision import COVERAGE
from alzer.model.person import PersonLimits, Pooling

# Share of people, and of a network's slices, that may be flagged though nothing is
# wrong; as the limit of single slices has it.
FALSE_ALARMS: Final = 0.01

# The lower slices of a person tell more than the upper ones (decision 29).
POOLINGS: Final = tuple(
    Pooling(averaged, only_in_distribution, lowest)
    for lowest in (1.0, 0.75, 0.5)
    for only_in_distribution in (False, True)
    for averaged in ("probabilities", "logits")
)


@dataclass(frozen=True)
class FoldPeople:
    """The slices that one network never saw, and which of them it finds odd.

    Attributes:
        slices: Predictions for them.
        flagged: Which are out of distribution for that network, shape (slice,);
            judged by a limit from other people. None if the distance is not known.
    """

    slices: Slices
    flagged: NDArray[np.bool_] | None

    @property
    def shares(self) -> Floats | None:
        """Share of each person's slices that is flagged, shape (person,)."""
        if self.flagged is None:
            return None
        _, person = np.unique(self.slices.subjects, return_inverse=True)
        return np.asarray(np.bincount(person, self.flagged) / np.bincount(person))

    def at(self, temperature: float) -> "FoldPeople":
        """Return the same with softer (above 1) or sharper probabilities."""
        return replace(self, slices=self.slices.at(temperature))

    def pool(self, limits: PersonLimits) -> Slices:
        """Return one prediction per person, in the order of their names.

        Args:
            limits: How to pool; the temperature counts, too.
        """
        slices, predicted, labels = self.slices, [], []
        flagged = self.flagged
        if flagged is None:
            flagged = np.zeros(len(slices.labels), bool)
        logits = np.log(np.maximum(slices.probabilities, 1e-12))
        names, person = np.unique(slices.subjects, return_inverse=True)
        for index in range(len(names)):
            own = person == index
            predicted.append(limits.predict(logits[own], flagged[own]))
            labels.append(slices.labels[own][0])
        return Slices(names, np.array(labels), np.array(predicted))


def read_folds(held_out: HeldOut) -> list[FoldPeople]:
    """Judge slices by the distance that their network gives, each without its person.

    Args:
        held_out: Predictions of all folds.

    Returns:
        One per fold.
    """
    return [
        FoldPeople(slices, flag_slices(slices.subjects, distance))
        for slices, distance in zip(held_out.slices, held_out.ood_score, strict=True)
    ]


def flag_slices(
    subjects: NDArray[np.str_], distance: Floats
) -> NDArray[np.bool_] | None:
    """Flag the slices that lie further away than nearly all of other people.

    Args:
        subjects: Whose slices they are, shape (slice,).
        distance: From the training slices of one network that saw none of these
            people, shape (slice,).

    Returns:
        shape (slice,); None if a distance is not known, or of one person alone.
    """
    names, person = np.unique(subjects, return_inverse=True)
    if np.isnan(distance).any() or len(names) < 2:
        return None
    limits = [
        np.quantile(distance[person != index], 1.0 - FALSE_ALARMS)
        for index in range(len(names))
    ]
    return np.asarray(distance > np.array(limits)[person])


def fit_person(
    folds: Sequence[FoldPeople],
    temperature: float | None = None,
    fitted_to: FittedTo = "slices",
) -> PersonLimits:
    """Fit everything that one answer per person needs.

    Args:
        folds: Predictions for people held out, as the networks gave them.
        temperature: That the slices are served at; by default the one that is
            fitted to the same folds.
        fitted_to: What that temperature is fitted to.

    Returns:
        The limits, for slices at that temperature.
    """
    if temperature is None:
        temperature = slice_temperature(folds, fitted_to)
    calibrated = [fold.at(temperature) for fold in folds]
    pooling = min(POOLINGS, key=lambda way: _loss(calibrated, way))
    limits = _fit_temperature(calibrated, pooling)
    people = join_slices([fold.pool(limits) for fold in calibrated])
    return replace(
        limits,
        thresholds=fit_sets(people),
        ood_share=fit_share([fold.shares for fold in calibrated]),
    )


def fit_share(shares: Sequence[Floats | None]) -> float | None:
    """Find the share of slices out of distribution that nearly nobody exceeds.

    A new person of the kind exceeds it with at most the probability of a false
    alarm, as far as the number of people can tell.

    Source: Vovk 2013, doi:10.1007/s10994-013-5355-6, for the rank.

    Args:
        shares: Per fold, shape (person,).

    Returns:
        0 to 1; None if a fold's shares are not known.
    """
    known = [share for share in shares if share is not None]
    if not known or len(known) < len(shares):
        return None
    ordered = np.sort(np.concatenate(known))
    rank = math.ceil((len(ordered) + 1) * (1.0 - FALSE_ALARMS))
    return float(ordered[min(rank, len(ordered)) - 1])


def pooling_losses(
    folds: Sequence[FoldPeople], fitted_to: FittedTo = "slices"
) -> list[tuple[Pooling, float]]:
    """Return the log loss per person of each way of pooling.

    Args:
        folds: As for `fit_person`.
        fitted_to: Likewise.

    Returns:
        Every fold judged at the temperature of the others.
    """
    temperature = slice_temperature(folds, fitted_to)
    calibrated = [fold.at(temperature) for fold in folds]
    return [(way, _loss(calibrated, way)) for way in POOLINGS]


def person_section(
    held_out: HeldOut, temperature: float | None = None
) -> dict[str, Any]:
    """Return section `person` of a model's card.

    Args:
        held_out: Predictions of all folds.
        temperature: That is built into the model; by default the one that is fitted
            to these predictions.

    Returns:
        Plain values: the limits, fitted to everyone held out. Where there is no
        second fold to judge them on, they are None, and nothing is calibrated.
    """
    people, counts = np.unique(held_out.all_slices.subjects, return_counts=True)
    is_judged = len(held_out.folds) > 1
    limits = PersonLimits()
    if is_judged:
        limits = fit_person(read_folds(held_out), temperature)
    least = limits.thresholds
    return {
        "pooling": asdict(limits.pooling),
        "temperature": round(limits.temperature, 6),
        "coverage": COVERAGE,
        "thresholds": least
        and [None if bound is None else round(bound, 6) for bound in least],
        "ood_share": limits.ood_share,
        "people": len(people),
        "slices_per_person": int(np.median(counts)),
    }


def with_person(card: Mapping[str, Any], section: Mapping[str, Any]) -> dict[str, Any]:
    """Return a bundle's card with the limits of one answer per person.

    The model's own file, its digest and all else that the card says stay the same.

    Args:
        card: Of a bundle.
        section: Of `person_section`.

    Returns:
        What card.json is to say.
    """
    return place_section(card, "person", section, after="gate")


def fit_card(card: Mapping[str, Any], held_out: HeldOut) -> dict[str, Any]:
    """Return a bundle's card with limits of persons fitted to predictions.

    Args:
        card: Of a bundle.
        held_out: Predictions of all folds.

    Returns:
        What card.json is to say; the limits are for slices at the temperature that
        is built into the card's model.
    """
    temperature = (card.get("calibration") or {}).get("temperature")
    return with_person(card, person_section(held_out, temperature))


def slice_temperature(
    folds: Sequence[FoldPeople], fitted_to: FittedTo = "slices"
) -> float:
    """Return the temperature of slices that is fitted to these folds."""
    return fit_temperature(join_slices([fold.slices for fold in folds]), fitted_to)


def _fit_temperature(folds: Sequence[FoldPeople], pooling: Pooling) -> PersonLimits:
    plain = PersonLimits(pooling)
    people = join_slices([fold.pool(plain) for fold in folds])
    return replace(plain, temperature=fit_temperature(people))


def _loss(folds: Sequence[FoldPeople], pooling: Pooling) -> float:
    """Return the log loss of people, each fold at the temperature of the others."""
    plain = [fold.pool(PersonLimits(pooling)) for fold in folds]
    if len(plain) < 2:
        return log_loss(join_slices(plain))
    judged = [
        people.at(fit_temperature(join_slices([*plain[:place], *plain[place + 1 :]])))
        for place, people in enumerate(plain)
    ]
    return log_loss(join_slices(judged))
