"""What is concluded from a network's logits: classes, reliability and its reason.

One place decides whether an answer can be relied on, whatever speaks against it: the
content of the picture, the file's own word, or the distance from the training slices.
It decides for one slice, and for a person from all of their slices.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from alzer.caveats import class_caveats, set_caveats
from alzer.classes import CLASS_NAMES
from alzer.model.decision import Decision
from alzer.model.person import PersonLimits, softmax

OUT_OF_DISTRIBUTION = (
    "This image is unlike those that the model was trained on. Check that it is one "
    "axial slice of a brain MRI, prepared as the model card describes."
)

PERSON_OUT_OF_DISTRIBUTION = (
    "Too many slices of this scan are unlike those that the model was trained on. "
    "Check that it is a T1-weighted scan of a whole head, and look at the slices."
)

PERSON_UNCALIBRATED = (
    "The model's card has no limits for persons: the probabilities are the mean of "
    "the slices', and it is not known which classes can be ruled out."
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
        class_warnings: What a reader must know of the class that is named, if one is.
    """

    probabilities: tuple[float, ...]
    reliable: bool | None
    unreliable_reason: str | None
    prediction_set: tuple[int, ...] | None
    warnings: tuple[str, ...]
    class_warnings: tuple[str, ...] = ()

    @property
    def label(self) -> int:
        """Index of the most probable class."""
        return int(np.argmax(self.probabilities))

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
    reliable = decision.in_distribution(ood_score)
    if reliable is False:
        doubts = (*doubts, OUT_OF_DISTRIBUTION)
    probabilities = _as_tuple(softmax(logits.astype(np.float64)))
    return _conclude(probabilities, doubts, decision, reliable=reliable)


def conclude_person(
    logits: NDArray[np.float32],
    flagged: NDArray[np.bool_],
    doubts: Sequence[str],
    limits: PersonLimits,
) -> Conclusion:
    """Conclude from all slices of a person what may be said of the person.

    Args:
        logits: Of each slice, shape (slice, class), calibrated for slices.
        flagged: Which slices can't be relied on by themselves, shape (slice,).
        doubts: Reasons outside the network, as for `conclude`.
        limits: Fitted on people whom the network never saw.

    Returns:
        The conclusion, with the probabilities of the person.

    Examples:
        >>> import numpy as np
        >>> slices = np.log(np.tile([0.1, 0.6, 0.2, 0.1], (32, 1)))
        >>> limits = PersonLimits(
        ...     thresholds=(0.3, 0.2, 0.1, None), ood_share=0.3
        ... )
        >>> conclude_person(slices, np.zeros(32, bool), (), limits).possible_classes
        ('Very Mild Impairment', 'Mild Impairment')
    """
    reliable = limits.in_distribution(flagged)
    if reliable is False:
        doubts = (*doubts, PERSON_OUT_OF_DISTRIBUTION)
    probabilities = _as_tuple(limits.predict(logits, flagged))
    concluded = _conclude(probabilities, doubts, limits.decision, reliable=reliable)
    if limits.calibrated:
        return concluded
    warnings = (*concluded.warnings, PERSON_UNCALIBRATED)
    return replace(concluded, warnings=warnings)


def _conclude(
    probabilities: tuple[float, ...],
    doubts: Sequence[str],
    decision: Decision,
    *,
    reliable: bool | None,
) -> Conclusion:
    if doubts:
        return Conclusion(
            probabilities,
            reliable=False,
            unreliable_reason=doubts[0],
            prediction_set=None,
            warnings=tuple(doubts),
        )
    prediction_set = decision.prediction_set(probabilities)
    named = CLASS_NAMES[int(np.argmax(probabilities))]
    about_class = class_caveats(decision).get(named)
    return Conclusion(
        probabilities,
        reliable,
        None,
        prediction_set,
        set_caveats(prediction_set, decision),
        () if about_class is None else (about_class,),
    )


def _as_tuple(values: NDArray[np.float64]) -> tuple[float, ...]:
    return tuple(float(value) for value in values)
