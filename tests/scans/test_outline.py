"""The box around the head, to a fraction of a pixel."""

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from alzer.errors import ConstantImage
from alzer.scans.orientation import StandardView
from alzer.scans.outline import believed_range, head_mask, locate
from phantoms import draw_phantom


def view_of(pixels: NDArray[np.floating], aspect: float = 1.0) -> StandardView:
    return StandardView(np.ascontiguousarray(pixels, np.float32), aspect)


def fine_brain() -> NDArray[np.float32]:
    return draw_phantom((832, 704)).pixels.astype(np.float32)


def sampled(first: int) -> NDArray[np.float64]:
    """Scan the fine brain with pixels of 4 x 4, `first` of its rows and columns on."""
    part = fine_brain()[first:, first:][:824, :696].reshape(206, 4, 174, 4)
    return np.asarray(part.mean((1, 3)), np.float64)


def test_the_box_moves_by_the_fraction_of_a_pixel_that_the_head_moves() -> None:
    plain = np.array(locate(view_of(sampled(0))).box)

    for first in (1, 2, 3):
        moved = np.array(locate(view_of(sampled(first))).box)

        assert np.abs(plain - moved - first / 4.0).max() < 0.25


@pytest.mark.parametrize("factor", [2, 3, 7])
def test_larger_pictures_have_the_same_box_in_their_pixels(factor: int) -> None:
    pixels = draw_phantom().pixels.astype(np.float32)
    height, width = pixels.shape
    large = Image.fromarray(pixels).resize(
        (width * factor, height * factor), Image.Resampling.BICUBIC
    )

    plain = np.array(locate(view_of(pixels)).box)
    found = np.array(locate(view_of(np.asarray(large))).box) / factor

    assert np.abs(found - plain).max() < 0.3


def test_the_outline_of_a_mirror_image_is_exactly_mirrored() -> None:
    pixels = draw_phantom((301, 277)).pixels
    top, left, bottom, right = locate(view_of(pixels)).box

    mirrored = locate(view_of(pixels[:, ::-1]))
    turned = locate(view_of(pixels[::-1, ::-1]))

    assert mirrored.box == (top, 277 - right, bottom, 277 - left)
    assert turned.box == (301 - bottom, 277 - right, 301 - top, 277 - left)
    assert mirrored.outline == turned.outline == locate(view_of(pixels)).outline


def test_the_shape_is_that_in_the_patient() -> None:
    pixels = draw_phantom().pixels.astype(np.float32)
    squeezed = np.asarray(
        Image.fromarray(pixels).resize((176, 104), Image.Resampling.BOX)
    )

    plain = locate(view_of(pixels)).outline
    found = locate(view_of(squeezed, 2.0)).outline

    assert found.aspect == pytest.approx(plain.aspect, abs=0.01)
    assert found.ellipse_overlap == pytest.approx(plain.ellipse_overlap, abs=0.02)


@pytest.mark.parametrize("value", [-32768.0, 65535.0])
@pytest.mark.parametrize("place", [(0, 0), (104, 88)])
def test_a_single_damaged_pixel_changes_nothing(
    value: float, place: tuple[int, int]
) -> None:
    pixels = draw_phantom().pixels * 1000.0
    plain = np.array(locate(view_of(pixels)).box)
    pixels[place] = value

    found = np.array(locate(view_of(pixels)).box)

    assert np.abs(found - plain).max() < 0.02


def test_the_believed_range_leaves_few_pixels_out() -> None:
    values = np.zeros((100, 100), np.float32)
    values[0, :5], values[1, :5], values[50:] = -1e6, 1e6, 7.0

    assert believed_range(values) == (0.0, 7.0)


def test_a_picture_with_a_few_bright_pixels_is_not_called_constant() -> None:
    values = np.zeros((100, 100), np.float32)
    values[50, 50] = 1.0

    assert believed_range(values) == (0.0, 1.0)
    with pytest.raises(ConstantImage):
        locate(view_of(np.zeros((100, 100))))


def test_the_mask_holds_the_brain_with_its_ventricles() -> None:
    phantom = draw_phantom()

    mask = head_mask(phantom.pixels.astype(np.float32))

    assert mask[phantom.ventricles].all()
    assert (mask != phantom.brain).mean() < 0.03
