"""Heat as colours, over the scan, with a legend."""

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image

from alzer.explain.colormaps import JET
from alzer.explain.overlay import (
    DEFAULT_OPACITY,
    blend,
    blended_scan,
    draw_legend,
    encode_png,
    heat_colours,
    tint,
)

SIDES = st.integers(1, 17)


def test_heat_runs_through_the_whole_table() -> None:
    heat = np.linspace(0.0, 1.0, 256, dtype=np.float32)[None]

    assert (heat_colours(heat)[0] == JET).all()


@pytest.mark.parametrize("value", [-0.01, 1.01, np.nan, np.inf])
def test_heat_outside_its_range_is_refused(value: float) -> None:
    heat = np.full((2, 2), 0.5, np.float32)
    heat[1, 1] = value

    with pytest.raises(ValueError, match="between 0 and 1"):
        heat_colours(heat)
    with pytest.raises(ValueError, match="between 0 and 1"):
        blend(np.zeros((2, 2), np.uint8), heat)


@given(st.floats(0.0, 1.0), st.integers(0, 255))
def test_blending_is_the_weighted_mean_to_within_a_level(
    opacity: float, grey: int
) -> None:
    heat = np.linspace(0.0, 1.0, 97, dtype=np.float32)[None]
    scan = np.full(heat.shape, grey, np.uint8)

    blended = blend(scan, heat, opacity)

    colours = heat_colours(heat).astype(float)
    expected = (1.0 - opacity) * grey + opacity * colours
    # The share is rounded to 1/256, which shifts a value by half a level at most.
    assert np.abs(blended - expected).max() <= 1.01


def test_the_default_is_forty_per_cent() -> None:
    scan = np.array([[100]], np.uint8)
    heat = np.zeros((1, 1), np.float32)

    blended = blend(scan, heat)[0, 0]

    assert DEFAULT_OPACITY == 0.4
    assert np.abs(blended - np.array([60.0, 60.0, 60.0 + 0.4 * 128])).max() <= 1.0


def test_no_opacity_leaves_the_scan_and_full_opacity_the_colours() -> None:
    generator = np.random.default_rng(0)
    scan = generator.integers(0, 256, (9, 7), np.uint8)
    heat = generator.random((9, 7), np.float32)

    assert (blend(scan, heat, 0.0) == scan[:, :, None]).all()
    assert (blend(scan, heat, 1.0) == heat_colours(heat)).all()


@given(st.floats(0.0, 0.8), st.integers(0, 2**32 - 1))
def test_the_scan_below_the_heat_is_had_back_to_within_a_level(
    opacity: float, seed: int
) -> None:
    generator = np.random.default_rng(seed)
    scan = generator.integers(0, 256, (9, 7), np.uint8)
    heat = generator.random((9, 7), np.float32)

    again = blended_scan(blend(scan, heat, opacity), heat, opacity)

    # One level of the overlay is more of the scan's, the less of it shows.
    level = np.ceil(1.0 / (1.0 - opacity))
    assert np.abs(again.astype(int) - scan).max() <= level


def test_at_the_usual_opacity_the_scan_is_had_back_to_one_level() -> None:
    scan = np.arange(256, dtype=np.uint8).reshape(16, 16)
    for level in np.linspace(0.0, 1.0, 33, dtype=np.float32):
        heat = np.full(scan.shape, level, np.float32)
        again = blended_scan(blend(scan, heat), heat)

        assert np.abs(again.astype(int) - scan).max() <= 1


def test_no_scan_is_made_up_from_other_heat() -> None:
    generator = np.random.default_rng(1)
    scan = generator.integers(0, 256, (9, 7), np.uint8)
    heat, other = generator.random((2, 9, 7), np.float32)

    with pytest.raises(ValueError, match="other heat"):
        blended_scan(blend(scan, heat), other)


def test_what_does_not_fit_together_is_refused() -> None:
    scan, heat = np.zeros((3, 3), np.uint8), np.zeros((3, 4), np.float32)

    with pytest.raises(ValueError, match="shape"):
        blend(scan, heat)
    with pytest.raises(ValueError, match="Opacity"):
        blend(scan, heat[:, :3], 1.5)
    with pytest.raises(ValueError, match="shape"):
        blended_scan(np.zeros((3, 3, 3), np.uint8), heat)


@given(arrays.arrays(np.uint8, st.tuples(SIDES, SIDES)))
def test_grey_pictures_come_back_from_their_png(pixels: np.ndarray) -> None:
    picture = Image.open(io.BytesIO(encode_png(pixels)))

    assert picture.mode == "L"
    assert (np.asarray(picture) == pixels).all()


@given(arrays.arrays(np.uint8, st.tuples(SIDES, SIDES, st.just(3))))
def test_colour_pictures_come_back_from_their_png(pixels: np.ndarray) -> None:
    picture = Image.open(io.BytesIO(encode_png(pixels)))

    assert picture.mode == "RGB"
    assert not picture.info
    assert (np.asarray(picture) == pixels).all()


def test_a_damaged_png_would_be_noticed() -> None:
    content = bytearray(encode_png(np.zeros((8, 8, 3), np.uint8)))
    content[-20] ^= 0xFF

    with pytest.raises((OSError, SyntaxError)):
        Image.open(io.BytesIO(bytes(content))).load()


@pytest.mark.parametrize("width", [100, 240, 360, 900])
def test_the_legend_shows_the_colours_in_order_and_words_below(width: int) -> None:
    legend = draw_legend(width)

    bar = legend[4].astype(int)
    quarters = [bar[len(bar) * (2 * index + 1) // 8] for index in range(4)]
    assert legend.shape[1] == max(width, 240)
    assert quarters[0].argmax() == 2
    assert quarters[1].argmax() in {1, 2}
    assert quarters[3].argmax() == 0
    assert (legend[18:].min(axis=2) < 100).sum() > 200
    assert (legend[:, [0, -1]][18:] > 200).all()


def test_a_tint_keeps_how_bright_each_pixel_is() -> None:
    grey = np.tile(np.arange(256, dtype=np.uint8), (64, 1))
    heat = np.linspace(0.0, 1.0, 64, dtype=np.float32)[:, None].repeat(256, axis=1)

    tinted = tint(grey, heat).astype(float)

    assert np.abs(tinted.mean(axis=2) - grey).max() <= 1.0
    assert (tinted[0] == grey[0][:, None]).all()
    assert (tinted[:, [0, 255]] == np.array([0, 255])[:, None]).all()


def test_hotter_pixels_are_tinted_more_and_the_hottest_are_red() -> None:
    grey = np.full((1, 3), 120, np.uint8)
    heat = np.array([[0.0, 0.5, 1.0]], np.float32)

    tinted = tint(grey, heat).astype(int)

    saturation = tinted.max(axis=2) - tinted.min(axis=2)
    assert (np.diff(saturation[0]) > 0).all()
    assert tinted[0, 2, 0] == tinted[0, 2].max()


@pytest.mark.parametrize("value", [-0.1, 1.1, np.nan])
def test_a_tint_of_what_is_no_heat_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        tint(np.zeros((1, 1), np.uint8), np.full((1, 1), value, np.float32))
    with pytest.raises(ValueError, match="shape"):
        tint(np.zeros((1, 2), np.uint8), np.zeros((1, 1), np.float32))
