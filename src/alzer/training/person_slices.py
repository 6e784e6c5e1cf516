"""Which slices of people held out networks are asked of beside the predictions."""

from collections.abc import Collection

from alzer.evaluation.outside import EVERYONE
from alzer.evaluation.robustness import PersonSlice, choose_people
from alzer.training.cohort import Cohort, LabelledSlice

# How much further on the slice of each person lies than that of the person before.
_FURTHER = 7


def middle_slices(
    cohort: Cohort, networks: Collection[str], count: int
) -> list[PersonSlice]:
    """Choose people whom a network held out, and the middle slice of each.

    Args:
        cohort: Everyone.
        networks: Names of the folds' networks that there are, such as `fold-0`.
        count: How many people; all if there are fewer.

    Returns:
        Always the same slices, ordered by person.
    """
    own = _held_out_by(cohort, networks)
    slices = _by_subject(cohort)
    return [
        _person_slice(slices[subject][len(slices[subject]) // 2], own[subject])
        for subject in choose_people(list(own), count)
    ]


def slices_of_all_heights(
    cohort: Cohort, networks: Collection[str]
) -> list[PersonSlice]:
    """Choose one slice of each person whom a network held out, at changing heights.

    Args:
        cohort: Everyone.
        networks: Names of the networks that there are: those of folds, or the one for
            everyone, which may then judge all.

    Returns:
        Always the same slices, ordered by person.
    """
    own = _held_out_by(cohort, networks)
    if EVERYONE in networks:
        own = {subject: own.get(subject, EVERYONE) for subject in cohort.folds}
    slices = _by_subject(cohort)
    return [
        _person_slice(slices[name][place * _FURTHER % len(slices[name])], own[name])
        for place, name in enumerate(sorted(own))
    ]


def _held_out_by(cohort: Cohort, networks: Collection[str]) -> dict[str, str]:
    """Return the network that held each person out, of those that there are."""
    return {
        subject: f"fold-{fold}"
        for subject, fold in cohort.folds.items()
        if f"fold-{fold}" in networks
    }


def _by_subject(cohort: Cohort) -> dict[str, list[LabelledSlice]]:
    slices: dict[str, list[LabelledSlice]] = {}
    for found in cohort.slices:
        slices.setdefault(found.subject, []).append(found)
    return slices


def _person_slice(found: LabelledSlice, network: str) -> PersonSlice:
    return PersonSlice(
        found.subject,
        found.position,
        found.read(),
        network,
        from_head=found.kept is not None,
    )
