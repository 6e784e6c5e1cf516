"""Which slices of people held out are altered to see whether answers are stable."""

from collections.abc import Collection

from alzer.evaluation.robustness import MiddleSlice, choose_people
from alzer.training.cohort import Cohort


def middle_slices(
    cohort: Cohort, networks: Collection[str], count: int
) -> list[MiddleSlice]:
    """Choose people whom a network held out, and the middle slice of each.

    Args:
        cohort: Everyone.
        networks: Names of the folds' networks that there are, such as `fold-0`.
        count: How many people; all if there are fewer.

    Returns:
        Always the same slices, ordered by person.
    """
    own = {
        subject: f"fold-{fold}"
        for subject, fold in cohort.folds.items()
        if f"fold-{fold}" in networks
    }
    slices = []
    for subject in choose_people(list(own), count):
        found = [each for each in cohort.slices if each.subject == subject]
        middle = found[len(found) // 2]
        slices.append(
            MiddleSlice(
                subject,
                middle.position,
                middle.read(),
                own[subject],
                from_head=middle.kept is not None,
            )
        )
    return slices
