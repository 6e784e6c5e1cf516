"""One slice: pixels on the file's own grid, and where they lie in the patient."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# What is shown of images with more than eight bits: all but the outermost half
# per cent at either end, where a few hot pixels would darken everything else.
DISPLAY_PERCENTILES = (0.5, 99.5)

# Rows that lie this many times further apart than columns, or the reverse, are a
# mistake of the file: scanners reach 2.
MAX_SPACING_RATIO = 5.0

# Spacings of MR images of a head lie between these.
PLAUSIBLE_SPACING_MM = (0.01, 50.0)

# What a range of values is at least, in any unit: float32's smallest normal number.
_SMALLEST_RANGE = float(np.finfo(np.float32).tiny)


@dataclass(frozen=True)
class Slice:
    """One two-dimensional MR image without the identity of its owner.

    Attributes:
        pixels: float32, shape (row, column), finite, on the file's own grid, in the
            file's own units (rescaled where the file says how); brighter is higher.
            Of NIfTI and MGH, whose first axis usually runs across, columns are the
            first of the two axes that are longer than one voxel.
        format: The format's name, such as `JPEG`, `DICOM` or `NIfTI`.
        display_range: The values to show as black and as white.
        spacing_mm: Distance between rows and between columns, in millimetres;
            None where the file does not say.
        affine: float64, shape (4, 4), from (row, column, slice, 1) to RAS+ patient
            coordinates in millimetres; None where the file does not say how the
            slice lies. Where the file gives a direction but no distance or no
            position, the affine has a distance of 1 mm and the origin instead.
        notes: How the pixels came to be, one plain sentence each (channels that
            were merged, scaling).
        warnings: What a reader of the result must know.
        tells_sides: Whether `affine` is what the file says; else it was taken for
            granted, or the file contradicts itself, and nothing may be named by it.
        tells_size: Whether `spacing_mm` is a length on the person that the file
            states; else it tells the shape of a pixel only.
    """

    pixels: NDArray[np.float32]
    format: str
    display_range: tuple[float, float]
    spacing_mm: tuple[float, float] | None = None
    affine: NDArray[np.float64] | None = None
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    tells_sides: bool = True
    tells_size: bool = True

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        rows, columns = self.pixels.shape
        return rows, columns

    def as_grey(self) -> NDArray[np.uint8]:
        """Return the picture in the grey levels that a person would see.

        Returns:
            shape (row, column), 0 (black) to 255 (white).
        """
        low, high = self.display_range
        if (low, high) == (0.0, 255.0):  # eight bits already: keep them exactly
            return np.asarray(np.clip(np.rint(self.pixels), 0, 255), np.uint8)
        with np.errstate(over="ignore"):  # far outside is as white as white
            scaled = (self.pixels - low) / max(high - low, _SMALLEST_RANGE)
        levels = np.clip(scaled, 0.0, 1.0) * np.float32(255.0)
        return np.asarray(np.rint(levels), np.uint8)
