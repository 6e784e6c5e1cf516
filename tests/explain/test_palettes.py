"""Colours that can be read, by everybody, and the same in map and legend."""

import numpy as np
import pytest
from matplotlib import colormaps
from numpy.typing import NDArray

from alzer.errors import InvalidRequest
from alzer.explain.colormaps import CIVIDIS, JET, VIRIDIS
from alzer.explain.contours import LEVELS, draw_contours
from alzer.explain.map_legend import (
    BAR_WIDTH,
    TISSUE_GREY,
    draw_map_legend,
    legend_bar,
)
from alzer.explain.methods import METHODS, Method
from alzer.explain.overlay import lay_over
from alzer.explain.palettes import (
    AGAINST,
    FOR,
    PALETTES,
    Palette,
    choose_palette,
    combinations,
    palettes_for,
)
from alzer.explain.slice_maps import choose_style

Floats = NDArray[np.float64]

# Complete dichromacy, on linear red, green and blue.
# Source: Machado, Oliveira & Fernandes 2009, doi:10.1109/TVCG.2009.113, severity 1.
DICHROMACIES = {
    "everybody": np.eye(3),
    "protanopia": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "deuteranopia": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
    "tritanopia": np.array(
        [
            [1.255528, -0.076749, -0.178779],
            [-0.078411, 0.930809, 0.147602],
            [0.004733, 0.691367, 0.303900],
        ]
    ),
}
NAMES = [f"{method.name}-{palette.name}" for method, palette in combinations()]
EACH = pytest.mark.parametrize(("method", "palette"), combinations(), ids=NAMES)


def as_seen(colours: Floats, people: str) -> Floats:
    """Return colours, 0 to 255, as CIELAB of what people see.

    Source: IEC 61966-2-1 (sRGB) and CIE 15 (CIELAB, white point D65).
    """
    share = colours / 255.0
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    linear = np.clip(linear @ DICHROMACIES[people].T, 0.0, 1.0)
    to_xyz = np.array(
        [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    )
    xyz = linear @ to_xyz.T / np.array([0.9505, 1.0, 1.089])
    root = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16.0 / 116.0)
    x, y, z = np.moveaxis(root, -1, 0)
    return np.stack([116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)], axis=-1)


@pytest.mark.parametrize("people", DICHROMACIES)
@pytest.mark.parametrize("grey", [20, 110, 200])
def test_for_and_against_are_told_apart_on_all_tissue(people: str, grey: int) -> None:
    palette = choose_palette(METHODS[1], "blue-orange")
    positions = np.array([[0.25, 0.75], [0.0, 1.0]], np.float32)
    layer = palette.paint(positions, is_signed=True)
    scan = np.full((2, 2), grey, np.uint8)
    shown = as_seen(lay_over(scan, layer, palette.opacity).astype(float), people)
    (weak, strong) = np.linalg.norm(shown[:, 0] - shown[:, 1], axis=1)

    # A difference of 2.3 is just noticeable; Mahy et al. 1994.
    assert weak > 20.0
    assert strong > 40.0


def test_zero_covers_nothing_and_more_covers_more() -> None:
    palette = choose_palette(METHODS[2], None)
    positions = np.linspace(0.5, 1.0, 40, dtype=np.float32)[None]
    upwards = palette.paint(positions, is_signed=True)[0]
    downwards = palette.paint(1.0 - positions, is_signed=True)[0]

    assert palette.name == "blue-orange"
    assert upwards[0, 3] == downwards[0, 3] == 0
    assert (np.diff(upwards[:, 3].astype(int)) > 0).all()
    assert (upwards[:, 3] == downwards[:, 3]).all()
    assert upwards[-1].tolist() == [*FOR, 255]
    assert downwards[-1].tolist() == [*AGAINST, 255]


@pytest.mark.parametrize(
    ("name", "table"), [("viridis", VIRIDIS), ("cividis", CIVIDIS)]
)
def test_the_tables_are_those_that_were_published(
    name: str, table: NDArray[np.uint8]
) -> None:
    published = colormaps[name](np.arange(256))[:, :3]

    assert np.abs(table - 255.0 * published).max() <= 0.5


