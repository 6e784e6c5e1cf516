"""From the file's own grid to the standard view, and back.

The standard view is the one that radiologists use: face up in axial slices, head
up in the others, the patient's right on the left. Rows and columns are swapped and
reversed, never interpolated, so that every value goes back to its own pixel. What
remains is the size of a pixel: its rows may be further apart than its columns.

Convention: patient coordinates are RAS+ here (x grows to the right, y to the front,
z to the head), as in NIfTI; DICOM's LPS+ is converted where it is read.
"""

from dataclasses import dataclass
from itertools import permutations
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PIL import Image

from alzer.scans.slice import MAX_SPACING_RATIO, Slice

# Spacings this close are equal: headers round, and nobody sees 0.2 % of a length.
_EQUAL_SPACING: Final = 0.002

# Letters of the positive and the negative direction of each patient axis.
_LETTERS: Final = (("R", "L"), ("A", "P"), ("S", "I"))

# The direction in which row and column index should grow, for every pair of
# axes that a slice can show: down the page, then across it.
_DOWN: Final = {"A": "P", "P": "P", "S": "I", "I": "I"}
_ACROSS: Final = {"R": "L", "L": "L", "A": "P", "P": "P"}

# Of a slice's two axes, the one that comes first here goes down the page.
_PAGE_ORDER: Final = "SIAPRL"


@dataclass(frozen=True)
class Turn:
    """A lossless change of a picture's axes: swap, then reverse.

    Attributes:
        transposed: Whether rows and columns change places.
        rows_reversed: Whether the order of the rows changes, after that.
        columns_reversed: Whether the order of the columns changes, after that.

    Examples:
        >>> import numpy as np
        >>> turn = Turn(transposed=True, rows_reversed=True)
        >>> turn.apply(np.array([[1, 2, 3], [4, 5, 6]])).tolist()
        [[3, 6], [2, 5], [1, 4]]
        >>> turn.undo(np.array([[3, 6], [2, 5], [1, 4]])).tolist()
        [[1, 2, 3], [4, 5, 6]]
    """

    transposed: bool = False
    rows_reversed: bool = False
    columns_reversed: bool = False

    def apply(self, values: NDArray[Any]) -> NDArray[Any]:
        """Return values of shape (row, column) as the standard view shows them."""
        turned = values.T if self.transposed else values
        return turned[self._reversal]

    def undo(self, values: NDArray[Any]) -> NDArray[Any]:
        """Return values of the standard view on the file's own grid."""
        turned = values[self._reversal]
        return turned.T if self.transposed else turned

    @property
    def _reversal(self) -> tuple[slice, slice]:
        return (
            slice(None, None, -1 if self.rows_reversed else 1),
            slice(None, None, -1 if self.columns_reversed else 1),
        )


@dataclass(frozen=True)
class StandardView:
    """A slice as radiologists look at it, and the way back to the file's grid.

    Attributes:
        pixels: float32, shape (row, column), contiguous; values as in the slice.
        pixel_aspect: Distance between rows over distance between columns; 1 where
            the file does not say.
        orientation: Where rows and columns lead: the anatomical direction (of
            L, R, A, P, S, I) of growing row index, then of growing column index;
            None where the file does not say.
        turn: From the file's own grid to this one.
        warnings: What about the geometry could not be believed.
        spacing_mm: Distance between rows and between columns of this view; None
            where the file does not say, or is not believed.
    """

    pixels: NDArray[np.float32]
    pixel_aspect: float = 1.0
    orientation: tuple[str, str] | None = None
    turn: Turn = Turn()
    warnings: tuple[str, ...] = ()
    spacing_mm: tuple[float, float] | None = None

    @property
    def is_axial(self) -> bool | None:
        """Whether the slice shows front, back and sides; None if unknown."""
        if self.orientation is None:
            return None
        return set(self.orientation) <= set("LRAP")

    def to_file(self, values: NDArray[Any]) -> NDArray[Any]:
        """Return values of this view, shape (row, column), on the file's own grid."""
        return np.ascontiguousarray(self.turn.undo(values))

    def for_display(self, values: NDArray[Any]) -> NDArray[Any]:
        """Resample values of this view to pixels that are as high as they are wide.

        Args:
            values: uint8 or float32, shape (row, column) of this view.

        Returns:
            The same type; more rows or more columns where spacings differ.
        """
        rows, columns = square_shape(values.shape, self.pixel_aspect)
        if (rows, columns) == values.shape:
            return values
        resized = Image.fromarray(np.ascontiguousarray(values)).resize(
            (columns, rows), Image.Resampling.BILINEAR
        )
        return np.asarray(resized)


