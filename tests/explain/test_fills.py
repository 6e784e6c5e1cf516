"""What areas are filled with: values from around them, and an average brain."""

import numpy as np
import pytest
from scipy import sparse
from scipy.sparse.linalg import spsolve

from alzer.explain.areas import hottest
from alzer.explain.field import Floats, Mask, head_in, on_input
from alzer.explain.fills import (
    NOISE,
    fill_with_donor,
    interpolate_noisily,
    match_donor,
)
from phantoms import draw_phantom


def brain(seed: int = 0, ventricle: float = 0.1) -> Floats:
    pixels = draw_phantom((97, 81), ventricle, seed).pixels
    return ((pixels - 0.4) / 0.37).astype(np.float32)


def two_areas(pixels: Floats) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    head = head_in(pixels)
    cells = np.random.default_rng(3).normal(size=(7, 6)).astype(np.float32)
    heat = on_input(cells, (97, 81), 16)
    return np.stack([hottest(heat, head), hottest(-heat, head)])


def solved_directly(pixels: Floats, area: Mask) -> Floats:
    """Solve the equations of noisy linear imputation as its authors do.

    Source: Rong et al. 2022, arXiv:2202.00449, section 4.2.
    """
    index = -np.ones(area.shape, int)
    index[area] = np.arange(area.sum())
    matrix = sparse.lil_matrix((area.sum(), area.sum()))
    right = np.zeros(area.sum())
    for row, column in np.argwhere(area):
        own = index[row, column]
        for down in (-1, 0, 1):
            for across in (-1, 0, 1):
                place = row + down, column + across
                weight = 1 / 6 if 0 in {down, across} else 1 / 12
                if down == across == 0 or not (
                    0 <= place[0] < area.shape[0] and 0 <= place[1] < area.shape[1]
                ):
                    continue
                matrix[own, own] += weight
                if area[place]:
                    matrix[own, index[place]] -= weight
                else:
                    right[own] += weight * pixels[place]
    found = pixels.copy()
    found[area] = spsolve(matrix.tocsr(), right)
    return found


def test_interpolation_solves_the_equations_of_its_authors() -> None:
    pixels = brain()
    areas = two_areas(pixels)

    filled = interpolate_noisily(pixels, areas)

    for area, found in zip(areas, filled, strict=True):
        noise = found - solved_directly(pixels, area)
        assert np.abs(noise[~area]).max() == 0.0
        assert float(noise[area].std()) == pytest.approx(NOISE, rel=0.2)
        assert np.abs(noise[area].mean()) < 0.01


def test_an_area_at_the_edge_of_the_picture_is_filled_too() -> None:
    pixels = brain()
    area = np.zeros((1, 97, 81), bool)
    area[0, :20, :30] = True

    (filled,) = interpolate_noisily(pixels, area)

    expected = solved_directly(pixels, area[0])
    assert np.abs(filled - expected).max() < 6 * NOISE


def test_no_filled_pixel_is_darker_or_brighter_than_what_is_around() -> None:
    pixels = brain()
    areas = two_areas(pixels)

    filled = interpolate_noisily(pixels, areas)

    for area, found in zip(areas, filled, strict=True):
        assert found[area].min() > pixels[~area].min() - 6 * NOISE
        assert found[area].max() < pixels[~area].max() + 6 * NOISE


def test_a_fill_is_the_same_each_time_and_alone() -> None:
    pixels = brain()
    areas = two_areas(pixels)

    together = interpolate_noisily(pixels, areas)

    assert np.array_equal(together, interpolate_noisily(pixels, areas))
    alone = interpolate_noisily(pixels, areas[:1])
    assert np.abs(alone[0] - together[0]).max() < 0.02


def test_the_donor_that_is_most_like_the_slice_is_chosen_and_matched() -> None:
    pixels = brain(seed=1, ventricle=0.2)
    donors = np.stack([2.0 * brain(2, 0.05) + 1.0, 3.0 * brain(2, 0.2) - 5.0])
    heads = np.stack([head_in(each) for each in donors])
    head = head_in(pixels)

    matched = match_donor(pixels, head, donors, heads)

    both = head & heads[1]
    assert np.array_equal(np.isnan(matched), ~heads[1])
    assert float(matched[both].mean()) == pytest.approx(
        float(pixels[both].mean()), abs=1e-3
    )
    assert float(matched[both].std()) == pytest.approx(
        float(pixels[both].std()), rel=1e-3
    )
    assert np.corrcoef(matched[both], donors[1][both])[0, 1] == pytest.approx(1.0)


def test_the_donor_fills_where_it_has_a_brain_and_nothing_else() -> None:
    pixels = brain()
    areas = two_areas(pixels)
    filled = interpolate_noisily(pixels, areas)
    donor = np.full((97, 81), np.nan, np.float32)
    donor[:48] = 7.0

    found = fill_with_donor(filled, areas, donor)

    assert (found[areas & ~np.isnan(donor)] == 7.0).all()
    below = np.isnan(donor)
    assert np.array_equal(found[:, below], filled[:, below])
    assert np.array_equal(found[~areas], filled[~areas])
