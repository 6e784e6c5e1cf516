"""What a network marks on average over the people of a data set, class by class."""

from collections.abc import Sequence

import numpy as np

from alzer.classes import CLASS_NAMES
from alzer.evaluation.audit import Candidate
from alzer.explain.field import Floats


def average_maps(candidates: Sequence[Candidate]) -> dict[str, dict[str, Floats]]:
    """Return the class maps of each network on average over people.

    Each person weighs the same.

    Args:
        candidates: Slices with what their networks gave.

    Returns:
        By network and person, the average over that network's other people, shape
        (class, row, column); whoever has no others is not in it.
    """
    found: dict[str, dict[str, Floats]] = {}
    for network in sorted({one.network for one in candidates}):
        own = [one for one in candidates if one.network == network]
        means = _means(own)
        total = sum(means.values())
        if len(means) > 1:
            found[network] = {
                subject: np.asarray((total - mean) / (len(means) - 1), np.float32)
                for subject, mean in means.items()
            }
    return found


def whole_average(candidates: Sequence[Candidate]) -> dict[str, list[list[float]]]:
    """Return the maps on average over all people and networks, as plain values.

    Args:
        candidates: At least one.

    Returns:
        By the class's name, rows of cells in logit units.
    """
    mean = np.mean(list(_means(candidates).values()), axis=0)
    return {
        name: np.round(cells.astype(float), 3).tolist()
        for name, cells in zip(CLASS_NAMES, mean, strict=True)
    }


def _means(candidates: Sequence[Candidate]) -> dict[str, Floats]:
    """Return the mean over each person's slices, shape (class, row, column)."""
    of_person: dict[str, list[Floats]] = {}
    for one in candidates:
        of_person.setdefault(one.subject, []).append(one.evidence.maps)
    return {
        subject: np.asarray(np.mean(maps, axis=0), np.float32)
        for subject, maps in of_person.items()
    }