@pytest.mark.parametrize("people", DICHROMACIES)
@pytest.mark.parametrize("table", [VIRIDIS, CIVIDIS], ids=["viridis", "cividis"])
def test_higher_is_lighter_for_everybody(table: NDArray[np.uint8], people: str) -> None:
    lightness = as_seen(table[::8].astype(float), people)[:, 0]

    assert (np.diff(lightness) > 0.0).all()
    assert (np.diff(as_seen(JET[::8].astype(float), people)[:, 0]) < 0.0).any()


@EACH
def test_the_legend_has_the_colours_of_the_map(
    method: Method, palette: Palette
) -> None:
    style = choose_style(method, palette.name)
    generator = np.random.default_rng(3)
    span = style.scale.high - style.scale.low
    values = (style.scale.low + span * generator.random((60, 60))).astype(np.float32)
    positions = style.scale.positions(values)
    if palette.name == "contours":
        # A line is where values pass a level: on a slope, as in the legend.
        positions = np.sort(positions.reshape(1, -1)).repeat(12, axis=0)
    layer = palette.paint(positions, is_signed=style.scale.is_signed)
    bar = legend_bar(style)

    known = {bytes(pixel) for row in bar for pixel in row}
    shown = {bytes(pixel) for row in layer for pixel in row}
    assert shown <= known
    if palette.name == "contours":
        return
    # The colour of a value stands in the legend where its number is.
    for at, pixel in zip(positions.ravel(), layer.reshape(-1, 4), strict=True):
        columns = np.flatnonzero((bar[0] == pixel).all(axis=1))
        assert np.abs(columns / (BAR_WIDTH - 1) - at).min() <= 1.0 / (BAR_WIDTH - 1)


@EACH
def test_lines_and_colours_stand_at_the_numbers_of_the_legend(
    method: Method, palette: Palette
) -> None:
    style = choose_style(method, palette.name)
    picture = draw_map_legend(style, "A sentence.")
    bar = legend_bar(style, 2 * BAR_WIDTH, 20)
    tissue = np.full(bar.shape[:2], TISSUE_GREY, np.uint8)

    assert np.array_equal(
        picture[8:28, 28 : 28 + 2 * BAR_WIDTH], lay_over(tissue, bar, palette.opacity)
    )
    assert (picture[28:].min(axis=2) < 100).sum() > 200
    for at, _ in style.scale.ticks:
        column = 28 + round(at * (2 * BAR_WIDTH - 1))
        assert picture[29, column - 1 : column + 2].min() < 100


def test_contours_lie_where_values_pass_a_level() -> None:
    ramp = np.linspace(0.0, 1.0, 401, dtype=np.float32)[None].repeat(9, axis=0)
    (lines,) = np.nonzero(draw_contours(ramp, is_signed=False)[0, :, 3] == 255)

    assert np.abs(lines / 400.0 - LEVELS).max() <= 1.0 / 400.0


def test_contours_of_either_sign_differ_and_zero_has_none() -> None:
    ramp = np.linspace(0.0, 1.0, 401, dtype=np.float32)[None].repeat(9, axis=0)
    layer = draw_contours(ramp, is_signed=True)
    drawn = (layer[..., 3] == 255).sum(axis=0)
    columns = np.flatnonzero(drawn)

    assert np.allclose(
        columns / 200.0 - 1.0, [-0.75, -0.5, -0.25, 0.25, 0.5, 0.75], atol=0.01
    )
    assert (drawn[columns[3:]] == 9).all()
    assert (drawn[columns[:3]] < 9).all()
    assert not layer[:, 180:220].any()


def test_contours_leave_a_flat_map_alone() -> None:
    flat = np.full((5, 5), 0.9, np.float32)

    assert not draw_contours(flat, is_signed=False).any()


def test_every_method_has_colours_and_the_contract_is_the_first() -> None:
    assert (METHODS[0].name, palettes_for(METHODS[0])[0].name) == ("grad-cam", "jet")
    assert palettes_for(METHODS[0])[0].opacity == 0.4
    assert all(palettes_for(method) for method in METHODS)
    assert len({palette.name for palette in PALETTES}) == len(PALETTES)


def test_colours_that_hide_the_sign_are_refused_with_those_that_do_not() -> None:
    with pytest.raises(InvalidRequest, match="blue-orange, contours"):
        choose_palette(METHODS[2], "viridis")
    with pytest.raises(InvalidRequest, match="jet, viridis, cividis, contours"):
        choose_palette(METHODS[0], "blue-orange")
