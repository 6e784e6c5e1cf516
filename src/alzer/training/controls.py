"""Checks of the whole pipeline: what must fail, and what must flatter."""

from dataclasses import replace
from typing import Literal

import numpy as np

from alzer.training.cohort import Cohort, Split

# A check of the whole pipeline instead of a model: `permuted` deals the classes to
# other people, so nothing can be learnt; `leaky` holds out slices instead of
# people, to show how far that inflates.
Control = Literal["permuted", "leaky"]

# Share of slices that the leaky control holds out, where no folders say which.
LEAKY_SHARE = 0.2


def permute_labels(cohort: Cohort, seed: int) -> Cohort:
    """Deal the classes of people to other people.

    Args:
        cohort: Everyone.
        seed: Of the dealing.

    Returns:
        The same people and slices; all slices of a person keep one class.
    """
    labels = {each.subject: each.label for each in cohort.slices}
    dealt = np.random.default_rng(seed).permutation(list(labels.values()))
    new = dict(zip(labels, (int(each) for each in dealt), strict=True))
    slices = tuple(replace(each, label=new[each.subject]) for each in cohort.slices)
    return replace(cohort, slices=slices)


def leaky_split(cohort: Cohort, seed: int) -> Split:
    """Split slices regardless of people: as published, or at random.

    Args:
        cohort: Everyone.
        seed: Of the drawing.

    Returns:
        The two sides; people are on both.
    """
    held_out = np.array(["test" in each.path.parts for each in cohort.slices])
    if not 0 < held_out.sum() < len(held_out):
        drawn = np.random.default_rng(seed).random(len(held_out))
        held_out = drawn < np.quantile(drawn, LEAKY_SHARE)
    return Split(np.flatnonzero(~held_out), np.flatnonzero(held_out))
