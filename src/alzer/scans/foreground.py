"""What stands out from a picture's background, on the grid where it is judged."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

Point = tuple[float, float]


@dataclass(frozen=True)
class Foreground:
    """A head and what is beside it, on the grid where outlines are found.

    A picture, its mirror images and its half turn have one common grid, that of their
    representative: whatever is computed on it is exactly equal for all four.

    Attributes:
        values: shape (row, column), 0 to 1 between the believed extremes.
        mask: True above the background's level, the same shape.
        region: True in the largest piece of the mask, its holes filled: the head.
    """

    values: NDArray[np.float32]
    mask: NDArray[np.bool_]
    region: NDArray[np.bool_]

    @cached_property
    def mean_inside(self) -> float:
        """Mean value of the head, above 0."""
        return max(float(self.values[self.region].mean()), 1e-6)

    @cached_property
    def middle_and_half(self) -> tuple[Point, Point]:
        """Middle, and half height and width, of the box around the head.

        Row and column each, counting edges.
        """
        by_row, by_column = (
            np.flatnonzero(self.region.any(axis=axis)) for axis in (1, 0)
        )
        top, bottom = int(by_row[0]), int(by_row[-1]) + 1
        left, right = int(by_column[0]), int(by_column[-1]) + 1
        middle = (top + bottom) / 2.0, (left + right) / 2.0
        return middle, ((bottom - top) / 2.0, (right - left) / 2.0)

    def distance(
        self, rows: NDArray[Any], columns: NDArray[Any]
    ) -> NDArray[np.float64]:
        """Return distances of edges from the head's middle, 1 at its box's sides."""
        (row, column), (height, width) = self.middle_and_half
        return np.hypot((rows - row) / height, (columns - column) / width)
