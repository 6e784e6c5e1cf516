"""Look for text that was burnt into a picture, beside the head and over it."""

from typing import Any

import cc3d
import numpy as np
from numpy.typing import NDArray

from alzer.scans.foreground import Foreground

# Letters this far out belong to the background: distance from the middle in units of
# the box around the head.
_BESIDE_HEAD = 1.15

# A line of text is no smaller and no higher than this: pixels, share of the picture.
# It is drawn in grey or white; noise is darker, in units of the head's mean.
_MIN_LETTER_PIXELS = 3
_MAX_LETTER_SHARE = 0.12
_MIN_LETTER_LEVEL = 0.8

# Strokes of letters over the brain: nearly white, brighter than both neighbours by
# this much, gathered in a window of the height and width of a word.
_STROKE_LEVEL = 0.9
_STROKE_CONTRAST = 0.2
_WORD = (10, 30)

# Noise has strokes everywhere: this many times the mean over the head don't count.
_NOISE_FACTOR = 4.0

# Fewer pixels than this are no text.
_FEW = 4


def letters_beside(foreground: Foreground) -> int:
    """Count small bright pieces in the background, clear of the head.

    Letters may run together: a piece that is several times as long as it is high
    counts as that many.
    """
    beside = foreground.mask & ~foreground.region
    rows, columns = np.divmod(np.flatnonzero(beside), beside.shape[1])
    clear = foreground.distance(rows, columns) > _BESIDE_HEAD
    if np.count_nonzero(clear) < _FEW:
        return 0
    labels = cc3d.connected_components(beside, connectivity=8)[rows, columns]
    order = np.argsort(labels, kind="stable")
    first = np.flatnonzero(np.diff(labels[order], prepend=0))
    extents = np.sort(
        [
            np.maximum.reduceat(places[order], first)
            - np.minimum.reduceat(places[order], first)
            + 1
            for places in (rows, columns)
        ],
        axis=0,
    )
    brightest = np.maximum.reduceat(foreground.values[rows, columns][order], first)
    is_text = np.logical_and.reduceat(clear[order], first)
    is_text &= np.diff(first, append=labels.size) >= _MIN_LETTER_PIXELS
    is_text &= brightest >= _MIN_LETTER_LEVEL * foreground.mean_inside
    is_text &= extents[0] <= _MAX_LETTER_SHARE * max(beside.shape)
    letters = np.maximum(extents[1] // (2 * extents[0]), 1)
    return int(letters[is_text].sum())


def strokes_inside(foreground: Foreground) -> int:
    """Count pixels like those of white letters, where they are most, in the head.

    Where such pixels lie all over the head, as in noise, their mean is subtracted.
    """
    values, width = foreground.values, foreground.values.shape[1]
    bright = (values >= _STROKE_LEVEL) & foreground.region
    bright[[0, -1]] = bright[:, [0, -1]] = False
    places = np.flatnonzero(bright)
    flat = values.ravel()
    low = flat[places] - _STROKE_CONTRAST
    stands_out = low > np.maximum(flat[places - 1], flat[places + 1])
    stands_out |= low > np.maximum(flat[places - width], flat[places + width])
    count = int(np.count_nonzero(stands_out))
    if count < _FEW or min(values.shape) <= max(_WORD):
        return count
    strokes = np.zeros(values.shape, np.int32)
    strokes.ravel()[places[stands_out]] = 1
    everywhere = count * _WORD[0] * _WORD[1] / np.count_nonzero(foreground.region)
    most = float(_window_sums(strokes, _WORD).max())
    return max(round(most - _NOISE_FACTOR * everywhere), 0)


def _window_sums(counts: NDArray[np.int32], shape: tuple[int, int]) -> NDArray[Any]:
    """Compute the sums over all windows of a shape."""
    height, width = shape
    sums = np.pad(counts, ((1, 0), (1, 0))).cumsum(axis=0).cumsum(axis=1)
    bands = sums[height:] - sums[:-height]
    return np.asarray(bands[:, width:] - bands[:, :-width])
