"""What is concluded from a network's logits: classes, reliability and its reason.

One place decides whether an answer can be relied on, whatever speaks against it: the
content of the picture, the file's own word, or the distance from the training slices.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from alzer.classes import CLASS_NAMES
from alzer.model.decision import Decision

FEW_MODERATE = (
    "'Moderate Impairment' rests on only two people in the training data; "
    "its accuracy can't be measured."
)

OUT_OF_DISTRIBUTION = (
    "This image is unlike those that the model was trained on. Check that it is one "
    "axial slice of a brain MRI, prepared as the model card describes."
)

CANNOT_TELL = (
    "The model cannot tell the degree of impairment from this scan: it can rule out "
    "none of the classes that it was tested on."
)

NOTHING_FITS = (
    "No class fits this scan well: each class has a lower probability here than for "
    "90 % of the people who have it. Don't rely on the most probable class."
)

NOT_AXIAL = (
    "The file says that this is not an axial slice; the model was trained on axial "
    "slices only. Send an axial slice."
)


@dataclass(frozen=True)
class Conclusion:
    """What the model says of a scan, before it is explained.

    Attributes:
        probabilities: One per class, in the order of CLASSES; they sum to 1.
        reliable: Whether the answer can be relied on; None if the model can't tell.
        unreliable_reason: Why it can't; None unless `reliable` is False.
        prediction_set: Indices of the classes that can't be ruled out; None if that
            is unknown.
        warnings: What decides how everything else is read, the reason first.
    """

    probabilities: tuple[float, ...]
    reliable: bool | None
    unreliable_reason: str | None
    prediction_set: tuple[int, ...] | None
    warnings: tuple[str, ...]

    @property
    def label(self) -> int:
        """Index of the most probable class."""
        return int(np.argmax(self.probabilities))

    @property
    def class_warnings(self) -> tuple[str, ...]:
        """What a reader must know of the class that is named, if one is."""
        is_moderate = CLASS_NAMES[self.label] == "Moderate Impairment"
        # Without a reliable answer there is no class to speak of.
        return (FEW_MODERATE,) if is_moderate and self.reliable is not False else ()

    @property
    def possible_classes(self) -> tuple[str, ...] | None:
        """Names of the classes that can't be ruled out; None if that is unknown."""
        if self.prediction_set is None:
            return None
        return tuple(CLASS_NAMES[label] for label in self.prediction_set)


def conclude(
    logits: NDArray[np.float32],
    ood_score: float | None,
    doubts: Sequence[str],
    decision: Decision,
) -> Conclusion:
    """Conclude from logits what may be said of a scan.

    Args:
        logits: shape (class,), calibrated.
        ood_score: How unlike the training slices the scan is; None if unknown.
        doubts: Reasons outside the network for which the answer can't be relied on,
            in sentences for a person; the first counts.
        decision: Limits fitted on people whom the network never saw.

    Returns:
        The conclusion.
    """
    probabilities = _softmax(logits)
    reliable = decision.in_distribution(ood_score)
    if reliable is False:
        doubts = (*doubts, OUT_OF_DISTRIBUTION)
    if doubts:
        return Conclusion(
            probabilities,
            reliable=False,
            unreliable_reason=doubts[0],
            prediction_set=None,
            warnings=tuple(doubts),
        )
    prediction_set = decision.possible(probabilities)
    caveats = _caveats(prediction_set, decision)
    return Conclusion(probabilities, reliable, None, prediction_set, caveats)


def _caveats(
    prediction_set: tuple[int, ...] | None, decision: Decision
) -> tuple[str, ...]:
    if prediction_set is None:
        return ()
    if not prediction_set:
        return (NOTHING_FITS,)
    if decision.is_uninformative(prediction_set):
        return (CANNOT_TELL,)
    return ()


def _softmax(logits: NDArray[np.float32]) -> tuple[float, ...]:
    powers = np.exp(logits.astype(np.float64) - float(logits.max()))
    return tuple(float(power) for power in powers / powers.sum())
