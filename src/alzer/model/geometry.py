"""Where the network's field of view lies on a slice, and the way back for its maps.

Where two conventions meet: a pixel index names the pixel's centre; edges lie
half a pixel before and after.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

# Rows and columns from one cell of the last stage to the next: a ResNet halves
# its input five times (where its last stage is evaluated densely, four times: 16).
# Every one of its kernels is odd and symmetrically padded, so the receptive field of
# cell k is centred on input pixel 32 k, not on the middle of a 32-pixel tile.
# Source: Araujo, Norris & Sim 2019, doi:10.23915/distill.00021, for the rule.
CELL_STRIDE = 32


@dataclass(frozen=True)
class Geometry:
    """Where the network's field of view lies on the slice in its standard view.

    Attributes:
        top: First edge of the field, in rows of the view (may be negative).
        left: First edge of the field, in columns of the view.
        scales: Rows of the view per row of the input, columns per column; they
            differ where rows and columns of the view lie differently far apart.
        input_shape: Rows and columns of the input.
        view_shape: Rows and columns of the view.
        turned: Whether the input is the field of view turned by 180 degrees.
        cell_stride: Pixels of the input from one cell of the maps to the next.
    """

    top: float
    left: float
    scales: tuple[float, float]
    input_shape: tuple[int, int]
    view_shape: tuple[int, int]
    turned: bool = False
    cell_stride: int = CELL_STRIDE

    def to_input(self, row: float, column: float) -> tuple[float, float]:
        """Return the input's pixel coordinates of a point of the view."""
        return self._turn(
            (row + 0.5 - self.top) / self.scales[0] - 0.5,
            (column + 0.5 - self.left) / self.scales[1] - 0.5,
        )

    def to_view(self, row: float, column: float) -> tuple[float, float]:
        """Return the view's pixel coordinates of a point of the input."""
        row, column = self._turn(row, column)
        return (
            (row + 0.5) * self.scales[0] + self.top - 0.5,
            (column + 0.5) * self.scales[1] + self.left - 0.5,
        )

    def _turn(self, row: float, column: float) -> tuple[float, float]:
        if not self.turned:
            return row, column
        height, width = self.input_shape
        return height - 1 - row, width - 1 - column

    def resized(self, shape: tuple[int, int]) -> "Geometry":
        """Return where the field of view lies once the view is resampled.

        Args:
            shape: Rows and columns of the resampled view, which shows the same area.
        """
        down, across = (
            new / old for new, old in zip(shape, self.view_shape, strict=True)
        )
        return replace(
            self,
            top=self.top * down,
            left=self.left * across,
            scales=(self.scales[0] * down, self.scales[1] * across),
            view_shape=shape,
        )

    @property
    def cell_pixels(self) -> tuple[float, float]:
        """Rows and columns of the view from one cell of the maps to the next."""
        return self.scales[0] * self.cell_stride, self.scales[1] * self.cell_stride

    def paint(
        self,
        values: NDArray[np.float32],
        stride: int | None = None,
        *,
        nearest: bool = False,
    ) -> NDArray[np.float32]:
        """Carry a map back onto the view's pixels.

        Args:
            values: shape (row, column); value k is centred on input pixel
                k times stride.
            stride: Input pixels between neighbouring values; those of the cells, if
                it is not given.
            nearest: Whether each pixel gets the value that is centred nearest to it;
                else values are interpolated, bilinearly.

        Returns:
            shape (row, column) of the view; 0 where the network did not look.
        """
        stride = stride or self.cell_stride
        down = self._weights(0, self.top, values.shape[0], stride)
        across = self._weights(1, self.left, values.shape[1], stride)
        if nearest:
            down, across = _winner_takes_all(down), _winner_takes_all(across)
        return (down @ values @ across.T).astype(np.float32)

    def _weights(
        self, axis: int, start: float, count: int, stride: int
    ) -> NDArray[np.float32]:
        """Compute the share of each value in each pixel along one axis.

        Returns:
            shape (pixel, value); rows sum to 1 inside the field of view, else 0.
        """
        pixel = np.arange(self.view_shape[axis])
        position = (pixel + 0.5 - start) / self.scales[axis] - 0.5
        if self.turned:
            position = self.input_shape[axis] - 1 - position
        seen = (position >= -0.5) & (position <= self.input_shape[axis] - 0.5)
        cell = np.clip(position / stride, 0, count - 1)
        lower = np.minimum(cell.astype(np.intp), max(count - 2, 0))
        upper = np.minimum(lower + 1, count - 1)
        share = (cell - lower).astype(np.float32)
        weights = np.zeros((len(pixel), count), np.float32)
        weights[pixel, lower] += 1.0 - share
        weights[pixel, upper] += share
        weights[~seen] = 0.0
        return weights


def _winner_takes_all(weights: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return weights of which the largest of each row is 1, or none in an empty row."""
    chosen = np.zeros_like(weights)
    rows = np.arange(len(weights))
    chosen[rows, weights.argmax(axis=1)] = 1.0
    chosen[~weights.any(axis=1)] = 0.0
    return chosen
