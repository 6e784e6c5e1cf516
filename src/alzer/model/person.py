"""From the slices of one person to one answer: how they are pooled, and its limits.

The limits are the person's own: fitted on people whom no network saw, each counted
as one. They lie in section `person` of a model's card
(docs/decisions/0019-one-answer-per-person.md).
"""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from alzer.model.decision import Decision

Floats = NDArray[np.float64]
Truths = NDArray[np.bool_]

Pooled = Literal["probabilities", "logits"]

# Below this a probability counts as this: its logarithm stays finite.
_LEAST = 1e-12

# Where no limit was fitted, a person with a greater share of slices out of
# distribution is not answered: then nothing is left that the answer could rest on.
_MOST = 0.5


@dataclass(frozen=True)
class Pooling:
    """How the slices of a person become one prediction.

    Attributes:
        averaged: What is averaged over the slices.
        only_in_distribution: Whether slices that are out of distribution are left
            out, unless all of those that count are.
        lowest: Share of the slices that count, from the lowest upwards; 1 counts all.

    Examples:
        >>> import numpy as np
        >>> logits = np.log(np.array([[0.9, 0.1], [0.5, 0.5]]))
        >>> Pooling().pool(logits, np.array([False, False])).round(2).tolist()
        [0.7, 0.3]
        >>> lower = Pooling(lowest=0.5)
        >>> lower.pool(logits, np.array([False, False])).round(2).tolist()
        [0.9, 0.1]
    """

    averaged: Pooled = "probabilities"
    only_in_distribution: bool = False
    lowest: float = 1.0

    def counted(self, count: int) -> int:
        """Return how many of a person's slices count: the lowest ones.

        Args:
            count: Of all slices, at least 1.

        Returns:
            1 to `count`.
        """
        return min(max(math.ceil(count * self.lowest), 1), count)

    def pool(self, logits: NDArray[np.floating], flagged: Truths) -> Floats:
        """Return the mean prediction of a person's slices.

        Args:
            logits: shape (slice, class), at least one slice; from below upwards.
            flagged: Which slices are out of distribution, shape (slice,).

        Returns:
            Probabilities, shape (class,); they sum to 1.
        """
        lowest = self.counted(len(logits))
        counted, flagged = logits[:lowest].astype(np.float64), flagged[:lowest]
        if self.only_in_distribution and not flagged.all():
            counted = counted[~flagged]
        if self.averaged == "probabilities":
            return np.asarray(softmax(counted).mean(axis=0))
        return softmax(np.log(np.maximum(softmax(counted), _LEAST)).mean(axis=0))


@dataclass(frozen=True)
class PersonLimits:
    """What may be made of the slices of one person; part of a model's card.

    Attributes:
        pooling: How the slices become one prediction.
        temperature: Divides the logarithms of the pooled probabilities.
        thresholds: For each class, the least probability with which it
            stays possible for a person, None where too few people have it to say;
            None altogether if nothing was fitted on people.
        ood_share: A person of whose slices a greater share is out of distribution
            is unlike the people that the model was trained on; None if no such
            limit was fitted.
        coverage: As in `Decision`.
        people_per_class: Likewise.

    Examples:
        >>> import numpy as np
        >>> limits = PersonLimits(thresholds=(0.2, 0.4), ood_share=0.5)
        >>> limits.in_distribution(np.array([True, False]))
        True
        >>> limits.in_distribution(np.array([True, True, False]))
        False
    """

    pooling: Pooling = Pooling()
    temperature: float = 1.0
    thresholds: tuple[float | None, ...] | None = None
    ood_share: float | None = None
    coverage: float | None = None
    people_per_class: tuple[int, ...] | None = None

    @property
    def decision(self) -> Decision:
        """What may be made of the probabilities of a person."""
        return Decision(
            thresholds=self.thresholds,
            coverage=self.coverage,
            people_per_class=self.people_per_class,
        )

    @property
    def calibrated(self) -> bool:
        """Whether the probabilities of a person mean what they say."""
        return self.thresholds is not None

    def predict(self, logits: NDArray[np.floating], flagged: Truths) -> Floats:
        """Return the probabilities of a person.

        Args:
            logits: Of the person's slices, from below upwards, shape (slice, class).
            flagged: Which slices are out of distribution, shape (slice,).

        Returns:
            shape (class,); they sum to 1.
        """
        return soften(self.pooling.pool(logits, flagged), self.temperature)

    def is_settled(self, probabilities: Floats, tolerance: float) -> bool:
        """Return whether small errors change nothing that is said of a person.

        Args:
            probabilities: Of the person, shape (class,).
            tolerance: How large the errors may be, in log odds of a class and in the
                difference of the logits of two classes.

        Returns:
            False if another class, or another set, is that close.
        """
        shares = np.clip(probabilities, _LEAST, 1.0 - _LEAST)
        second, first = np.sort(shares)[-2:]
        odds = np.log(shares / (1.0 - shares))
        distances = [
            abs(odds[label] - np.log(bound / (1.0 - bound)))
            for label, bound in enumerate(self.thresholds or ())
            if bound is not None and 0.0 < bound < 1.0
        ]
        return bool(min([np.log(first / second), *distances]) >= tolerance)

    def in_distribution(self, flagged: Truths) -> bool | None:
        """Return whether a person is like those that the model was trained on.

        Args:
            flagged: Which of the person's slices are out of distribution.

        Returns:
            Without a fitted limit, False where most slices are out of distribution,
            else None.
        """
        share = float(flagged.mean())
        if self.ood_share is None:
            return False if share > _MOST else None
        return share <= self.ood_share


def soften(probabilities: Floats, temperature: float) -> Floats:
    """Divide the logits behind probabilities by a temperature.

    Args:
        probabilities: shape (..., class).
        temperature: Above 0; above 1 makes them more alike.

    Returns:
        The same shape; the last axis sums to 1.
    """
    return softmax(np.log(np.maximum(probabilities, _LEAST)) / temperature)


def softmax(logits: Floats) -> Floats:
    """Return probabilities along the last axis, without overflow."""
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True))
