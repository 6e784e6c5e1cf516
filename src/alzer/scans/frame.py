"""Find a bright frame or margin around a picture.

Screenshots and figures have one. It is bright where the slice's background is dark,
and would be taken for a part of the head.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# Rows and columns of a frame have no pixel as dark as this, of the picture's range.
# Through a slice's background every row and column along the border has.
_BRIGHT = 0.15

# Of each side of what the frame surrounds, at least this share is dark: a head that
# was cut out closely touches up to a quarter of a side.
_MIN_DARK_SHARE = 0.6

# Of the frame's pixels, most have one level, within a tenth of the range: lossy
# compression and the edges of enlarged pictures change some.
_MIN_EVEN_SHARE = 0.75
_EVEN = 0.1

# What is left inside a frame has at least as many rows and columns.
_MIN_INNER_PIXELS = 16


@dataclass(frozen=True)
class Frame:
    """Rows and columns of a frame at each side of a picture.

    Attributes:
        top: Rows at the top.
        left: Columns at the left.
        bottom: Rows at the bottom.
        right: Columns at the right.
    """

    top: int
    left: int
    bottom: int
    right: int

    def inner(self, pixels: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the part of a picture that the frame surrounds; no copy."""
        rows, columns = pixels.shape
        return pixels[self.top : rows - self.bottom, self.left : columns - self.right]

    def inner_sides(self, pixels: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        """Return the four sides of the part of a picture that the frame surrounds."""
        inner = self.inner(pixels)
        return [inner[0], inner[-1], inner[:, 0], inner[:, -1]]

    def to_outer(
        self, box: tuple[float, float, float, float]
    ) -> tuple[float, float, float, float]:
        """Return a box (top, left, bottom, right) of the inner part in the picture."""
        top, left, bottom, right = box
        return top + self.top, left + self.left, bottom + self.top, right + self.left

    def darkened(self, pixels: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return a copy with the frame as dark as the darkest pixel inside it."""
        inner = self.inner(pixels)
        result = np.full_like(pixels, inner.min())
        self.inner(result)[:] = inner
        return result


def find_frame(pixels: NDArray[np.float32]) -> Frame | None:
    """Find a bright frame or margin around a picture, or a bar along a side.

    Args:
        pixels: shape (row, column), finite.

    Returns:
        The frame; None if there is none, or what it surrounds has no dark border.

    Examples:
        >>> import numpy as np
        >>> picture = np.pad(np.zeros((20, 20), np.float32), 3, constant_values=255)
        >>> picture[10, 10] = 90
        >>> find_frame(picture)
        Frame(top=3, left=3, bottom=3, right=3)
    """
    low, high = float(pixels.min()), float(pixels.max())
    level = low + _BRIGHT * (high - low)
    if float(pixels[:: max(len(pixels) - 1, 1), [0, -1]].max()) <= level:
        return None  # a frame or a bar fills two corners
    by_row = pixels.min(axis=1) > level
    top, bottom = _leading(by_row), _leading(by_row[::-1])
    by_column = pixels[top : len(pixels) - bottom].min(axis=0, initial=high) > level
    frame = Frame(top, _leading(by_column), bottom, _leading(by_column[::-1]))
    inner = frame.inner(pixels)
    if min(inner.shape) < _MIN_INNER_PIXELS or inner.shape == pixels.shape:
        return None
    sides = frame.inner_sides(pixels)
    if min(float((side <= level).mean()) for side in sides) < _MIN_DARK_SHARE:
        return None
    background = float(np.median(np.concatenate(sides)))
    return frame if _is_even(frame, pixels, background, high - low) else None


def _is_even(
    frame: Frame, pixels: NDArray[np.float32], background: float, extent: float
) -> bool:
    """Return whether a frame has one level, well above that of the background."""
    surrounding = np.ones(pixels.shape, bool)
    surrounding[
        frame.top : len(pixels) - frame.bottom,
        frame.left : pixels.shape[1] - frame.right,
    ] = False
    values = pixels[surrounding]
    level = float(np.median(values))
    even = np.abs(values - level) <= _EVEN * extent
    return level - background > _BRIGHT * extent and (
        float(even.mean()) >= _MIN_EVEN_SHARE
    )


def _leading(flags: NDArray[np.bool_]) -> int:
    """Count the flags that are set before the first that is not."""
    return int(flags.size if flags.all() else flags.argmin())
