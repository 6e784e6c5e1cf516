"""Fewer pixels where a slice has more than an analysis can use.

The network sees less than 200 rows, and a person's screen about a thousand: larger
slices cost memory and time and add nothing. Blocks of pixels become their mean,
which is what a scanner of that resolution would have measured.

Convention: a pixel index names the pixel's centre. The centre of block k of n pixels
is therefore index n k + (n - 1) / 2 of the file's own grid.
"""

import math
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from alzer.scans.bands import Rows, spans
from alzer.scans.slice import MAX_SPACING_RATIO, Slice

# 1448 rows and columns: twice what scanners of heads make, and few enough that the
# arrays of one analysis take some 40 MB.
MOST_PIXELS: Final = 2**21


@dataclass(frozen=True)
class Reduction:
    """Blocks of pixels that become one pixel each.

    Attributes:
        factors: Rows and columns of a block; (1, 1): nothing is changed.
        first: Row and column of the file's grid at which the blocks begin. What is
            left over at the edges, less than a block, is divided between them.
        shape: Rows and columns of blocks.
    """

    factors: tuple[int, int]
    first: tuple[int, int]
    shape: tuple[int, int]

    @property
    def changes_nothing(self) -> bool:
        """Whether each pixel stays as it is."""
        return self.factors == (1, 1)

    @property
    def note(self) -> str:
        """What to tell a reader of the result."""
        rows, columns = self.factors
        return (
            f"Analysed with {self.shape[0]} x {self.shape[1]} pixels, each the mean of "
            f"{rows} x {columns} of the file's."
        )

    def means(self, pixels: NDArray[np.float32]) -> NDArray[np.float32]:
        """Compute the mean of each block.

        Args:
            pixels: shape (row, column), on the file's grid.

        Returns:
            shape (block row, block column), in the same units.
        """
        top = self.first[0]
        return self.means_of_rows(pixels[top : top + self.shape[0] * self.factors[0]])

    def means_of_rows(self, pixels: NDArray[np.float32]) -> NDArray[np.float32]:
        """Compute the mean of each block of some rows.

        Args:
            pixels: shape (row, column): rows of whole blocks, columns of the file.

        Returns:
            shape (block row, block column), in the same units.
        """
        (down, across), left = self.factors, self.first[1]
        right = left + self.shape[1] * across
        total = np.zeros((len(pixels) // down, self.shape[1]), np.float32)
        # Whole numbers of up to 16 bits add up exactly, in whatever order: a
        # mirrored slice has mirrored means.
        for row in range(down):
            for column in range(left, left + across):
                total += pixels[row::down, column:right:across]
        total /= np.float32(down * across)
        return total

    def means_by_band(self, pixels: Rows) -> NDArray[np.float32]:
        """Compute the mean of each block of an image that is never held as a whole.

        Args:
            pixels: float32, on the file's grid.

        Returns:
            As `means` does; if nothing is changed, the pixels.
        """
        means, place = np.empty(self.shape, np.float32), 0
        top, down = self.first[0], self.factors[0]
        bottom = top + self.shape[0] * down
        for band in pixels.read(spans(pixels.shape, top, bottom, down)):
            part = band if self.changes_nothing else self.means_of_rows(band)
            means[place : place + len(part)] = part
            place += len(part)
        return means

    def spacing(self, spacing_mm: tuple[float, float]) -> tuple[float, float]:
        """Return the distances between the centres of blocks.

        Args:
            spacing_mm: Between rows and between columns of the file's grid.

        Returns:
            Between rows and between columns of blocks, in millimetres.
        """
        return spacing_mm[0] * self.factors[0], spacing_mm[1] * self.factors[1]

    @property
    def to_file(self) -> NDArray[np.float64]:
        """From (row, column, slice, 1) of blocks to that of the file, shape (4, 4)."""
        matrix = np.eye(4)
        for axis, (factor, first) in enumerate(
            zip(self.factors, self.first, strict=True)
        ):
            matrix[axis, axis] = factor
            matrix[axis, 3] = first + (factor - 1) / 2.0
        return matrix


def reduction_for(shape: tuple[int, int], most_pixels: int = MOST_PIXELS) -> Reduction:
    """Choose blocks for a slice: square ones, unless it is a strip.

    Args:
        shape: Rows and columns of the file's grid.
        most_pixels: How many blocks there may be.

    Returns:
        How to reduce it.
    """
    side = math.ceil(math.sqrt(math.prod(shape) / most_pixels))
    factors = [max(1, min(side, length)) for length in shape]
    for axis in (0, 1):  # a strip is narrower than a block
        others = shape[1 - axis] // factors[1 - axis]
        needed = math.ceil(shape[axis] * others / most_pixels)
        factors[axis] = max(factors[axis], needed)
    (rows, columns), (down, across) = shape, factors
    return Reduction(
        factors=(down, across),
        first=(rows % down // 2, columns % across // 2),
        shape=(rows // down, columns // across),
    )


def reduce_slice(scan: Slice, most_pixels: int = MOST_PIXELS) -> Slice:
    """Return a slice with a bounded number of pixels.

    Args:
        scan: A slice of any size.
        most_pixels: How many pixels it may have, shown as square ones.

    Returns:
        The same slice if it is small enough; else one with larger pixels, whose
        notes say so.
    """
    reduction = reduction_of(scan.shape, scan.spacing_mm, most_pixels)
    if reduction.changes_nothing:
        return scan
    return reduced(scan, reduction.means(scan.pixels), reduction)


def reduction_of(
    shape: tuple[int, int],
    spacing_mm: tuple[float, float] | None,
    most_pixels: int = MOST_PIXELS,
) -> Reduction:
    """Choose blocks for a slice whose pixels may not be square.

    Args:
        shape: Rows and columns of the file's grid.
        spacing_mm: Between rows and between columns, if the file says so.
        most_pixels: How many pixels it may have, shown as square ones.

    Returns:
        How to reduce it.
    """
    return reduction_for(shape, max(1, int(most_pixels / _stretched(spacing_mm))))


def reduced(scan: Slice, means: NDArray[np.float32], reduction: Reduction) -> Slice:
    """Return a slice whose pixels have been reduced.

    Args:
        scan: The slice; its spacing, affine and notes are those of the file's grid.
        means: Of each block, shape (block row, block column).
        reduction: How they came to be.

    Returns:
        The slice of the means, whose notes say so; if nothing was changed, the same.
    """
    if reduction.changes_nothing:
        return scan
    spacing_mm, affine = scan.spacing_mm, scan.affine
    return replace(
        scan,
        pixels=means,
        spacing_mm=None if spacing_mm is None else reduction.spacing(spacing_mm),
        affine=None if affine is None else affine @ reduction.to_file,
        notes=(*scan.notes, reduction.note),
    )


def _stretched(spacing_mm: tuple[float, float] | None) -> float:
    """Return how many square pixels show one pixel of such a spacing.

    A spacing that is not plausible is not used: the pixels count as square.
    """
    if spacing_mm is None or not min(spacing_mm) > 0.0:
        return 1.0
    ratio = max(spacing_mm) / min(spacing_mm)
    return ratio if ratio <= MAX_SPACING_RATIO else 1.0
