"""Where the slices of a stack lie: their order, and the affine of the whole.

Convention: DICOM's patient coordinates are LPS+ (x grows to the left, y to the back,
z to the head); the affine that comes out is RAS+.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from alzer.errors import IncompleteSeries
from alzer.scans.series.grouping import Stack
from alzer.scans.series.images import Image
from alzer.scans.sizes import in_mm

# Slices this close to one another, as a share of the usual distance, are at one place.
_SAME_PLACE: Final = 0.05

# Places are written with a tenth of a millimetre by some: a slice may be this far from
# where it belongs, as a share of the distance of slices.
MOST_SHIFT: Final = 0.15

# Numbers round; slices that lie over one another but for less than this are straight.
_STRAIGHT_DEGREES: Final = 0.1
MOST_TILT_DEGREES: Final = 45.0

# Missing slices are listed up to this number.
_MOST_LISTED: Final = 8

_LPS_TO_RAS: Final = np.diag([-1.0, -1.0, 1.0, 1.0])

_Points = NDArray[np.float64]


@dataclass(frozen=True)
class Placed:
    """The slices of a volume in their order.

    Attributes:
        images: One for each place, along the direction in which slices are stacked.
        affine: shape (4, 4), from (column, row, slice, 1) to RAS+ millimetres.
        notes: What was put right.
    """

    images: tuple[Image, ...]
    affine: NDArray[np.float64]
    notes: tuple[str, ...]


def place(stack: Stack) -> Placed:
    """Put the slices of a stack in order.

    Args:
        stack: At least two images that are alike.

    Returns:
        The slices and where they lie. Gantry tilt, by which each slice is shifted
        against the one before, stays in the affine, which is exact for it.

    Raises:
        IncompleteSeries: The slices do not fill one grid.
    """
    first = stack.images[0]
    if first.orientation is None or first.spacing_mm is None:
        message = (
            "The images of the series do not say how they lie or how large their "
            "pixels are; export the series again with its whole header."
        )
        raise IncompleteSeries(message)
    across, down = _directions(first.orientation)
    normal = np.cross(across, down)
    images, notes = _one_for_each_place(_places(stack, normal))
    points = np.array([image.position_mm for image in images])
    step = (points[-1] - points[0]) / (len(points) - 1)
    _check_distances(points @ normal)
    _check_line(points, step, normal)
    columns_mm, rows_mm = first.spacing_mm[1], first.spacing_mm[0]
    affine = np.eye(4)
    affine[:3, :3] = np.column_stack((across * columns_mm, down * rows_mm, step))
    affine[:3, 3] = points[0]
    return Placed(images, _LPS_TO_RAS @ affine, notes + _tilt(step, normal))


def _directions(orientation: tuple[float, ...]) -> tuple[_Points, _Points]:
    """Return unit directions of growing column and row index.

    Raises:
        IncompleteSeries: They are not at right angles.
    """
    across, down = np.array(orientation[:3]), np.array(orientation[3:])
    lengths = np.linalg.norm(across), np.linalg.norm(down)
    if min(lengths) == 0.0 or abs(across @ down) > 0.01 * lengths[0] * lengths[1]:
        message = (
            "The directions of rows and columns in the file are not at right angles; "
            "export the series again."
        )
        raise IncompleteSeries(message)
    return across / lengths[0], down / lengths[1]


def _places(stack: Stack, normal: _Points) -> list[list[Image]]:
    """Return the images at each place, in the order of places along a direction.

    Raises:
        IncompleteSeries: Some do not say where they are, or all are at one place.
    """
    placed = [image for image in stack.images if image.position_mm is not None]
    if len(placed) < len(stack.images):
        message = (
            f"{len(stack.images) - len(placed)} of {len(stack.images)} images of the "
            "series do not say where they lie; export the series again."
        )
        raise IncompleteSeries(message)
    heights = np.array([image.position_mm for image in placed]) @ normal
    order = np.argsort(heights, kind="stable")
    distances = np.diff(heights[order])
    # Nearly the largest: one gap would hide all ordinary distances.
    large_mm = np.quantile(distances, 0.95, method="lower") if distances.size else 0.0
    apart = distances > _SAME_PLACE * large_mm
    usual_mm = np.median(distances[apart]) if apart.any() else 0.0
    if usual_mm <= 0.0:
        message = "All images of the series lie at one place; send a scan of a head."
        raise IncompleteSeries(message)
    places = [[placed[order[0]]]]
    for index, distance in zip(order[1:], distances, strict=True):
        if distance > _SAME_PLACE * usual_mm:
            places.append([])
        places[-1].append(placed[index])
    return places


def _one_for_each_place(
    places: list[list[Image]],
) -> tuple[tuple[Image, ...], tuple[str, ...]]:
    """Leave out images that repeat another.

    Raises:
        IncompleteSeries: Different images are at one place.
    """
    different = [len({image.digest for image in images}) for images in places]
    if min(different) > 1:
        message = (
            f"The series holds {min(different)} images at each place (points in time, "
            "echoes or directions); send one volume of it."
        )
        raise IncompleteSeries(message)
    doubled = [number for number, count in enumerate(different, 1) if count > 1]
    if doubled:
        message = (
            f"The series holds several different images at {_places_named(doubled)} "
            f"of {len(places)}; send one volume alone."
        )
        raise IncompleteSeries(message)
    repeated = sum(map(len, places)) - len(places)
    notes = (f"{repeated} slices that repeat others were left out.",) * bool(repeated)
    return tuple(images[0] for images in places), notes


def _check_distances(heights: _Points) -> None:
    """Refuse slices that are not evenly spaced.

    Raises:
        IncompleteSeries: They are not; the message says which are missing.
    """
    distances = np.diff(heights)
    usual_mm = float(np.median(distances))
    steps = distances / usual_mm
    whole = np.maximum(1, np.rint(steps)).astype(int)
    if np.abs(steps - whole).max() > MOST_SHIFT:
        message = (
            f"The slices of the series are {in_mm([distances.min()])} to "
            f"{in_mm([distances.max()])} mm apart; send a series whose slices are "
            "evenly spaced."
        )
        raise IncompleteSeries(message)
    numbers = np.concatenate(([0], np.cumsum(whole)))
    absent = sorted(set(range(int(numbers[-1]) + 1)) - set(numbers.tolist()))
    if absent:
        message = (
            f"The series is not whole: {_places_named([one + 1 for one in absent])} of "
            f"{numbers[-1] + 1} {'is' if len(absent) == 1 else 'are'} missing, counted "
            "along the direction in which slices are stacked. Send all its files."
        )
        raise IncompleteSeries(message)


def _check_line(points: _Points, step: _Points, normal: _Points) -> None:
    """Refuse slices that do not lie on a line, or on one that leans too far.

    Raises:
        IncompleteSeries: They do not.
    """
    expected = points[0] + np.arange(len(points))[:, None] * step
    distance_mm = float(np.linalg.norm(points - expected, axis=1).max())
    if distance_mm > 2.0 * MOST_SHIFT * float(np.linalg.norm(step)):
        message = (
            f"Slices of the series are shifted against one another by up to "
            f"{in_mm([distance_mm])} mm; send a series whose slices form one block."
        )
        raise IncompleteSeries(message)
    if (tilt := _tilt_degrees(step, normal)) > MOST_TILT_DEGREES:
        message = (
            f"The slices of the series are stacked aslant, by {tilt:.0f} degrees; send "
            "a series whose slices form one block."
        )
        raise IncompleteSeries(message)


def _tilt(step: _Points, normal: _Points) -> tuple[str, ...]:
    tilt = _tilt_degrees(step, normal)
    if tilt < _STRAIGHT_DEGREES:
        return ()
    note = (
        f"The slices are stacked aslant by {tilt:.1f} degrees (gantry tilt); that was "
        "taken into account."
    )
    return (note,)


def _tilt_degrees(step: _Points, normal: _Points) -> float:
    cosine = float(step @ normal / np.linalg.norm(step))
    return float(np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0))))


def _places_named(numbers: list[int]) -> str:
    """Name places, neighbours together, such as 'slices 3 to 5 and 9'."""
    spans: list[list[int]] = []
    for number in numbers:
        if spans and number == spans[-1][-1] + 1:
            spans[-1] = [spans[-1][0], number]
        else:
            spans.append([number, number])
    named = [f"{a}" if a == b else f"{a} to {b}" for a, b in spans[:_MOST_LISTED]]
    if len(spans) > _MOST_LISTED:
        named.append("others")
    listed = ", ".join(named[:-1]) + " and " * (len(named) > 1) + named[-1]
    return f"slice{'s' * (len(numbers) > 1)} {listed}"
