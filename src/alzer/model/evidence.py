"""What a network makes of its inputs."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Evidence:
    """What a network gives for some inputs.

    Attributes:
        logits: shape (n, class).
        maps: shape (n, class, row, column), in logit units; the mean of a map plus
            its class's bias is the logit.
        ood_score: How unlike the training slices each input is, shape (n,); None
            if the model does not say.
    """

    logits: Floats
    maps: Floats
    ood_score: Floats | None = None


def concatenate(parts: list[Evidence]) -> Evidence:
    """Return the evidence of several groups of inputs as that of one.

    Args:
        parts: At least one; all of the same model.

    Returns:
        The evidence of all inputs, in the order of the parts.
    """
    scores = [part.ood_score for part in parts if part.ood_score is not None]
    return Evidence(
        np.concatenate([part.logits for part in parts]),
        np.concatenate([part.maps for part in parts]),
        np.concatenate(scores) if scores else None,
    )
