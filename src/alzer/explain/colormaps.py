"""Colour tables with 256 entries."""

import numpy as np
from numpy.typing import NDArray


def _ramp(centre: float) -> NDArray[np.float64]:
    position = np.linspace(0.0, 1.0, 256)
    return np.clip(1.5 - np.abs(4.0 * position - centre), 0.0, 1.0)


# Blue, cyan, yellow, red: three trapezoids, a quarter of the range apart.
# shape (entry, channel = red, green, blue), 0 to 255.
# Source: the definition of MATLAB's `jet`, as OpenCV's COLORMAP_JET has it.
JET = np.rint(np.stack([_ramp(3.0), _ramp(2.0), _ramp(1.0)], axis=1) * 255.0).astype(
    np.uint8
)
