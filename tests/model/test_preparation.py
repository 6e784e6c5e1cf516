"""The map from scan to input, and the way back."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray

from alzer.model.geometry import Geometry
from alzer.model.preparation import InputSpec, place, prepare
from alzer.scans.orientation import StandardView
from alzer.scans.plausibility import examine
from phantoms import draw_brain, with_dot

SPEC = InputSpec()

SHAPES = {
    "as the training slices": (208, 176),
    "landscape": (200, 320),
    "portrait": (320, 200),
    "tiny": (48, 40),
    "large": (2000, 1600),
}


def view_of(
    pixels: np.ndarray, orientation: tuple[str, str] | None = None
) -> StandardView:
    return StandardView((pixels * 255.0).astype(np.float32), 1.0, orientation)


@cache
def geometry_of(shape: tuple[int, int]) -> Geometry:
    """Return where the network looks on a phantom of this shape."""
    return place(shape, examine(view_of(draw_brain(shape))).box, SPEC)


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
@pytest.mark.parametrize("target", [(60, 70), (110, 95)])
def test_a_bright_dot_comes_back_within_one_pixel(
    shape: tuple[int, int], target: tuple[int, int]
) -> None:
    # Under the middle of an input pixel: between two, either may be brighter.
    row, column = np.rint(geometry_of(shape).to_view(*target)).astype(int)
    radius = max(1.0, geometry_of(shape).scales[0] / 2.0)
    view = view_of(with_dot(draw_brain(shape), row, column, radius))

    # Nothing is clipped, so the dot has one brightest pixel.
    prepared = prepare(view, examine(view).box, replace(SPEC, ceiling=1000.0))
    painted = prepared.geometry.paint(prepared.pixels[0], stride=1)
    found = np.unravel_index(painted.argmax(), painted.shape)

    assert painted.shape == shape
    assert np.abs(np.subtract(found, (row, column))).max() <= 1


def narrow_below(pixels: NDArray[np.float64]) -> NDArray[np.float64]:
    """Make the lower half narrower, as heads are at the front."""
    height, width = pixels.shape
    narrowed = pixels.copy()
    kept = np.linspace(0, width - 1, round(0.85 * width)).astype(int)
    start = (width - len(kept)) // 2
    narrowed[height // 2 :] = 0.0
    narrowed[height // 2 :, start : start + len(kept)] = pixels[height // 2 :, kept]
    return narrowed


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_either_way_up_gives_one_input_and_paints_in_place(
    shape: tuple[int, int],
) -> None:
    back_up = narrow_below(draw_brain(shape))
    one, other = view_of(back_up), view_of(back_up[::-1, ::-1].copy())

    first = prepare(one, examine(one).box, SPEC)
    second = prepare(other, examine(other).box, SPEC)

    assert (first.geometry.turned, second.geometry.turned) == (False, True)
    assert (first.pixels == second.pixels).all()
    cells = np.random.default_rng(0).random(SPEC.cells).astype(np.float32)
    painted = second.geometry.paint(cells)[::-1, ::-1]
    assert np.abs(painted - first.geometry.paint(cells)).max() < 1e-5


@pytest.mark.parametrize(
    ("orientation", "turned"),
    [(("P", "L"), True), (("A", "R"), False)],
)
def test_what_the_file_says_of_its_orientation_counts(
    orientation: tuple[str, str], *, turned: bool
) -> None:
    view = view_of(draw_brain(), orientation=orientation)

    prepared = prepare(view, examine(view).box, SPEC)

    assert prepared.geometry.turned is turned


def test_the_field_of_view_holds_the_whole_box_at_its_centre() -> None:
    geometry = place((400, 500), (100.0, 150.0, 300.0, 290.0), SPEC)

    assert geometry.to_input(200.0 - 0.5, 220.0 - 0.5) == pytest.approx((96.0, 80.0))
    for row, column in ((100, 150), (299, 289)):
        at = geometry.to_input(row, column)
        assert 0.0 <= at[0] <= 192.0
        assert 0.0 <= at[1] <= 160.0


def test_the_input_does_not_depend_on_brightness_and_contrast() -> None:
    pixels = draw_brain()
    plain, other = view_of(pixels), view_of(pixels * 0.3 + 0.2)
    box = examine(plain).box

    one, two = prepare(plain, box, SPEC), prepare(other, box, SPEC)

    assert one.pixels == pytest.approx(two.pixels, abs=1e-3)


@pytest.mark.parametrize("unit", [1e-30, 1e-9, 1e30])
def test_the_input_does_not_depend_on_the_unit_of_the_values(unit: float) -> None:
    pixels = draw_brain()
    plain, other = view_of(pixels), view_of(pixels * unit)
    box = examine(plain).box

    one, two = prepare(plain, box, SPEC), prepare(other, examine(other).box, SPEC)

    assert one.pixels == pytest.approx(two.pixels, abs=1e-3)


@pytest.mark.parametrize("shift", [(1, 0), (0, 1), (-3, 2), (17, -9)])
def test_the_input_does_not_depend_on_where_the_brain_lies(
    shift: tuple[int, int],
) -> None:
    pixels = np.pad(draw_brain(), 20)
    one, two = view_of(pixels), view_of(np.roll(pixels, shift, (0, 1)))

    first = prepare(one, examine(one).box, SPEC)
    second = prepare(two, examine(two).box, SPEC)

    assert first.pixels == pytest.approx(second.pixels, abs=1e-4)


def test_the_input_hardly_depends_on_the_background_around_the_head() -> None:
    pixels = draw_brain()
    one, two = view_of(pixels), view_of(np.pad(pixels, ((37, 10), (5, 70))))

    first = prepare(one, examine(one).box, SPEC)
    second = prepare(two, examine(two).box, SPEC)

    # The level of the outline follows from all values, those of the background too.
    assert first.pixels == pytest.approx(second.pixels, abs=0.02)


def test_the_input_of_a_mirror_image_is_exactly_the_mirror_image() -> None:
    pixels = draw_brain((201, 170))
    one, two = view_of(pixels), view_of(pixels[:, ::-1].copy())

    first = prepare(one, examine(one).box, SPEC)
    second = prepare(two, examine(two).box, SPEC)

    assert (first.pixels[:, :, ::-1] == second.pixels).all()


def test_a_constant_field_is_prepared_without_dividing_by_zero() -> None:
    view = StandardView(np.full((64, 64), 7.0, np.float32))

    prepared = prepare(view, (0.0, 0.0, 64.0, 64.0), SPEC)

    assert np.isfinite(prepared.pixels).all()


def test_the_specification_counts_its_cells() -> None:
    assert InputSpec().cells == (7, 6)
    assert InputSpec(height=224, width=224).cells == (7, 7)
    assert InputSpec(height=97, width=81, cell_stride=16).cells == (7, 6)
