"""From the file's own grid to the standard view, and back."""

import itertools

import numpy as np
import pytest

from alzer.scans.orientation import (
    StandardView,
    Turn,
    affine_of,
    directions,
    picture_of,
    to_standard_view,
)
from alzer.scans.slice import Slice

PIXELS = np.arange(12, dtype=np.float32).reshape(3, 4)
AXES = {
    "R": (1, 0, 0), "L": (-1, 0, 0), "A": (0, 1, 0), "P": (0, -1, 0),
    "S": (0, 0, 1), "I": (0, 0, -1),
}  # fmt: skip
PAIRS = [
    (down, across)
    for down, across in itertools.product(AXES, AXES)
    if np.dot(AXES[down], AXES[across]) == 0
]


def scan_of(
    down: str, across: str, spacing_mm: tuple[float, float] | None = None
) -> Slice:
    affine = affine_of(AXES[down], AXES[across], spacing_mm, (1.0, 2.0, 3.0))
    return Slice(PIXELS, "phantom", (0.0, 11.0), spacing_mm, affine)


@pytest.mark.parametrize(("down", "across"), PAIRS)
def test_every_plane_is_seen_face_or_head_up_and_values_find_back(
    down: str, across: str
) -> None:
    scan = scan_of(down, across)

    view = to_standard_view(scan)

    assert view.orientation in {("P", "L"), ("I", "L"), ("I", "P")}
    assert view.is_axial is (view.orientation == ("P", "L"))
    assert np.array_equal(view.to_file(view.pixels), PIXELS)


def test_there_are_all_twenty_four_pairs() -> None:
    assert len(PAIRS) == 24


@pytest.mark.parametrize(("down", "across"), PAIRS)
def test_a_turned_pixel_lies_where_the_affine_says(down: str, across: str) -> None:
    scan = scan_of(down, across, (2.0, 0.5))
    assert scan.affine is not None

    view = to_standard_view(scan)

    rows, columns = (view.turn.apply(index) for index in np.indices(PIXELS.shape))
    places = np.stack([rows, columns, 0 * rows, 0 * rows + 1], axis=-1) @ scan.affine.T
    assert view.orientation is not None
    for axis, letter in enumerate(view.orientation):
        steps = np.diff(places[..., :3], axis=axis) @ np.array(AXES[letter], float)
        assert (steps > 0.0).all()


def test_an_oblique_slice_gets_its_nearest_directions() -> None:
    affine = affine_of((0.1, -0.9, -0.3), (-0.95, -0.2, 0.2), None, None)

    assert directions(affine) == ("P", "L")


@pytest.mark.parametrize("axes", [((0, 0, 0), (1, 0, 0)), ((1, 0, 0), (0, 0, 0))])
def test_an_affine_without_two_directions_tells_none(
    axes: tuple[tuple[int, ...], tuple[int, ...]],
) -> None:
    affine = np.eye(4)
    affine[:3, 0], affine[:3, 1] = axes

    assert directions(affine) is None
    assert to_standard_view(Slice(PIXELS, "x", (0, 1), None, affine)).turn == Turn()


def test_the_same_direction_twice_is_told_as_none() -> None:
    affine = np.eye(4)
    affine[:3, 0] = affine[:3, 1] = (1.0, 0.0, 0.0)

    assert directions(affine) is None


@pytest.mark.parametrize(
    ("spacing_mm", "shape"),
    [(None, (3, 4)), ((1.0, 1.0), (3, 4)), ((2.0, 1.0), (6, 4)), ((1.0, 2.5), (3, 10))],
)
def test_what_is_shown_has_square_pixels(
    spacing_mm: tuple[float, float] | None, shape: tuple[int, int]
) -> None:
    scan = Slice(PIXELS, "phantom", (0.0, 11.0), spacing_mm)

    shown = picture_of(scan)

    assert shown.shape == shape
    assert shown.dtype == np.uint8


def test_spacing_turns_with_the_picture() -> None:
    assert to_standard_view(scan_of("P", "L", (2.0, 1.0))).pixel_aspect == 2.0
    assert to_standard_view(scan_of("L", "P", (2.0, 1.0))).pixel_aspect == 0.5


@pytest.mark.parametrize("spacing_mm", [(9.0, 1.0), (0.5, 5.0)])
def test_a_spacing_that_can_not_be_is_not_believed_and_said(
    spacing_mm: tuple[float, float],
) -> None:
    view = to_standard_view(Slice(PIXELS, "phantom", (0.0, 11.0), spacing_mm))

    assert view.pixel_aspect == 1.0
    assert "taken as square" in view.warnings[0]


def test_a_slice_without_orientation_stays_as_it_is() -> None:
    view = to_standard_view(Slice(PIXELS, "phantom", (0.0, 11.0)))

    assert np.array_equal(view.pixels, PIXELS)
    assert view.orientation is None
    assert view.is_axial is None


def test_equal_pixels_are_shown_without_a_copy() -> None:
    view = StandardView(PIXELS)

    assert view.for_display(PIXELS) is PIXELS
