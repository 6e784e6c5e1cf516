"""What a network makes of its inputs."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from alzer.model.geometry import Geometry

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class SliceEvidence:
    """What a network gave for one input, with that input and its place.

    Attributes:
        logits: shape (class,).
        maps: shape (class, row, column), in logit units.
        pixels: The input, shape (row, column), standardised.
        geometry: Where it lies on the slice in its standard view.
    """

    logits: Floats
    maps: Floats
    pixels: Floats
    geometry: Geometry


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

    def part(self, start: int, stop: int) -> "Evidence":
        """Return the evidence of the inputs from one place to another."""
        score = None if self.ood_score is None else self.ood_score[start:stop]
        return Evidence(self.logits[start:stop], self.maps[start:stop], score)

    def of_slice(self, index: int, pixels: Floats, geometry: Geometry) -> SliceEvidence:
        """Return the evidence of one input.

        Args:
            index: Of the input.
            pixels: The input itself, shape (1, row, column).
            geometry: Where it lies on its slice.

        Returns:
            Its evidence, with the way back.
        """
        return SliceEvidence(self.logits[index], self.maps[index], pixels[0], geometry)


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
