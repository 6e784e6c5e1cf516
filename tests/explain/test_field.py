"""Where the head is in the network's input, and maps on its pixels."""

import numpy as np
import pytest

from alzer.errors import ConstantImage
from alzer.explain.field import head_in, narrow, on_input, widen
from phantoms import draw_phantom


def test_a_cell_lies_on_the_pixel_that_its_receptive_field_is_centred_on() -> None:
    cells = np.zeros((7, 6), np.float32)
    cells[2, 3] = 1.5

    painted = on_input(cells, (97, 81), 16)

    assert np.argwhere(painted == painted.max()).tolist() == [[32, 48]]
    assert float(painted[32, 48]) == pytest.approx(1.5)
    assert float(painted[40, 48]) == pytest.approx(0.75)
    assert float(painted.sum()) == pytest.approx(1.5 * 16 * 16, rel=1e-5)


def test_the_head_is_the_brain_with_its_furrows_and_ventricles() -> None:
    phantom = draw_phantom((97, 81), ventricle=0.2)

    head = head_in(phantom.pixels.astype(np.float32))

    assert head[phantom.ventricles].all()
    assert (head & phantom.brain).sum() / (head | phantom.brain).sum() > 0.95


def test_an_open_furrow_belongs_to_the_head() -> None:
    pixels = np.zeros((97, 81), np.float32)
    pixels[10:87, 10:71] = 1.0
    pixels[10:40, 40:44] = 0.0

    assert head_in(pixels)[20:40, 40:44].all()


def test_the_head_of_a_mirror_image_is_the_mirrored_head() -> None:
    pixels = draw_phantom((97, 81), seed=3).pixels.astype(np.float32)

    assert np.array_equal(head_in(pixels[:, ::-1]), head_in(pixels)[:, ::-1])


def test_a_picture_of_one_value_has_no_head() -> None:
    with pytest.raises(ConstantImage):
        head_in(np.ones((97, 81), np.float32))


@pytest.mark.parametrize("by", [0, 1, 5])
def test_a_square_grows_and_shrinks_by_so_many_pixels(by: int) -> None:
    mask = np.zeros((40, 50), bool)
    mask[10:30, 12:40] = True

    wider, narrower = widen(mask, by), narrow(mask, by)

    assert wider.sum() == (20 + 2 * by) * (28 + 2 * by)
    assert narrower.sum() == (20 - 2 * by) * (28 - 2 * by)
    assert narrower[10 + by, 12 + by]
    assert np.array_equal(narrow(wider, by), mask)


def test_beyond_the_picture_there_is_nothing() -> None:
    assert narrow(np.ones((20, 20), bool), 3).sum() == 14 * 14
