"""Three planes through a brain in greys, to see whether it was found well."""

from collections.abc import Iterator
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from alzer.answer import Analysis
from alzer.explain.overlay import encode_png
from alzer.person_evidence import prepared_of
from alzer.volumes.axes import nearest_order
from alzer.volumes.skull_stripping import MARGIN_MM, strip_skull

# The border of the brain mask.
_BORDER: Final = np.array([255, 176, 0], np.uint8)

# A pixel is one millimetre wide and high, and so much stays free between planes.
_GAP: Final = 8

Value = TypeVar("Value", bound=np.generic)
Grey = NDArray[np.uint8]
Mask = NDArray[np.bool_]


def draw_planes(analysis: Analysis) -> bytes:
    """Draw the brain in an axial, a coronal and a sagittal plane, side by side.

    The planes go through the middle of the brain mask, whose border is drawn. The
    person's right is on the left, as in radiology; sagittal, the front is on the left.

    Args:
        analysis: Of a whole head.

    Returns:
        A PNG file; a pixel is one millimetre. Skull and face are not on it.

    Raises:
        InvalidRequest: If the analysis is of one slice.
    """
    prepared = prepared_of(analysis)
    volume, mask = prepared.volume, prepared.mask
    order = nearest_order(volume.affine)
    greys = order.apply(strip_skull(volume, mask).values)
    inside = order.apply(mask)
    spacing = np.array(volume.spacing_mm)[list(order.order)]
    box = _box(inside, spacing)
    planes = list(_planes(greys[box], inside[box], spacing))
    return encode_png(_side_by_side(planes, tells_sides=volume.tells_sides))


def _box(inside: Mask, spacing: NDArray[np.float64]) -> tuple[slice, ...]:
    """Return where the brain lies, with its margin."""
    box = []
    for axis in range(3):
        others = tuple(each for each in range(3) if each != axis)
        places = np.flatnonzero(inside.any(axis=others))
        margin = int(np.ceil(MARGIN_MM / spacing[axis]))
        box.append(slice(max(0, places[0] - margin), places[-1] + margin + 1))
    return tuple(box)


def _planes(
    greys: Grey, inside: Mask, spacing: NDArray[np.float64]
) -> Iterator[NDArray[np.uint8]]:
    """Yield planes of shape (row, column, 3), of arrays (right, front, up)."""
    middle = [int(np.median(places)) for places in np.nonzero(inside)]
    for across, (columns, rows) in ((2, (0, 1)), (1, (0, 2)), (0, (1, 2))):
        grey = _plane(greys, across, middle[across])
        mask = _plane(inside, across, middle[across])
        size = (
            max(1, round(grey.shape[1] * spacing[columns])),
            max(1, round(grey.shape[0] * spacing[rows])),
        )
        yield _draw(grey, mask, size)


def _plane(voxels: NDArray[Value], across: int, place: int) -> NDArray[Value]:
    """Return one plane, shape (row, column), up or front above, right or front left."""
    plane: NDArray[Value] = np.moveaxis(voxels, across, 0)[place]
    return plane.T[::-1, ::-1]


def _draw(grey: Grey, mask: Mask, size: tuple[int, int]) -> NDArray[np.uint8]:
    bilinear = Image.Resampling.BILINEAR
    picture = np.asarray(
        Image.fromarray(np.ascontiguousarray(grey)).resize(size, bilinear)
    )
    outline = Image.fromarray(np.where(mask, 255, 0).astype(np.uint8))
    is_inside = np.asarray(outline.resize(size, bilinear)) > 127
    colours = np.stack([picture] * 3, axis=-1)
    colours[is_inside & ~_eroded(is_inside)] = _BORDER
    return colours


def _eroded(mask: Mask) -> Mask:
    """Return the pixels whose four neighbours are inside as well."""
    padded = np.pad(mask, 1)
    return padded[:-2, 1:-1] & padded[2:, 1:-1] & padded[1:-1, :-2] & padded[1:-1, 2:]


def _side_by_side(
    planes: list[NDArray[np.uint8]], *, tells_sides: bool
) -> NDArray[np.uint8]:
    height = max(one.shape[0] for one in planes)
    width = sum(one.shape[1] for one in planes) + _GAP * (len(planes) + 1)
    canvas = np.zeros((height + 2 * _GAP, width, 3), np.uint8)
    lefts, left = [], _GAP
    for one in planes:
        top = _GAP + (height - one.shape[0]) // 2
        canvas[top : top + one.shape[0], left : left + one.shape[1]] = one
        lefts.append(left)
        left += one.shape[1] + _GAP
    picture = Image.fromarray(canvas)
    pen = ImageDraw.Draw(picture)
    side = "R" if tells_sides else "R?"
    for place, letter in zip(lefts, (side, side, "A"), strict=True):
        pen.text((place, 1), letter, fill="white")
    return np.asarray(picture)
