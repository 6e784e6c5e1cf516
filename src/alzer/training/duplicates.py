"""Find the same head under two names, before it makes accuracy meaningless."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from alzer.errors import LeakySplit
from alzer.training.cohort import Cohort, LabelledSlice

# Images are compared in square blocks, about this many from top to bottom: enough
# to tell heads apart, and small changes of position no longer count.
BLOCKS_DOWN = 32

# Correlation from which two images are taken for the same head. Over the 6400
# slices of the OASIS-1 set, prepared to 97x81: at most 0.81 between people, in any
# orientation; at least 0.86 between each slice and its person's most similar other.
SAME_HEAD = 0.83

_ROWS_AT_ONCE = 512


@dataclass(frozen=True)
class Duplicate:
    """Two people who look like one.

    Attributes:
        one: A slice of the first.
        other: The slice of the second that is most like it.
        likeness: Their correlation, up to 1.
    """

    one: LabelledSlice
    other: LabelledSlice
    likeness: float


def find_duplicates(
    cohort: Cohort, images: NDArray[np.float16]
) -> tuple[Duplicate, ...]:
    """Compare every slice with every slice of other people in other folds.

    Each is also compared turned by 180 degrees and mirrored. What all images of
    the cohort have in common is taken away first; the rest is a person's own.

    Args:
        cohort: Everyone.
        images: Of its slices, prepared, shape (slice, row, column).

    Returns:
        The most similar pair of slices for every two people who look like one,
        the most similar people first.
    """
    found: dict[tuple[str, str], Duplicate] = {}
    for row, column, likeness in _similar(cohort, _as_blocks(images)):
        one, other = sorted(
            (cohort.slices[row], cohort.slices[column]), key=lambda each: each.subject
        )
        pair = one.subject, other.subject
        if pair not in found or found[pair].likeness < likeness:
            found[pair] = Duplicate(one, other, likeness)
    return tuple(sorted(found.values(), key=lambda each: -each.likeness))


def require_no_duplicates(cohort: Cohort, images: NDArray[np.float16]) -> None:
    """Stop when a head is on both sides of a split under two names.

    Args:
        cohort: Everyone.
        images: Of its slices, prepared, shape (slice, row, column).

    Raises:
        LeakySplit: If there is one; the message lists the most similar pairs.
    """
    found = find_duplicates(cohort, images)
    if not found:
        return
    lines = (
        f"{each.one.path.name} of {each.one.subject} and {each.other.path.name} of "
        f"{each.other.subject} ({each.likeness:.2f})"
        for each in found[:10]
    )
    message = (
        f"{len(found)} pairs of people in different folds look like one person each; "
        "give all images of a person one subject name, or put both into one fold: "
        + "; ".join(lines)
    )
    raise LeakySplit(message)


def _similar(
    cohort: Cohort, blocks: NDArray[np.float32]
) -> Iterator[tuple[int, int, float]]:
    subjects = cohort.subjects
    folds = np.array([cohort.folds[each] for each in subjects])
    blocks = _aligned(blocks)
    common = blocks.mean(axis=0)
    upright = _own(blocks, common)
    turns = (blocks, blocks[:, ::-1, ::-1], blocks[:, :, ::-1], blocks[:, ::-1])
    turned = [_own(each, common) for each in turns]
    for start in range(0, len(upright), _ROWS_AT_ONCE):
        rows = slice(start, start + _ROWS_AT_ONCE)
        likeness = np.max([upright[rows] @ each.T for each in turned], axis=0)
        apart = (subjects[rows, None] != subjects) & (folds[rows, None] != folds)
        for row, column in np.argwhere(apart & (likeness >= SAME_HEAD)):
            yield start + int(row), int(column), float(likeness[row, column])


def _as_blocks(images: NDArray[np.float16]) -> NDArray[np.float32]:
    """Average images in blocks; brightness and contrast no longer count."""
    _, height, width = images.shape
    down = _area_weights(height, BLOCKS_DOWN)
    across = _area_weights(width, max(round(BLOCKS_DOWN * width / height), 1))
    blocks = np.stack([down @ each.astype(np.float32) @ across.T for each in images])
    return _normalised(blocks)


def _area_weights(pixels: int, blocks: int) -> NDArray[np.float32]:
    """Give each pixel's share in each block, shape (block, pixel)."""
    edges = np.linspace(0.0, pixels, blocks + 1)
    first = np.arange(pixels)
    upper = np.minimum(edges[1:, None], first + 1.0)
    lower = np.maximum(edges[:-1, None], first)
    return np.asarray(np.maximum(upper - lower, 0.0) * blocks / pixels, np.float32)


def _aligned(blocks: NDArray[np.float32]) -> NDArray[np.float32]:
    """Turn those that preparation left the other way up than most.

    Else they would be alike in being upside down.
    """
    common = blocks.mean(axis=0)
    common -= common.mean()
    turned = blocks[:, ::-1, ::-1]
    better = ((turned - blocks) * common).sum(axis=(1, 2)) > 0.0
    return np.where(better[:, None, None], turned, blocks)


def _own(
    blocks: NDArray[np.float32], common: NDArray[np.float32]
) -> NDArray[np.float32]:
    return _normalised(blocks - common).reshape(len(blocks), -1)


def _normalised(blocks: NDArray[np.float32]) -> NDArray[np.float32]:
    centred = blocks - blocks.mean(axis=(1, 2), keepdims=True)
    length = np.sqrt((centred**2).sum(axis=(1, 2), keepdims=True))
    return np.asarray(centred / np.maximum(length, np.float32(1e-6)), np.float32)
