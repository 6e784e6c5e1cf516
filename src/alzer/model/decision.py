"""What may be made of a prediction: whether it counts, and what it leaves possible."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# Of the people of a class, the share whose set of possible classes holds it.
COVERAGE = 0.9


@dataclass(frozen=True)
class Decision:
    """Limits fitted on people whom the network never saw; part of a model's card.

    Attributes:
        ood_limit: Inputs of greater ood_score are unlike what the network was
            trained on; None if the model can't tell.
        least_probabilities: For each class, the least probability with which it
            stays possible, None where too few people have it to say; None
            altogether if the probabilities are not calibrated.
    """

    ood_limit: float | None = None
    least_probabilities: tuple[float | None, ...] | None = None

    @property
    def calibrated(self) -> bool:
        """Whether the probabilities mean what they say."""
        return self.least_probabilities is not None

    def in_distribution(self, ood_score: float | None) -> bool | None:
        """Say whether an input is like those that the network was trained on.

        Args:
            ood_score: Of the input, as the network gives it; without one, an input
                counts as unlike.

        Returns:
            None if the model sets no limit.
        """
        if self.ood_limit is None:
            return None
        return ood_score is not None and ood_score <= self.ood_limit

    def possible(self, probabilities: Sequence[float]) -> tuple[int, ...] | None:
        """Give the classes that a prediction leaves possible.

        Args:
            probabilities: One per class.

        Returns:
            Class indices, ascending; None without calibration.
        """
        if self.least_probabilities is None:
            return None
        return possible(probabilities, self.least_probabilities)

    def is_uninformative(self, classes: Sequence[int]) -> bool:
        """Say whether these are all the classes that could be ruled out."""
        bounds = self.least_probabilities or ()
        return len(classes) == sum(each is not None for each in bounds)


def possible(
    probabilities: Sequence[float] | Floats, least: Sequence[float | None]
) -> tuple[int, ...]:
    """Give the classes that a prediction leaves possible.

    Args:
        probabilities: One per class.
        least: For each class, the least probability with which it stays possible;
            classes without a value are never named.

    Returns:
        Class indices, ascending; may be empty.
    """
    return tuple(
        label
        for label, (share, bound) in enumerate(zip(probabilities, least, strict=True))
        if bound is not None and share >= bound
    )
