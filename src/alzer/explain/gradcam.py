"""Grad-CAM from the class maps of one forward pass.

The network ends in global average pooling and one linear layer, so the gradient
of a logit with respect to the last activations A_k is the weight W[c, k] over
the number of positions, the same everywhere. Grad-CAM's weighted sum is then
the class map itself up to a positive factor, which scaling to the maximum
removes: no backward pass is needed.

Source: Selvaraju et al. 2017, doi:10.1109/ICCV.2017.74, section 3 and
appendix A (Grad-CAM generalises CAM); Zhou et al. 2016,
doi:10.1109/CVPR.2016.319.
"""

import numpy as np
from numpy.typing import NDArray

from alzer.explain.additive import require_finite


def grad_cam(maps: NDArray[np.float32], label: int) -> NDArray[np.float32] | None:
    """Give the Grad-CAM of one class at the last stage's resolution.

    Args:
        maps: shape (class, row, column), evidence in logit units.
        label: Index of the class to explain.

    Returns:
        shape (row, column), 0 to 1 with maximum 1; None if the map is nowhere
        positive, that is, no region speaks for the class.

    Raises:
        ValueError: If the map holds NaN or infinite values.
    """
    evidence = require_finite(maps[label])
    highest = float(evidence.max())
    if highest <= 0.0:
        return None
    return np.asarray(np.maximum(evidence, 0.0) / highest, np.float32)
