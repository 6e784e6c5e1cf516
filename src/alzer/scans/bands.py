"""An image in bands of rows: what is computed on the way is held for a band alone.

An image of 40 million pixels becomes one of 2 million (`reduction`), but what is no
measurement must be known before blocks are averaged. So its rows are gone through
several times, and neither floats nor masks of all pixels are held.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

# Values of a band, about: some copies of so many in float64 take 10 MB.
BAND_VALUES: Final = 2**18


@dataclass(frozen=True)
class Rows:
    """Rows of an image that can be read band by band, as often as needed.

    Attributes:
        shape: Rows and columns.
        read: Yields the rows of each span, shape (row, column) or (row, column,
            channel). Spans are in order and within the image.
    """

    shape: tuple[int, int]
    read: Callable[[Iterable[slice]], Iterator[NDArray[Any]]]

    @property
    def size(self) -> int:
        """How many pixels the image has."""
        return self.shape[0] * self.shape[1]

    def bands(self) -> Iterator[NDArray[Any]]:
        """Return all rows, band by band."""
        return self.read(spans(self.shape))

    def map(self, compute: Callable[[NDArray[Any]], NDArray[Any]]) -> "Rows":
        """Return the image with something computed of each band when it is read.

        Args:
            compute: Computes rows of rows, whichever and how many they are.

        Returns:
            An image of the same shape.
        """
        return Rows(self.shape, lambda wanted: map(compute, self.read(wanted)))

    def sample(self, most: int) -> NDArray[Any]:
        """Return every n-th pixel.

        Args:
            most: With more than twice as many pixels, some are left out.

        Returns:
            shape (pixel,), in the order of the image.
        """
        step, place = max(1, self.size // most), 0
        parts: list[NDArray[Any]] = []
        for band in self.bands():
            # Copied: a view would keep the whole band.
            parts.append(band.ravel()[-place % step :: step].copy())
            place += band.size
        sample: NDArray[Any] = np.concatenate(parts)
        return sample


def rows_of(values: NDArray[Any]) -> Rows:
    """Return the rows of an array, as views.

    Args:
        values: shape (row, column), or (row, column, channel).

    Returns:
        The same image.

    Examples:
        >>> import numpy as np
        >>> doubled = rows_of(np.eye(2)).map(lambda band: 2 * band)
        >>> [band.tolist() for band in doubled.bands()]
        [[[2.0, 0.0], [0.0, 2.0]]]
    """
    rows, columns = values.shape[:2]
    return Rows((rows, columns), lambda wanted: (values[span] for span in wanted))


def spans(
    shape: tuple[int, int], first: int = 0, last: int | None = None, multiple: int = 1
) -> Iterator[slice]:
    """Divide an image into bands of rows.

    Args:
        shape: Rows and columns.
        first: Row at which the first band begins.
        last: Row before which the last one ends; by default the image's end.
        multiple: Of how many rows each band is a whole multiple, the last one only
            if all of them together are.

    Yields:
        The rows of each band.
    """
    last = shape[0] if last is None else last
    step = multiple * max(1, BAND_VALUES // max(1, shape[1] * multiple))
    for top in range(first, last, step):
        yield slice(top, min(top + step, last))
