"""Networks of which it is known what they look at: the ground truth for explanations.

They are built like the real ones: features of each place, their mean over cells, one
linear layer, so that a class's map plus its bias is its logit.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from alzer.explain.field import Floats, head_in
from alzer.model.evidence import Evidence
from phantoms import draw_phantom

SHAPE, STRIDE, CELLS = (97, 81), 16, (7, 6)

# Far brighter than any tissue, which ends at about 1.7.
MARK = 4.0


@dataclass(frozen=True)
class MarkReader:
    """A network for which bright marks speak, and a little of the tissue besides.

    Attributes:
        label: The class that marks speak for.
        weight: How much.
    """

    label: int = 2
    weight: float = 20.0

    def __call__(self, batch: Floats) -> Evidence:
        """Return logits and maps of inputs, shape (n, 1, row, column)."""
        images = batch[:, 0].astype(np.float64)
        marks = pool(np.maximum(images - 2.0, 0.0))
        tissue = pool(np.clip(images, -1.0, 2.0))
        maps = np.stack([0.1 * tissue, 0.05 * tissue, -0.1 * tissue, 0 * tissue], 1)
        maps[:, self.label] += self.weight * marks
        logits = maps.mean(axis=(2, 3))
        return Evidence(logits.astype(np.float32), maps.astype(np.float32))


def pool(features: NDArray[np.float64]) -> NDArray[np.float64]:
    """Average features over the cells, each weighing by its distance along both axes.

    Args:
        features: shape (n, row, column).

    Returns:
        shape (n, row, column) of cells.
    """
    down, across = (
        np.maximum(
            1.0
            - np.abs(np.arange(size)[None] - STRIDE * np.arange(n)[:, None]) / STRIDE,
            0.0,
        )
        / STRIDE
        for size, n in zip(SHAPE, CELLS, strict=True)
    )
    return np.asarray(down @ features @ across.T)


def brain(seed: int) -> Floats:
    """Return a drawn brain as the network gets it, shape (row, column)."""
    pixels = draw_phantom(SHAPE, 0.06 + 0.01 * (seed % 12), seed).pixels
    return ((pixels - 0.43) / 0.37).astype(np.float32)


def with_marks(pixels: Floats, places: Sequence[tuple[int, int]]) -> Floats:
    """Return a slice with a bright disc of seven pixels at each place."""
    rows, columns = np.indices(pixels.shape)
    marked = pixels.copy()
    for row, column in places:
        marked[(rows - row) ** 2 + (columns - column) ** 2 <= 12] = MARK
    return marked


def places_in(pixels: Floats, count: int, seed: int) -> list[tuple[int, int]]:
    """Draw places inside the head, not next to each other."""
    generator = np.random.default_rng(seed)
    inside = np.argwhere(head_in(pixels))
    found: list[tuple[int, int]] = []
    while len(found) < count:
        row, column = map(int, inside[generator.integers(len(inside))])
        if all(np.hypot(row - r, column - c) > 20 for r, c in found):
            found.append((row, column))
    return found
