"""The additive evidence map: what each place adds to a class's logit.

The network ends in global average pooling and one linear layer, so that a class's
logit is the mean of its map plus the bias of the class. Both averages over a slice and
its mirror image are linear, so that this holds for the answer that is given, too.

Source: Zhou et al. 2016, doi:10.1109/CVPR.2016.319, equation 2.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


def additive_map(maps: NDArray[np.float32], label: int) -> NDArray[np.float32]:
    """Return the map of one class, signed.

    Args:
        maps: shape (class, row, column), in logit units.
        label: Index of the class.

    Returns:
        shape (row, column), in logit units: what the logit less its bias would be if
        every cell were as this one.

    Raises:
        ValueError: If the map holds NaN or infinite values.
    """
    return require_finite(maps[label])


@dataclass(frozen=True)
class LogitSum:
    """How a class's logit comes about: `mean` and `bias` add up to it.

    Attributes:
        mean: Of the class's map, in logit units.
        bias: Of the class, whatever the slice shows; in logit units.
    """

    mean: float
    bias: float

    @property
    def logit(self) -> float:
        """The sum."""
        return self.mean + self.bias


def logit_sum(
    logits: NDArray[np.float32], maps: NDArray[np.float32], label: int
) -> LogitSum:
    """Take a class's logit apart into the mean of its map and its bias.

    Args:
        logits: shape (class,).
        maps: shape (class, row, column), in logit units.
        label: Index of the class.

    Returns:
        The two parts.
    """
    mean = float(maps[label].astype(np.float64).mean())
    return LogitSum(mean, float(logits[label]) - mean)


def require_finite(cells: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return a map as it is.

    Args:
        cells: shape (row, column).

    Raises:
        ValueError: If it holds NaN or infinite values.
    """
    if not np.isfinite(cells).all():
        message = "The evidence map holds values that are not finite."
        raise ValueError(message)
    return cells