def to_standard_view(scan: Slice) -> StandardView:
    """Turn a slice as its file declares that it lies.

    Args:
        scan: One slice, on the file's own grid.

    Returns:
        The slice as radiologists look at it. Without an orientation in the file
        it stays as it is.
    """
    letters = None if scan.affine is None else directions(scan.affine)
    turn, orientation = Turn(), None
    if letters is not None:
        turn, orientation = _turn(*letters)
    aspect, warnings = _pixel_aspect(scan.spacing_mm)
    spacing = None if warnings or not scan.tells_size else scan.spacing_mm
    if turn.transposed:
        aspect = 1.0 / aspect
        spacing = None if spacing is None else (spacing[1], spacing[0])
    pixels = np.ascontiguousarray(turn.apply(scan.pixels))
    return StandardView(pixels, aspect, orientation, turn, warnings, spacing)


def square_shape(shape: tuple[int, ...], pixel_aspect: float) -> tuple[int, int]:
    """Return how many pixels show a view once they are as high as they are wide.

    Args:
        shape: Rows and columns of the view.
        pixel_aspect: Distance between its rows over distance between its columns.

    Returns:
        Rows and columns; never fewer than the view has.
    """
    rows, columns = shape
    if pixel_aspect > 1.0:
        rows = round(rows * pixel_aspect)
    elif pixel_aspect < 1.0:
        columns = round(columns / pixel_aspect)
    return rows, columns


def picture_of(scan: Slice, view: StandardView | None = None) -> NDArray[np.uint8]:
    """Return the picture that a person is shown of a slice.

    Args:
        scan: One slice.
        view: Its standard view, if that is known already.

    Returns:
        shape (row, column), 0 (black) to 255 (white); in the standard view, with
        pixels that are as high as they are wide.
    """
    view = view or to_standard_view(scan)
    return view.for_display(np.ascontiguousarray(view.turn.apply(scan.as_grey())))


def directions(affine: NDArray[np.float64]) -> tuple[str, str] | None:
    """Name the anatomical directions in which row and column index grow.

    Oblique slices get the nearest directions; two different axes always.

    Args:
        affine: shape (4, 4), from (row, column, slice, 1) to RAS+ millimetres.

    Returns:
        Two of L, R, A, P, S, I; None if the affine has no two directions.
    """
    axes = [_unit(affine[:3, index]) for index in range(2)]
    if any(axis is None for axis in axes):
        return None
    down, across = (np.asarray(axis) for axis in axes)
    first, second = max(
        permutations(range(3), 2),
        key=lambda pair: float(abs(down[pair[0]]) + abs(across[pair[1]])),
    )
    if not down[first] or not across[second]:
        return None
    return (
        _LETTERS[first][int(down[first] < 0.0)],
        _LETTERS[second][int(across[second] < 0.0)],
    )


def affine_of(
    down: ArrayLike,
    across: ArrayLike,
    spacing_mm: tuple[float, float] | None,
    origin_mm: ArrayLike | None,
) -> NDArray[np.float64]:
    """Build the affine of a slice from its directions.

    Args:
        down: Direction of growing row index, RAS+, of any length but zero.
        across: Direction of growing column index, likewise.
        spacing_mm: Distance between rows, between columns; None if unknown.
        origin_mm: Place of the first pixel's centre, RAS+; None if unknown.

    Returns:
        shape (4, 4), from (row, column, slice, 1) to RAS+ millimetres.
    """
    row_mm, column_mm = spacing_mm or (1.0, 1.0)
    rows, columns = np.asarray(down, float), np.asarray(across, float)
    rows, columns = rows / np.linalg.norm(rows), columns / np.linalg.norm(columns)
    affine = np.eye(4)
    affine[:3, 0], affine[:3, 1] = rows * row_mm, columns * column_mm
    affine[:3, 2] = np.cross(columns, rows)
    if origin_mm is not None:
        affine[:3, 3] = origin_mm
    return affine


def _unit(direction: NDArray[np.float64]) -> NDArray[np.float64] | None:
    length = float(np.linalg.norm(direction))
    if not np.isfinite(length) or length == 0.0:
        return None
    return np.asarray(direction / length)


def _turn(down: str, across: str) -> tuple[Turn, tuple[str, str]]:
    transposed = _PAGE_ORDER.index(down) > _PAGE_ORDER.index(across)
    if transposed:
        down, across = across, down
    shown = _DOWN[down], _ACROSS[across]
    turn = Turn(transposed, shown[0] != down, shown[1] != across)
    return turn, shown


def _pixel_aspect(
    spacing_mm: tuple[float, float] | None,
) -> tuple[float, tuple[str, ...]]:
    if spacing_mm is None:
        return 1.0, ()
    aspect = spacing_mm[0] / spacing_mm[1]
    if not 1.0 / MAX_SPACING_RATIO <= aspect <= MAX_SPACING_RATIO:
        message = (
            f"The file says that a pixel is {spacing_mm[0]:.3g} mm high and "
            f"{spacing_mm[1]:.3g} mm wide; that is not plausible, and pixels were "
            "taken as square."
        )
        return 1.0, (message,)
    return (1.0 if abs(aspect - 1.0) < _EQUAL_SPACING else aspect), ()
