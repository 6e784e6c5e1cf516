"""What an area of a slice is filled with, so that the network is asked without it.

Never zero: that is fluid, and fluid looks like more disease. Two fills that err in
different ways: values interpolated from around the area, and an average brain.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from alzer.explain.field import Floats, Mask

# Of the interpolation, in units of the standardised input. Source: Rong et al. 2022,
# whose code adds 0.01 to pixels of 0 to 1, of which the input's unit is about 0.4.
NOISE: Final = 0.025

# The interpolation ends where no equation is wrong by more than this, in the same
# units, or after so many steps, which the largest areas do not need.
_CLOSE: Final = 1e-3
_MOST_STEPS: Final = 400

_SEED: Final = 2022


def interpolate_noisily(pixels: Floats, areas: NDArray[np.bool_]) -> Floats:
    """Fill areas so that each pixel is the mean of its neighbours, with a little noise.

    Neighbours on a side weigh twice as much as those on a corner.

    Source: Rong et al. 2022, A Consistent and Efficient Evaluation Strategy for
    Attribution Methods, arXiv:2202.00449, section 4.2 (noisy linear imputation).

    Args:
        pixels: shape (row, column), standardised.
        areas: What to fill, shape (area, row, column).

    Returns:
        The slice with each area filled, shape (area, row, column).
    """
    known = np.where(areas, 0.0, pixels)
    weights = _neighbours(np.ones((1, *pixels.shape)))
    values = _solve(_neighbours(known), areas, weights)
    noise = np.random.default_rng(_SEED).normal(0.0, NOISE, pixels.shape)
    return np.asarray(np.where(areas, values + noise, pixels), np.float32)


def _solve(
    right: NDArray[np.float64],
    areas: NDArray[np.bool_],
    weights: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Solve for all areas at once, by conjugate gradients.

    Source: Hestenes & Stiefel 1952, doi:10.6028/jres.049.044. The equations are
    symmetric and positive definite.
    """

    def apply(values: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.where(areas, weights * values - _neighbours(values), 0.0)

    found = np.zeros(areas.shape)
    wrong = np.where(areas, right, 0.0)
    step, size = wrong, _dot(wrong, wrong)
    for _ in range(_MOST_STEPS):
        if np.abs(wrong).max(initial=0.0) <= _CLOSE:
            break
        along = apply(step)
        length = size / np.maximum(_dot(step, along), np.finfo(float).tiny)
        found += length * step
        wrong = wrong - length * along
        before, size = size, _dot(wrong, wrong)
        step = wrong + size / np.maximum(before, np.finfo(float).tiny) * step
    return found


def _dot(one: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray((one * other).sum(axis=(1, 2), keepdims=True))


def _neighbours(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the weighted sum of the eight neighbours, those beyond the edge 0.

    1 2 1 along rows and along columns, without the middle: 1/6 on a side, 1/12 on a
    corner.
    """
    padded = np.pad(values, ((0, 0), (1, 1), (1, 1)))
    rows = padded[:, :-2] + 2.0 * padded[:, 1:-1] + padded[:, 2:]
    both = rows[:, :, :-2] + 2.0 * rows[:, :, 1:-1] + rows[:, :, 2:]
    return (both - 4.0 * values) / 12.0


def fill_with_donor(filled: Floats, areas: NDArray[np.bool_], donor: Floats) -> Floats:
    """Put the donor's brain into areas, and leave the rest as it is.

    Args:
        filled: The slice with its areas filled in another way, which stays where the
            donor has no brain, shape (area, row, column).
        areas: What to fill, likewise.
        donor: As `match_donor` gives it, shape (row, column); NaN outside its head.

    Returns:
        shape (area, row, column).
    """
    has_brain = areas & ~np.isnan(donor)
    return np.asarray(np.where(has_brain, donor, filled), np.float32)


def match_donor(pixels: Floats, head: Mask, donors: Floats, heads: Mask) -> Floats:
    """Choose the donor that is most like a slice, and match its brightness.

    Args:
        pixels: The slice, shape (row, column), standardised.
        head: Where its head is.
        donors: Slices of an average brain, shape (donor, row, column).
        heads: Where their heads are, likewise.

    Returns:
        The donor with the slice's mean and deviation inside both heads, shape
        (row, column); NaN outside of the donor's head.
    """
    likeness = [
        _correlation(pixels[head & other], donor[head & other])
        for donor, other in zip(donors, heads, strict=True)
    ]
    best = int(np.argmax(likeness))
    both = head & heads[best]
    own, given = pixels[both], donors[best][both]
    gain = float(own.std()) / max(float(given.std()), 1e-6)
    matched = (donors[best] - given.mean()) * gain + own.mean()
    return np.asarray(np.where(heads[best], matched, np.nan), np.float32)


def _correlation(one: Floats, other: Floats) -> float:
    if one.size < 2 or not (one.std() > 0.0 and other.std() > 0.0):
        return -1.0
    return float(np.corrcoef(one, other)[0, 1])
