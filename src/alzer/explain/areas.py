"""Areas of the head that the network is asked about: equally large, elsewhere."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from alzer.explain.field import Floats, Mask, widen

# Of the head: how much is marked, and how large every other area is.
SHARE: Final = 0.2

CONTROLS: Final = 15

# Of an area: how much of it may lie beyond the head once it is moved (the area then
# grows elsewhere), and how much may stay where it was. Where too few places allow
# that, both grow by a tenth.
_LOST: Final = 0.2
_KEPT: Final = 0.1

# Places are tried every so many rows and columns, a quarter of a cell or less.
_STEP: Final = 4

# Places from which those are chosen that differ most.
_DRAWN: Final = 90

_SEED: Final = 15


def hottest(heat: Floats, head: Mask) -> Mask:
    """Return the fifth of the head where a map is highest.

    Args:
        heat: shape (row, column), any unit.
        head: Where the head is.

    Returns:
        As many pixels of the head as `area_size` says, shape (row, column).
    """
    values = np.where(head, heat, -np.inf).ravel()
    chosen = np.argsort(-values, kind="stable")[: area_size(head)]
    area = np.zeros(head.size, bool)
    area[chosen] = True
    return area.reshape(head.shape)


def area_size(head: Mask) -> int:
    """Return how many pixels an area has."""
    return max(1, round(SHARE * int(head.sum())))


def centred_blob(head: Mask) -> Mask:
    """Return the fifth of the head around its middle, in the head's proportions."""
    places = np.argwhere(head)
    low, high = places.min(axis=0), places.max(axis=0)
    half = np.maximum((high - low) / 2.0, 0.5)
    rows, columns = (
        (np.arange(size) - middle) / side
        for size, middle, side in zip(head.shape, (low + high) / 2.0, half, strict=True)
    )
    distance = np.hypot(rows[:, None], columns[None, :])
    return hottest(np.asarray(-distance, np.float32), head)


@dataclass(frozen=True)
class _Place:
    """Where a shape may be moved to.

    Attributes:
        shape: shape (row, column), perhaps mirrored.
        move: Rows and columns.
        lost: Share of the shape that lies beyond the head there.
        kept: Share that lies where the area itself is.
    """

    shape: Mask
    move: tuple[int, int]
    lost: float
    kept: float

    def moved(self) -> Mask:
        """Return the shape at its place."""
        there = np.zeros_like(self.shape)
        rows, columns = np.nonzero(self.shape)
        rows, columns = rows + self.move[0], columns + self.move[1]
        height, width = there.shape
        seen = (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)
        there[rows[seen], columns[seen]] = True
        return there


def elsewhere(area: Mask, head: Mask) -> NDArray[np.bool_]:
    """Move and mirror an area to places of the head that differ most from each other.

    Args:
        area: Inside the head.
        head: Where the head is.

    Returns:
        Areas of the same number of pixels, shape (`CONTROLS`, row, column). They lie
        elsewhere as far as the head has room.
    """
    generator = np.random.default_rng(_SEED)
    places = _allowed(list(_places(area, head)))
    drawn = generator.permutation(len(places))[:_DRAWN]
    parts = _most_different(np.stack([places[i].moved() & head for i in drawn]))
    return np.stack([_regrow(part, area, head) for part in parts])


def _places(area: Mask, head: Mask) -> Iterator[_Place]:
    """Yield every place for the area as it is and mirrored along rows and columns."""
    size = float(area.sum())
    for shape in (area, area[::-1], area[:, ::-1], area[::-1, ::-1]):
        inside, on_area = _overlaps(shape, head), _overlaps(shape, area)
        height, width = area.shape
        for down in range(-height // 2, height // 2 + 1, _STEP):
            for across in range(-width // 2, width // 2 + 1, _STEP):
                lost = 1.0 - inside[down, across] / size
                yield _Place(shape, (down, across), lost, on_area[down, across] / size)


def _overlaps(shape: Mask, other: Mask) -> NDArray[np.float64]:
    """Return how many pixels a shape shares with another, by how far it is moved.

    Indices are rows and columns, negative ones from the end.
    """
    padded = (2 * shape.shape[0], 2 * shape.shape[1])
    product = np.fft.rfft2(other, padded) * np.conj(np.fft.rfft2(shape, padded))
    return np.asarray(np.rint(np.fft.irfft2(product, padded)))


def _allowed(places: list[_Place]) -> list[_Place]:
    """Return the places in the head and elsewhere, as far as there are enough."""
    for more in np.arange(0.0, 1.0, 0.1):
        found = [
            place
            for place in places
            if place.lost <= _LOST + more and place.kept <= _KEPT + more
        ]
        if len(found) >= 2 * CONTROLS:
            return found
    return places


def _regrow(part: Mask, area: Mask, head: Mask) -> Mask:
    """Give a shape that lost pixels beyond the head as many at its border.

    They lie elsewhere than the area, if there is room, and as near to the shape's
    middle as possible.
    """
    size, grown = int(area.sum()), part.copy()
    distance = np.hypot(
        *(np.indices(head.shape) - np.argwhere(part).mean(axis=0)[:, None, None])
    )
    while (missing := size - int(grown.sum())) > 0:
        border = widen(grown, 1) & head & ~grown
        free = next(
            each for each in (border & ~area, border, head & ~grown) if each.any()
        )
        places = np.flatnonzero(free)
        nearest = np.argsort(distance.ravel()[places], kind="stable")[:missing]
        grown.ravel()[places[nearest]] = True
    return grown


def _most_different(masks: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Choose masks one by one, each the one that shares least with those before."""
    flat = masks.reshape(len(masks), -1).astype(np.float32)
    shared = flat @ flat.T
    chosen = [0]
    while len(chosen) < CONTROLS:
        most = shared[:, chosen].max(axis=1)
        most[chosen] = np.inf
        chosen.append(int(most.argmin()))
    return masks[chosen]
