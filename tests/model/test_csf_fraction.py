"""The measure of dark fluid means what it says, whichever way a slice was prepared."""

import numpy as np
import pytest
from numpy.typing import NDArray

from alzer.model.csf_fraction import csf_fraction
from alzer.model.preparation import InputSpec, prepare
from alzer.scans.orientation import to_standard_view
from alzer.scans.plausibility import examine
from alzer.scans.slice import Slice
from phantoms import draw_brain, draw_phantom

Pixels = NDArray[np.float64]

SPEC = InputSpec(height=97, width=81, cell_stride=16)

WIDTHS = (0.06, 0.1, 0.14)


def field_of(pixels: Pixels, spec: InputSpec = SPEC) -> NDArray[np.float32]:
    view = to_standard_view(Slice(pixels.astype(np.float32), "drawn", (0.0, 1.0)))
    head = examine(view)
    return np.asarray(prepare(head.view, head.box, spec).pixels[0])


def fraction(pixels: Pixels, spec: InputSpec = SPEC) -> float:
    found = csf_fraction(field_of(pixels, spec))
    assert found is not None
    return found


@pytest.mark.parametrize("seed", range(4))
def test_larger_ventricles_raise_it(seed: int) -> None:
    found = [fraction(draw_brain(ventricle=width, seed=seed)) for width in WIDTHS]

    assert found == sorted(found)
    assert found[-1] - found[0] > 0.03


def test_it_grows_by_the_area_of_the_ventricles() -> None:
    small, large = (draw_phantom(ventricle=width) for width in (0.06, 0.14))
    inside = (97 * 0.34) * (81 / 3) * np.pi
    # Pixels of the field: the head fills it but for a margin of 4 % on either side.
    scale = (172 / (97 * 0.92)) ** 2
    added = (large.ventricles.sum() - small.ventricles.sum()) / scale / inside

    grown = fraction(large.pixels) - fraction(small.pixels)

    assert grown == pytest.approx(added, rel=0.2)


@pytest.mark.parametrize("seed", range(3))
def test_mirror_images_and_half_turns_have_exactly_the_same(seed: int) -> None:
    pixels = draw_brain((208, 175), seed=seed)

    found = {
        fraction(turned)
        for turned in (pixels, pixels[:, ::-1], pixels[::-1], pixels[::-1, ::-1])
    }

    assert len(found) == 1


def test_units_do_not_matter() -> None:
    field = field_of(draw_brain()).astype(np.float64)

    assert csf_fraction(4096.0 * field - 77.0) == pytest.approx(csf_fraction(field))


@pytest.mark.parametrize("gamma", [0.8, 0.9, 1.1, 1.25])
def test_gamma_changes_little_of_it(gamma: float) -> None:
    plain, larger = (draw_brain(ventricle=width) for width in (0.1, 0.14))
    changed = abs(fraction(plain**gamma) - fraction(plain))

    assert changed < 0.02
    assert changed < 0.5 * (fraction(larger) - fraction(plain))


def test_a_tighter_mask_changes_little_of_it() -> None:
    phantom = draw_phantom()
    across = np.linspace(-1.0, 1.0, phantom.pixels.shape[1]) * 176 / 138
    down = np.linspace(-1.0, 1.0, phantom.pixels.shape[0]) * 208 / 172
    # Two millimetres of a head of 172 mm: the fluid in the outer sulci.
    inside = np.hypot(down[:, None], across[None, :]) < 1.0 - 2.0 / 86.0
    tight = np.where(inside, phantom.pixels, 0.0)

    assert abs(fraction(tight) - fraction(phantom.pixels)) < 0.015


def test_the_size_of_the_input_changes_little_of_it() -> None:
    pixels = draw_brain()

    assert fraction(pixels, InputSpec()) == pytest.approx(fraction(pixels), abs=0.02)


@pytest.mark.parametrize(
    "field",
    [np.zeros((97, 81)), np.pad(np.ones((60, 50)), 20)],
    ids=["nothing", "one tissue"],
)
def test_where_there_are_no_two_tissues_there_is_no_measure(field: Pixels) -> None:
    assert csf_fraction(field) is None
