"""One slice: pixels, their geometry, and how they came to be."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# What is shown of images with more than eight bits: all but the outermost half
# per cent at either end, where a few hot pixels would darken everything else.
DISPLAY_PERCENTILES = (0.5, 99.5)


@dataclass(frozen=True)
class Slice:
    """One two-dimensional MR image without the identity of its owner.

    Attributes:
        pixels: float32, shape (row, column), finite, in the file's own units
            (rescaled where the file says how); brighter is higher.
        format: The format's name, such as `JPEG`, `DICOM` or `NIfTI`.
        display_range: The values to show as black and as white.
        spacing_mm: Distance between rows and between columns, in millimetres;
            None where the file does not say.
        orientation: Where rows and columns lead: the anatomical direction (of
            L, R, A, P, S, I) of growing row index, then of growing column index;
            None where the file does not say.
        notes: How the pixels came to be, one plain sentence each (channels that
            were merged, orientation that was applied, scaling).
        warnings: What a reader of the result must know.
    """

    pixels: NDArray[np.float32]
    format: str
    display_range: tuple[float, float]
    spacing_mm: tuple[float, float] | None = None
    orientation: tuple[str, str] | None = None
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        rows, columns = self.pixels.shape
        return rows, columns

    def as_grey(self) -> NDArray[np.uint8]:
        """Give the picture as a person would see it.

        Returns:
            shape (row, column), 0 (black) to 255 (white).
        """
        low, high = self.display_range
        if (low, high) == (0.0, 255.0):  # eight bits already: keep them exactly
            return np.asarray(np.clip(np.rint(self.pixels), 0, 255), np.uint8)
        scaled = (self.pixels - low) * (255.0 / max(high - low, 1e-12))
        return np.asarray(np.clip(np.rint(scaled), 0, 255), np.uint8)
