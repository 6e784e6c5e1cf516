"""Text in the picture."""

import numpy as np
from numpy.typing import NDArray

from alzer.scans.foreground import Foreground
from alzer.scans.lettering import letters_beside, strokes_inside
from alzer.scans.orientation import StandardView
from alzer.scans.outline import trace
from phantoms import draw_brain

BRAIN = draw_brain()


def foreground_of(pixels: NDArray[np.floating]) -> Foreground:
    return trace(StandardView(np.ascontiguousarray(pixels, np.float32)))[1]


def test_letters_are_counted_beside_the_head_only() -> None:
    lettered = BRAIN.copy()
    for column in (4, 10, 16, 22):
        lettered[4:12, column : column + 3] = 1.0
    lettered[100:108, 80:83] = 1.0

    assert letters_beside(foreground_of(BRAIN)) == 0
    assert letters_beside(foreground_of(lettered)) == 4


def test_thin_white_strokes_are_counted_where_they_are_most() -> None:
    written = BRAIN.copy()
    written[90:98, 70:94:4] = 1.0

    assert strokes_inside(foreground_of(BRAIN)) < 4
    assert strokes_inside(foreground_of(written)) >= 40


def test_noise_is_no_text() -> None:
    noise = np.random.default_rng(0).normal(0.0, 0.1, (2, *BRAIN.shape))
    noisy = foreground_of(np.hypot(BRAIN + noise[0], noise[1]))

    assert letters_beside(noisy) < 3
    assert strokes_inside(noisy) < 11


def test_a_word_whose_letters_run_together_counts_by_its_length() -> None:
    written = BRAIN.copy()
    written[4:8, 4:40] = 0.7

    assert letters_beside(foreground_of(written)) == 4
