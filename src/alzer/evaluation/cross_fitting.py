"""Answers for people held out, each fold by limits fitted to the other folds.

What a fold is judged by (temperatures, pooling, thresholds, OOD rule) never depends
on the people of this fold: the choice is nested in the folds.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from alzer.evaluation.calibration import (
    FittedTo,
    SliceLimits,
    Slices,
    fit_slices,
    join_slices,
)
from alzer.evaluation.metrics import People, by_subject
from alzer.evaluation.person import FoldPeople, fit_person, read_folds
from alzer.evaluation.predictions import HeldOut
from alzer.model.person import PersonLimits


@dataclass(frozen=True)
class CrossFitted:
    """The answers of every fold, in the order of the folds.

    Attributes:
        slices: Answers for single slices, at the temperature of the other folds.
        people: Answers for whole people, one row each, likewise.
        slice_limits: What each fold's slices were judged by.
        person_limits: What each fold's people were judged by.
        folds: The slices as the networks gave them.
    """

    slices: tuple[Slices, ...]
    people: tuple[Slices, ...]
    slice_limits: tuple[SliceLimits, ...]
    person_limits: tuple[PersonLimits, ...]
    folds: tuple[FoldPeople, ...]

    @property
    def is_judged(self) -> bool:
        """Whether there were other folds to fit to; else nothing is fitted."""
        return len(self.folds) > 1

    @property
    def all_slices(self) -> Slices:
        """The answers for slices of all folds together."""
        return join_slices(self.slices)

    @property
    def everyone(self) -> People:
        """The answers for whole people of all folds, ordered by name."""
        return as_people(join_slices(self.people))


def cross_fit(held_out: HeldOut, fitted_to: FittedTo = "slices") -> CrossFitted:
    """Answer for each fold by limits that are fitted to the others.

    Args:
        held_out: Predictions of all folds. A single fold is left as it is: a plain
            mean per person, and no sets.
        fitted_to: What the temperature of slices is fitted to.
    """
    folds = read_folds(held_out)
    if len(folds) < 2:
        return _collect(folds, [SliceLimits()], [PersonLimits()])
    rest = [[*folds[:place], *folds[place + 1 :]] for place in range(len(folds))]
    return _collect(
        folds,
        [fit_slices([fold.slices for fold in others], fitted_to) for others in rest],
        [fit_person(others, fitted_to=fitted_to) for others in rest],
    )


def as_people(people: Slices) -> People:
    """Return predictions of whole people as `People`, ordered by name."""
    return by_subject(people.subjects, people.labels, people.probabilities)


def _collect(
    folds: Sequence[FoldPeople],
    slice_limits: Sequence[SliceLimits],
    person_limits: Sequence[PersonLimits],
) -> CrossFitted:
    served = [
        fold.at(limits.temperature)
        for fold, limits in zip(folds, slice_limits, strict=True)
    ]
    return CrossFitted(
        tuple(fold.slices for fold in served),
        tuple(
            fold.pool(limits)
            for fold, limits in zip(served, person_limits, strict=True)
        ),
        tuple(slice_limits),
        tuple(person_limits),
        tuple(folds),
    )
