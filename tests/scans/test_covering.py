"""Black boxes leave straight edges and right angles, other shapes leave gaps."""

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from alzer.scans.covering import dark_edges, gap
from alzer.scans.foreground import Foreground
from alzer.scans.orientation import StandardView
from alzer.scans.outline import trace
from alzer.scans.plausibility import (
    MAX_DARK_CORNER,
    MAX_GAP,
    MAX_SHARP_EDGE,
    MAX_SMOOTH_EDGE,
)
from phantoms import draw_brain

BRAIN = draw_brain()
ROWS, COLUMNS = np.indices(BRAIN.shape)

# Rows and columns of boxes: at the front, at a side, at a corner of the head, inside.
BOXES = {
    "front": (slice(0, 60), slice(60, 110)),
    "side": (slice(80, 130), slice(0, 60)),
    "corner": (slice(0, 75), slice(0, 65)),
    "inside": (slice(80, 125), slice(95, 130)),
}


def foreground_of(pixels: NDArray[np.floating]) -> Foreground:
    return trace(StandardView(np.ascontiguousarray(pixels, np.float32)))[1]


def boxed(place: str, level: float = 0.0) -> NDArray[np.float64]:
    covered = BRAIN.copy()
    covered[BOXES[place]] = level
    return covered


def enlarged(pixels: NDArray[np.float64], factor: float) -> NDArray[np.float32]:
    rows, columns = (round(side * factor) for side in pixels.shape)
    picture = Image.fromarray(pixels.astype(np.float32))
    return np.asarray(picture.resize((columns, rows), Image.Resampling.BILINEAR))


def is_boxed(pixels: NDArray[np.floating]) -> bool:
    edges = dark_edges(foreground_of(pixels))
    return (
        edges.sharp > MAX_SHARP_EDGE
        or edges.smooth > MAX_SMOOTH_EDGE
        or edges.corner > MAX_DARK_CORNER
    )


@pytest.mark.parametrize("place", BOXES)
@pytest.mark.parametrize("level", [0.0, 0.05])
def test_a_box_is_found_wherever_it_lies(place: str, level: float) -> None:
    assert is_boxed(boxed(place, level))
    assert not is_boxed(BRAIN)


@pytest.mark.parametrize("place", BOXES)
@pytest.mark.parametrize("factor", [0.7, 1.15, 1.9])
def test_a_box_is_found_after_resampling(place: str, factor: float) -> None:
    assert is_boxed(enlarged(boxed(place), factor))
    assert not is_boxed(enlarged(BRAIN, factor))


def test_a_right_angle_is_as_long_as_its_shorter_side() -> None:
    square, flat = BRAIN.copy(), BRAIN.copy()
    square[60:80, 100:120] = 0.0
    flat[60:72, 100:140] = 0.0
    area = np.count_nonzero(foreground_of(square).region)

    corners = [dark_edges(foreground_of(each)).corner for each in (square, flat)]

    expected = np.array([20, 12]) / area**0.5
    assert corners == pytest.approx(expected.tolist(), rel=0.15)


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_edges_and_gaps_turn_with_the_picture(turns: int) -> None:
    for pixels in (BRAIN, boxed("side"), boxed("corner")):
        one, other = foreground_of(pixels), foreground_of(np.rot90(pixels, turns))

        assert dark_edges(one) == dark_edges(other)
        assert gap(one) == gap(other)


def test_an_ellipse_across_the_edge_leaves_a_gap_and_one_inside_does_not() -> None:
    across, inside = (
        np.where(np.hypot(ROWS - row, COLUMNS - column) < radius, 0.0, BRAIN)
        for row, column, radius in ((70, 42, 26), (100, 88, 25))
    )

    assert gap(foreground_of(across)) > MAX_GAP
    assert gap(foreground_of(inside)) < MAX_GAP / 2.0
    assert gap(foreground_of(BRAIN)) < MAX_GAP / 2.0


def test_a_head_of_few_pixels_has_neither() -> None:
    tiny = np.zeros((40, 40))
    tiny[20, 20] = 1.0

    found = dark_edges(foreground_of(tiny))

    assert (found.sharp, found.corner) == (0.0, 0.0)
