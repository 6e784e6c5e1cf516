"""How much dark fluid a slice shows: a measure that needs no network.

On T1-weighted images cerebrospinal fluid (CSF) is dark; where the brain has shrunk,
there is more of it. What counts as dark is set by the slice's own grey and white
matter, and only the inner part of the head counts, so that it matters little how much
fluid a preparation leaves around the brain (docs/decisions/0024-second-opinion.md).
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# Half axes of the ellipse that counts, as shares of the field's rows and columns: three
# quarters of those of the head, which fills the field but for its margin.
INNER_HALF_AXES: Final = (0.34, 1.0 / 3.0)

# How far below grey matter fluid begins, as a power of the ratio of grey to white
# matter. A ratio, not a difference: another gamma then moves it along. With 0.7 to 1
# the areas under the ROC curve in both cohorts are the same within 0.005.
FLUID_POWER: Final = 0.8

# Between these percentiles of the field lie background and tissue.
_RANGE_PERCENT: Final = (1.0, 99.0)

# Of the histogram in which grey and white matter are told apart.
_BINS: Final = 256

# Grey and white matter are told apart among what is brighter than fluid, and fluid is
# what is darker than they are: after so many rounds the level hardly moves.
_ROUNDS: Final = 4


def csf_fraction(field: NDArray[np.floating]) -> float | None:
    """Return the share of dark pixels inside the head.

    It is the same for a mirror image, to the last bit, and in any unit of brightness.

    Args:
        field: A slice as `prepare` brings it to the network, shape (row, column), in
            any unit; higher is brighter.

    Returns:
        0 to 1; None if the bright pixels are all alike, so that there are no tissues.

    Examples:
        >>> import numpy as np
        >>> field = np.zeros((97, 81))
        >>> field[8:89, 8:73] = 0.7  # grey matter
        >>> field[20:77, 20:40] = 1.0  # white matter
        >>> field[40:57, 40:50] = 0.1  # a ventricle
        >>> round(csf_fraction(field), 3)
        0.061
    """
    values = field.astype(np.float64)
    low, high = np.percentile(values, _RANGE_PERCENT)
    values -= low
    level = (high - low) / 2.0
    for _ in range(_ROUNDS):
        grey, white = _tissues(values[values > level])
        if not white > grey:
            return None
        level = grey * (grey / white) ** FLUID_POWER
    return float((values[_inner(field.shape)] < level).mean())


def _tissues(bright: Floats) -> tuple[float, float]:
    """Return the mean of grey and of white matter, 0 and 0 if there are not two.

    Source: Otsu 1979, doi:10.1109/TSMC.1979.4310076.
    """
    if not bright.size or not bright.max() > bright.min():
        return 0.0, 0.0
    counts, edges = np.histogram(bright, _BINS)
    middles = (edges[:-1] + edges[1:]) / 2.0
    below = np.cumsum(counts)[:-1]
    sums = np.cumsum(counts * middles)
    above = bright.size - below
    # The first and the last bin hold a pixel each, so that neither count is 0.
    between = (sums[-1] * below / bright.size - sums[:-1]) ** 2 / (below * above)
    cut = int(between.argmax())
    return (
        float(sums[cut] / below[cut]),
        float((sums[-1] - sums[cut]) / above[cut]),
    )


def _inner(shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Return which pixels of a field count, shape (row, column)."""
    down, across = (
        (np.arange(size) - (size - 1) / 2.0) / (half * size)
        for size, half in zip(shape, INNER_HALF_AXES, strict=True)
    )
    return np.asarray(down[:, None] ** 2 + across[None, :] ** 2 <= 1.0)
