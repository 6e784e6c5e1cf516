"""What was drawn over a head."""

import io

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from alzer.scans.drawing import constant_share, drawn_lines
from alzer.scans.foreground import Foreground
from alzer.scans.orientation import StandardView
from alzer.scans.outline import trace
from phantoms import as_bytes, draw_brain

BRAIN = draw_brain()
ROWS, COLUMNS = np.indices(BRAIN.shape)
RADIUS = np.hypot(ROWS - 104, COLUMNS - 88)


def foreground_of(pixels: NDArray[np.floating]) -> Foreground:
    return trace(StandardView(np.ascontiguousarray(pixels, np.float32)))[1]


HEAD_PIXELS = np.count_nonzero(foreground_of(BRAIN).region)


@pytest.mark.parametrize("level", [0.0, 0.5, 1.0])
def test_a_constant_rectangle_is_found(level: float) -> None:
    covered = BRAIN.copy()
    covered[80:130, 60:110] = level

    share = constant_share(foreground_of(covered))

    assert share == pytest.approx(50 * 50 / HEAD_PIXELS, rel=0.2)


def test_of_several_shapes_all_count_and_specks_do_not() -> None:
    covered = BRAIN.copy()
    for row in (60, 90, 120):
        covered[row : row + 20, 60:80] = 0.0
        covered[row : row + 6, 100:106] = 0.0

    share = constant_share(foreground_of(covered))

    assert share == pytest.approx(3 * 16 * 16 / HEAD_PIXELS, rel=0.01)


# Two bent lobes, as ventricles are.
LOBES = (RADIUS < 30) & (
    np.abs(np.hypot(ROWS - 104, np.abs(COLUMNS - 88) - 34) - 24) < 6
)


@pytest.mark.parametrize("level", [0.0, 0.5, 1.0])
def test_an_ellipse_of_any_level_is_drawn(level: float) -> None:
    inside = np.hypot((ROWS - 104) / 30, (COLUMNS - 80) / 18) < 1
    covered = np.where(inside, level, BRAIN)
    file = io.BytesIO()
    Image.fromarray(as_bytes(covered)).save(file, "JPEG", quality=75)

    plain = constant_share(foreground_of(covered))
    compressed = constant_share(foreground_of(np.asarray(Image.open(file), float)))

    assert plain > 0.06
    assert compressed > 0.02


def test_grey_lobes_are_drawn_and_clipped_fluid_or_matter_is_not() -> None:
    grey, black, white = (
        constant_share(foreground_of(np.where(LOBES, level, BRAIN)))
        for level in (0.5, 0.0, 1.0)
    )

    assert grey > 0.02
    assert (black, white) == (0.0, 0.0)
    assert constant_share(foreground_of(BRAIN)) == 0.0


@pytest.mark.parametrize("level", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("thickness", [1, 2, 3])
def test_rows_and_columns_cross_a_drawn_circle(level: float, thickness: int) -> None:
    ring = np.abs(RADIUS - 30) < thickness / 2

    lines = drawn_lines(foreground_of(np.where(ring, level, BRAIN)))

    assert lines.of_one_level > 60
    assert (lines.black > 60) == (level == 0.0)


def test_noise_and_blurred_lines_are_not_drawn() -> None:
    noise = np.random.default_rng(0).normal(0.0, 0.1, (2, *BRAIN.shape))
    blurred = BRAIN + 0.4 * np.exp(-(((RADIUS - 30) / 2.5) ** 2))

    for pixels in (np.hypot(BRAIN + noise[0], noise[1]), blurred):
        lines = drawn_lines(foreground_of(pixels))
        assert lines.of_one_level < 36
        assert lines.black == 0


def test_a_box_of_noise_is_sharp_and_a_small_or_slightly_noisy_head_is_not() -> None:
    random = np.random.default_rng(0)
    boxed = BRAIN.copy()
    boxed[80:130, 60:110] = random.uniform(0.0, 1.0, (50, 50))
    grainy = np.hypot(BRAIN, random.normal(0.0, 0.05, BRAIN.shape))
    small = draw_brain((70, 60))

    assert drawn_lines(foreground_of(boxed)).share > 0.1
    assert drawn_lines(foreground_of(grainy)).share < 0.05
    assert drawn_lines(foreground_of(small)).share == 0.0
