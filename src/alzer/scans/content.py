"""Measure what a head shows, to tell brain slices from what was made of them.

All measures are computed on the foreground's grid, which is the same for a picture,
its mirror images and its half turn: so are they.
"""

from typing import Any

import cc3d
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from alzer.scans.foreground import Foreground

# Rays from the middle of the head through its outline.
_RAYS = 48

# Where along a ray the outline is looked for, as shares of the distance from the
# middle to the box around the head: that box's corners lie at 1.41, and no head
# reaches them. What lies further in than the first is never the rim.
_STEP = 0.01
_FIRST_STEP, _STEPS = 0.30, 95

# How deep below its outline a head is looked at: the skull lies within a fifth.
_DEPTHS = 50
_SKULL_DEPTHS = 20

# Places darker than this, of the head's mean, are no scalp.
_DARK = 0.2

# Depths of the outer rim, below the outline's own blur, and of the brain within.
_RIM = slice(2, 8)
_WITHIN = slice(15, 40)

# Rows and columns of the picture in which repetition is looked for; they can be
# divided by two and by three.
_REPETITION_GRID = 30

# Between two heads at most this share of a line is bright; tightly cut ones touch
# over a quarter of it, and through the middle of one head it is four fifths.
_MAX_SEAM_SHARE = 0.5

# Rows and columns of a block whose mean counts as background: noise averages out.
_BLOCK = 8

# Blocks this far out belong to the background: distance from the middle in units of
# the box around the head.
_CLEAR_OF_HEAD = 1.3

# Fewer pixels or blocks than this say nothing.
_FEW = 4

# Share of the picture below which a piece is no slice, however many there are.
_LEAST_PIECE = 0.005

# A smaller slice beside the head: its area over the head's, how much of its box it
# fills (an ellipse 0.79, with dark ventricles less; a bar more) and short over long
# side of that box, and standard deviation over mean. Ears and letters are smaller.
_MIN_HEAD_SHARE = 0.03
_HEAD_FILL = 0.55, 0.88
_MIN_HEAD_ASPECT = 0.5
_MIN_HEAD_STRUCTURE = 0.08


