"""What may be made of a prediction: whether it counts, and what it leaves possible."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from alzer.model.evidence import Evidence

Floats = NDArray[np.float64]
Truths = NDArray[np.bool_]

# Of the people of a class, the share whose prediction set is to hold it, where a
# model's limits are fitted; a card says for what its own were.
COVERAGE = 0.9


@dataclass(frozen=True)
class Tolerance:
    """How far numbers may be from those of fp32 where they are close to a limit.

    Attributes:
        logits: Of the difference between two logits, and of the log odds of a class.
        ood_share: Of the OOD score, as a share of its limit.
        map_share: Of the highest value of a map, as a share of the highest value
            of all the maps of an input.
    """

    logits: float
    ood_share: float
    map_share: float


@dataclass(frozen=True)
class Margins:
    """How far inputs are from what would change their answers; all shape (n,).

    Attributes:
        lead: The best class's logit minus the second best's.
        odds: Least distance of a class's log odds from those of its bound.
        ood_share: Distance of the OOD score from its limit, as a share of it.
        map_share: Distance of the highest value of the best class's map from 0, as
            a share of the highest value of all maps.
    """

    lead: Floats
    odds: Floats
    ood_share: Floats
    map_share: Floats


@dataclass(frozen=True)
class Decision:
    """Limits fitted on people whom the network never saw; part of a model's card.

    Attributes:
        ood_limit: Inputs of greater ood_score are unlike what the network was
            trained on; None if the model can't tell.
        thresholds: For each class, the least probability with which it is
            in the prediction set, None where too few people have it to say; None
            altogether if the probabilities are not calibrated.
        coverage: Of the people of a class, the share whose prediction set is to hold
            it, 0 to 1; None if the card does not say.
        people_per_class: How many people of each class the model was trained on; None
            if the card does not say.
    """

    ood_limit: float | None = None
    thresholds: tuple[float | None, ...] | None = None
    coverage: float | None = None
    people_per_class: tuple[int, ...] | None = None

    @property
    def calibrated(self) -> bool:
        """Whether the probabilities mean what they say."""
        return self.thresholds is not None

    @property
    def unchecked(self) -> tuple[int, ...]:
        """Classes that are never in a prediction set: too few people had them."""
        bounds = enumerate(self.thresholds or ())
        return tuple(label for label, bound in bounds if bound is None)

    def in_distribution(self, ood_score: float | None) -> bool | None:
        """Return whether an input is like those that the network was trained on.

        Args:
            ood_score: Of the input, as the network gives it; without one, an input
                counts as unlike.

        Returns:
            None if the model sets no limit.
        """
        if self.ood_limit is None:
            return None
        return ood_score is not None and ood_score <= self.ood_limit

    def prediction_set(self, probabilities: Sequence[float]) -> tuple[int, ...] | None:
        """Return the classes that can't be ruled out (split conformal prediction).

        Args:
            probabilities: One per class.

        Returns:
            Class indices, ascending; None without calibration.
        """
        if self.thresholds is None:
            return None
        return prediction_set(probabilities, self.thresholds)

    def is_uninformative(self, classes: Sequence[int]) -> bool:
        """Return whether these are all the classes that could be ruled out."""
        bounds = self.thresholds or ()
        return len(classes) == sum(bound is not None for bound in bounds)

    def is_settled(self, evidence: Evidence, tolerance: Tolerance) -> Truths:
        """Return for which inputs errors within the tolerance change nothing.

        Everything that is said of an input counts: its class, the classes that stay
        possible, whether it is in distribution, whether its class has a heatmap.
        What is not a number is never settled.

        Args:
            evidence: In the arithmetic that has the errors.
            tolerance: How large these may be.

        Returns:
            shape (n,).
        """
        margins = self.margins(evidence)
        return np.asarray(
            (margins.lead >= tolerance.logits)
            & (margins.odds >= tolerance.logits)
            & (margins.ood_share >= tolerance.ood_share)
            & (margins.map_share >= tolerance.map_share)
        )

    def margins(self, evidence: Evidence) -> Margins:
        """Return how far inputs are from what would change their answers."""
        logits = evidence.logits.astype(np.float64)
        return Margins(
            lead=_lead(logits),
            odds=self._odds_margin(logits),
            ood_share=self._ood_margin(evidence),
            map_share=_heat_margin(evidence),
        )

    def _odds_margin(self, logits: Floats) -> Floats:
        """Return the least distance of log odds from those of a bound, shape (n,)."""
        margins = np.full(len(logits), np.inf)
        for label, bound in enumerate(self.thresholds or ()):
            if bound is not None and 0.0 < bound < 1.0:
                rest = np.delete(logits, label, axis=1)
                odds = logits[:, label] - np.logaddexp.reduce(rest, axis=1)
                distance = np.abs(odds - np.log(bound / (1.0 - bound)))
                margins = np.minimum(margins, distance)
        return margins

    def _ood_margin(self, evidence: Evidence) -> Floats:
        """Return the distance from the OOD limit as a share of it, shape (n,)."""
        if self.ood_limit is None or evidence.ood_score is None:
            return np.full(len(evidence.logits), np.inf)
        distance = np.abs(evidence.ood_score.astype(np.float64) - self.ood_limit)
        return np.asarray(distance / max(abs(self.ood_limit), 1e-9))


def _lead(logits: Floats) -> Floats:
    """Return how far the best class is ahead of the second, shape (n,)."""
    ordered = np.sort(logits, axis=1)
    return np.asarray(ordered[:, -1] - ordered[:, -2])


def _heat_margin(evidence: Evidence) -> Floats:
    """Return how far the best class's map is from 'nowhere positive', shape (n,).

    As a share of the highest value of all maps.
    """
    own = evidence.maps[np.arange(len(evidence.maps)), evidence.logits.argmax(axis=1)]
    highest = np.abs(own.max(axis=(1, 2)).astype(np.float64))
    scale = np.abs(evidence.maps).max(axis=(1, 2, 3))
    return np.asarray(highest / np.maximum(scale, 1e-9))


def prediction_set(
    probabilities: Sequence[float] | Floats, least: Sequence[float | None]
) -> tuple[int, ...]:
    """Return the classes that can't be ruled out.

    Args:
        probabilities: One per class.
        least: For each class, the least probability with which it is in the set;
            classes without a value never are.

    Returns:
        Class indices, ascending; may be empty.
    """
    return tuple(
        label
        for label, (share, bound) in enumerate(zip(probabilities, least, strict=True))
        if bound is not None and share >= bound
    )
