"""Areas that the network is asked about: a fifth of the head, equally large."""

import numpy as np
import pytest

from alzer.explain.areas import (
    CONTROLS,
    area_size,
    centred_blob,
    elsewhere,
    hottest,
)
from alzer.explain.field import Floats, Mask, head_in, on_input
from phantoms import draw_phantom

SHAPES = [(97, 81), (193, 161)]


def head_of(shape: tuple[int, int]) -> Mask:
    return head_in(draw_phantom(shape).pixels.astype(np.float32))


def random_heat(shape: tuple[int, int], seed: int) -> Floats:
    cells = np.random.default_rng(seed).normal(size=(7, 6)).astype(np.float32)
    return on_input(cells, shape, (shape[0] - 1) // 6)


def test_the_marked_area_is_the_hottest_fifth_of_the_head() -> None:
    head, heat = head_of((97, 81)), random_heat((97, 81), 1)

    area = hottest(heat, head)

    assert area.sum() == area_size(head) == round(head.sum() / 5)
    assert not (area & ~head).any()
    assert heat[area].min() >= heat[head & ~area].max()


def test_the_hottest_and_the_coldest_fifth_are_apart() -> None:
    head, heat = head_of((97, 81)), random_heat((97, 81), 2)

    assert not (hottest(heat, head) & hottest(-heat, head)).any()


def test_the_central_area_is_around_the_middle_in_the_heads_proportions() -> None:
    head = head_of((97, 81))

    area = centred_blob(head)

    rows, columns = np.nonzero(area)
    assert area.sum() == area_size(head)
    assert np.argwhere(area).mean(axis=0) == pytest.approx(
        np.argwhere(head).mean(axis=0), abs=2.0
    )
    proportions = np.ptp(rows) / np.ptp(columns)
    whole = np.ptp(np.nonzero(head)[0]) / np.ptp(np.nonzero(head)[1])
    assert proportions == pytest.approx(whole, rel=0.1)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("seed", range(4))
def test_controls_are_as_large_inside_the_head_and_elsewhere(
    shape: tuple[int, int], seed: int
) -> None:
    head = head_of(shape)
    area = hottest(random_heat(shape, seed), head)

    controls = elsewhere(area, head)

    assert controls.shape == (CONTROLS, *shape)
    assert (controls.sum(axis=(1, 2)) == area.sum()).all()
    assert not (controls & ~head).any()
    shared = (controls & area).sum(axis=(1, 2)) / area.sum()
    assert shared.max() < 0.45
    assert np.median(shared) < 0.25


@pytest.mark.parametrize("seed", range(3))
def test_controls_differ_and_cover_the_rest_of_the_head(seed: int) -> None:
    head = head_of((97, 81))
    area = hottest(random_heat((97, 81), seed), head)

    controls = elsewhere(area, head)

    flat = controls.reshape(CONTROLS, -1).astype(float)
    shared = flat @ flat.T / area.sum()
    np.fill_diagonal(shared, 0.0)
    assert shared.max() < 0.95
    assert (controls.any(axis=0) & ~area).sum() / (head & ~area).sum() > 0.8


def test_controls_are_the_same_each_time() -> None:
    head = head_of((97, 81))
    area = hottest(random_heat((97, 81), 5), head)

    assert np.array_equal(elsewhere(area, head), elsewhere(area, head))


def test_a_shape_that_fits_nowhere_else_still_has_controls() -> None:
    head = head_of((97, 81))
    rows = np.indices(head.shape)[0]
    stripes = hottest(np.where(rows % 5 == 0, 1.0, 0.0).astype(np.float32), head)

    controls = elsewhere(stripes, head)

    assert (controls.sum(axis=(1, 2)) == stripes.sum()).all()
    assert not (controls & ~head).any()
