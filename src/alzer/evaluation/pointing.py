"""Whether a map points at what is known to have decided.

Only where the truth is planted can it be asked: phantoms, or a marker in an image.

Source: Zhang et al. 2016, Top-down Neural Attention by Excitation Backprop,
arXiv:1608.00507, section 4.1 (the pointing game: the highest point of a map is a hit
inside the object, or within a margin around it).
"""

import numpy as np

from alzer.explain.field import Floats, Mask, widen


def points_at(heat: Floats, region: Mask, tolerance: int = 0) -> bool:
    """Return whether the hottest pixel of a map lies in a region.

    Args:
        heat: shape (row, column), any unit; of equally hot pixels the first one counts.
        region: The same shape.
        tolerance: So many rows and columns beside the region are still a hit. A map is
            no finer than its cells, so one cell (`cell_stride` pixels) is fair.

    Returns:
        False as well if the map is the same everywhere: it points nowhere.

    Example:
        >>> import numpy as np
        >>> heat = np.zeros((5, 5), np.float32)
        >>> heat[2, 3] = 1.0
        >>> region = np.zeros((5, 5), bool)
        >>> region[2, 1] = True
        >>> points_at(heat, region), points_at(heat, region, tolerance=2)
        (False, True)
    """
    if not np.ptp(heat) > 0.0:
        return False
    return bool(widen(region, tolerance).ravel()[int(np.argmax(heat))])
