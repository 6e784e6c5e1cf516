"""The contrastive evidence map: what tells a class from the others.

Probabilities depend on differences of logits alone: what is added to all of them
changes nothing. The map of a class less the mean of all maps leaves out what they
share. Its mean over the cells, with the bias treated alike, is by how much the class's
logit lies above the mean logit.
"""

import numpy as np
from numpy.typing import NDArray

from alzer.explain.additive import require_finite


def contrastive_map(maps: NDArray[np.float32], label: int) -> NDArray[np.float32]:
    """Return the map of one class less the mean of all classes' maps, signed.

    Args:
        maps: shape (class, row, column), in logit units.
        label: Index of the class.

    Returns:
        shape (row, column), in logit units; the maps of all classes sum to 0.

    Raises:
        ValueError: If the maps hold NaN or infinite values.
    """
    return require_finite(np.asarray(maps[label] - maps.mean(axis=0), np.float32))