def rim_profile(foreground: Foreground) -> NDArray[np.float32]:
    """Return how bright the head is at growing depth below its outline.

    Args:
        foreground: Of one picture.

    Returns:
        shape (depth), in hundredths of the head's half height or width: the median
        over all directions, in units of the head's mean.
    """
    values, region = foreground.values, foreground.region
    middle, half = foreground.middle_and_half
    angles = (np.arange(_RAYS) + 0.5) * (2.0 * np.pi / _RAYS)
    along = _FIRST_STEP + np.arange(_STEPS) * _STEP
    rows, columns = (
        (middle[axis] + half[axis] * part[:, None] * along)
        .clip(0, region.shape[axis] - 1)
        .astype(np.intp)
        for axis, part in enumerate((np.cos(angles), np.sin(angles)))
    )
    places = rows * region.shape[1] + columns
    outermost = _STEPS - 1 - region.ravel()[places][:, ::-1].argmax(axis=1)
    chosen = np.maximum(outermost[:, None] - np.arange(_DEPTHS), 0)
    samples = values.ravel()[np.take_along_axis(places, chosen, axis=1)]
    # The upper of the two middle values is as good as their mean, and quicker.
    middle_values = np.partition(samples, _RAYS // 2, axis=0)[_RAYS // 2]
    return np.asarray(middle_values / foreground.mean_inside)


def skull_dip(profile: NDArray[np.float32]) -> float:
    """Compute which share of its brightness the head loses between scalp and brain.

    Args:
        profile: Of `rim_profile`.

    Returns:
        The deepest fall below both a brighter place further out and one further in,
        over the darker of these two; about 0 without a skull, below 1.
    """
    outside = np.maximum.accumulate(profile[:_SKULL_DEPTHS])
    inside = np.maximum.accumulate(profile[::-1])[::-1][:_SKULL_DEPTHS]
    sides = np.minimum(outside, inside)
    falls = (sides - profile[:_SKULL_DEPTHS]) / np.maximum(sides, _DARK)
    return float(falls.max())


def cavity(profile: NDArray[np.float32]) -> float:
    """Compute which share of its brightness the head loses from outside to inside.

    Near its top, scalp and skull are thicker than what they surround, and hardly any
    brain is left in which the brightness would rise again.

    Args:
        profile: Of `rim_profile`.

    Returns:
        The deepest fall below a brighter place further out, over that place, 0 to 1.
    """
    below = profile[_RIM.start :]
    outside = np.maximum.accumulate(below)
    return float(((outside - below) / np.maximum(outside, _DARK)).max())


def rim_ratio(profile: NDArray[np.float32]) -> float:
    """Compute the brightness of the outer rim over that of the brain within.

    In T1-weighted images fluid and grey matter, which lie outside, are darker than
    white matter; inverted, or T2-weighted, they are brighter.
    """
    return float(profile[_RIM].mean() / max(float(profile[_WITHIN].mean()), 1e-6))


def box_fill(foreground: Foreground) -> float:
    """Compute how much of the box around the head is head, 0 to 1."""
    _, half = foreground.middle_and_half
    area = float(np.count_nonzero(foreground.region))
    return area / max(4.0 * half[0] * half[1], 1.0)


def count_alike_pieces(foreground: Foreground) -> int:
    """Count the pieces of the foreground that are about as large as the largest one.

    Returns:
        How many have half its area or more, itself included; 0 if it is tiny.
    """
    labels = cc3d.connected_components(foreground.mask, connectivity=4)
    sizes = np.bincount(labels.ravel())
    sizes[0] = 0
    if sizes.max() < _LEAST_PIECE * labels.size:
        return 0
    return int(np.count_nonzero(2 * sizes >= sizes.max()))


def has_smaller_head(foreground: Foreground) -> bool:
    """Say whether a smaller slice lies beside the head, as thumbnails do.

    Parts of one brain that are apart in a low slice lie beside one another, too; but
    the boxes around them overlap.
    """
    beside = foreground.mask & ~foreground.region
    least = _MIN_HEAD_SHARE * np.count_nonzero(foreground.region)
    if np.count_nonzero(beside) < least:
        return False
    labels = cc3d.connected_components(beside, connectivity=4)
    found = cc3d.statistics(labels)
    return any(
        _is_head_like(foreground.values[box][labels[box] == label], box)
        for label, box in enumerate(found["bounding_boxes"])
        if label
        and found["voxel_counts"][label] >= least
        and _is_clear_of_head(foreground, box)
    )


def _is_clear_of_head(foreground: Foreground, box: tuple[slice, ...]) -> bool:
    """Return whether a box does not overlap the one around the head."""
    return any(
        side.stop <= middle - half or side.start >= middle + half
        for side, middle, half in zip(box, *foreground.middle_and_half, strict=False)
    )


def _is_head_like(values: NDArray[np.float32], box: tuple[slice, ...]) -> bool:
    height, width = (side.stop - side.start for side in box[:2])
    low, high = _HEAD_FILL
    return bool(
        low <= values.size / (height * width) <= high
        and min(height, width) >= _MIN_HEAD_ASPECT * max(height, width)
        and values.std() >= _MIN_HEAD_STRUCTURE * values.mean()
    )


def mirror_difference(foreground: Foreground) -> float:
    """Compute how different the left and the right half of the head's box are.

    Returns:
        Mean distance between each pixel and its mirror image, in units of the
        head's mean; 0 where one half is the mirror image of the other.
    """
    (_, middle), (_, half) = foreground.middle_and_half
    box = foreground.values[:, round(middle - half) : round(middle + half)]
    return float(np.abs(box - box[:, ::-1]).mean()) / foreground.mean_inside


def repetition(foreground: Foreground) -> float:
    """Compute how alike the halves, or the thirds, of a picture are.

    Only parts with mostly background between them count: one head's halves meet in
    its middle.

    Returns:
        The correlation of a part with the next one, 0 to 1; the largest of rows and
        columns, halves and thirds.
    """
    divisions = [
        (axis, parts)
        for axis in (0, 1)
        for parts in (2, 3)
        if _seam_share(foreground.mask, axis, parts) < _MAX_SEAM_SHARE
    ]
    if not divisions:
        return 0.0
    grid = np.asarray(
        Image.fromarray(np.ascontiguousarray(foreground.values)).resize(
            (_REPETITION_GRID, _REPETITION_GRID), Image.Resampling.BOX
        )
    )
    turned = grid, np.ascontiguousarray(grid.T)
    return max(
        0.0,
        *(
            _least_likeness(turned[axis].reshape(parts, -1))
            for axis, parts in divisions
        ),
    )


def _seam_share(mask: NDArray[np.bool_], axis: int, parts: int) -> float:
    """Compute how much of the lines between equal parts is foreground."""
    length = mask.shape[axis]
    places = [length * part // parts for part in range(1, parts)]
    return float(mask.take(places, axis=axis).mean())


def background_range(foreground: Foreground) -> float:
    """Compute how uneven the background is, apart from noise.

    Returns:
        The range of most of its blocks' means in units of the head's mean; 0 if
        there is hardly any background.
    """
    shape = tuple(side // _BLOCK for side in foreground.values.shape)
    means = _over_blocks(np.add, foreground.values, shape) / _BLOCK**2
    free = ~_over_blocks(np.logical_or, foreground.mask, shape)
    rows, columns = (np.arange(count) * _BLOCK + _BLOCK / 2.0 for count in shape)
    free &= foreground.distance(rows[:, None], columns) > _CLEAR_OF_HEAD
    background = np.sort(means[free])
    if background.size < _FEW:
        return 0.0
    tenth = background.size // 10
    spread = float(background[-1 - tenth] - background[tenth])
    return spread / foreground.mean_inside


def background_noise(foreground: Foreground) -> float:
    """Compute how far the background is from one level, pixel by pixel.

    A brain that was cut out has one level around it, whatever was done to the picture
    since; a camera adds noise to all of it.

    Returns:
        The median distance from the median, in units of the head's mean; 0 if there
        is hardly any background.
    """
    rows, columns = (np.arange(side) + 0.5 for side in foreground.values.shape)
    free = foreground.distance(rows[:, None], columns) > _CLEAR_OF_HEAD
    background = foreground.values[free & ~foreground.mask]
    if background.size < _FEW * _BLOCK**2:
        return 0.0
    distance = np.abs(background - np.median(background))
    return float(np.median(distance)) / foreground.mean_inside


def _over_blocks(
    combine: np.ufunc, values: NDArray[Any], shape: tuple[int, ...]
) -> NDArray[Any]:
    """Combine the values of each whole block, shape (block row, block column)."""
    rows, columns = shape
    part = values[: rows * _BLOCK, : columns * _BLOCK]
    bands = combine.reduce(part.reshape(rows, _BLOCK, columns * _BLOCK), axis=1)
    return np.asarray(combine.reduce(bands.reshape(rows, columns, _BLOCK), axis=2))


def _least_likeness(parts: NDArray[np.float32]) -> float:
    """Compute the least correlation of a part with the next, shape (part, pixel)."""
    centred = parts - parts.mean(axis=1, keepdims=True)
    products = centred @ centred.T
    lengths = np.sqrt(np.maximum(products.diagonal(), 1e-12))
    return float((products.diagonal(1) / (lengths[1:] * lengths[:-1])).min())
