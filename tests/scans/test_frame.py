"""Bright frames around a picture."""

import numpy as np
import pytest

from alzer.scans.frame import Frame, find_frame
from phantoms import draw_brain

BRAIN = draw_brain().astype(np.float32)


@pytest.mark.parametrize("thickness", [1, 3, 10, 40])
@pytest.mark.parametrize("level", [0.5, 1.0])
def test_a_frame_is_found_to_the_pixel(thickness: int, level: float) -> None:
    framed = np.pad(BRAIN, thickness, constant_values=level)

    assert find_frame(framed) == Frame(*(thickness,) * 4)


def test_sides_may_differ_and_a_bar_on_one_side_counts() -> None:
    uneven = np.pad(BRAIN, ((0, 12), (5, 0)), constant_values=1.0)

    assert find_frame(uneven) == Frame(top=0, left=5, bottom=12, right=0)


def test_a_picture_without_a_frame_has_none() -> None:
    assert find_frame(BRAIN) is None


def test_what_surrounds_no_dark_border_is_no_frame() -> None:
    assert find_frame(1.0 - BRAIN) is None
    assert find_frame(np.full((40, 40), 3.0, np.float32)) is None


def test_light_that_falls_off_and_a_textured_bar_are_no_frame() -> None:
    ramp = np.linspace(0.0, 0.25, 208, dtype=np.float32)[:, None]
    noise = np.random.default_rng(0).uniform(0.4, 1.0, (60, 176)).astype(np.float32)

    assert find_frame(0.75 * BRAIN + ramp) is None
    assert find_frame(np.concatenate([BRAIN, noise])) is None


def test_a_frame_is_made_as_dark_as_the_background() -> None:
    framed = np.pad(BRAIN + 5.0, 3, constant_values=9.0)
    frame = find_frame(framed)
    assert frame is not None

    expected = np.pad(BRAIN + 5.0, 3, constant_values=5.0)
    assert np.array_equal(frame.darkened(framed), expected)
    assert frame.to_outer((1.5, 2.0, 8.0, 9.0)) == (4.5, 5.0, 11.0, 12.0)
