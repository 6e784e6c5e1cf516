"""Each alteration does what it is named for, and nothing else."""

import numpy as np
import pytest

from alzer.evaluation import alterations
from alzer.evaluation.alterations import Alteration, Grey
from alzer.evaluation.robustness import ALTERATIONS, encoded
from alzer.scans.formats import read_slice
from phantoms import draw_phantom


@pytest.fixture(scope="module")
def grey() -> Grey:
    """Return a brain with a rim of fluid, as a loose mask leaves it."""
    pixels = draw_phantom((208, 176)).pixels
    return np.asarray(np.rint(255.0 * np.clip(pixels, 0.0, 1.0)), np.uint8)


def alter(alteration: Alteration, grey: Grey) -> Grey:
    return alteration(grey, np.random.default_rng(0))


@pytest.mark.parametrize("name", ALTERATIONS)
def test_pictures_stay_pictures_and_depend_on_the_generator_alone(
    grey: Grey, name: str
) -> None:
    before = grey.copy()
    altered = alter(ALTERATIONS[name], grey)

    assert altered.dtype == np.uint8
    assert altered.ndim == 2
    assert np.array_equal(altered, alter(ALTERATIONS[name], grey))
    assert np.array_equal(grey, before)
    shape = altered.shape
    assert shape != grey.shape or not np.array_equal(altered, grey)


def test_shifts_move_every_pixel_by_what_they_say(grey: Grey) -> None:
    altered = alter(alterations.shifted(3, 1), grey)

    assert np.array_equal(altered[3:, 1:], grey[:-3, :-1])


@pytest.mark.parametrize("strength", [0.1, 0.4])
def test_a_bias_field_spans_what_it_says_and_cuts_nothing_off(strength: float) -> None:
    white = np.full((101, 101), 255, np.uint8)

    altered = alter(alterations.biased(strength), white).astype(float)

    # From 1 - strength to 1 + strength, up to the steps of grey levels.
    ratio = altered.min() / altered.max()
    assert ratio == pytest.approx((1.0 - strength) / (1.0 + strength), abs=0.01)
    assert altered.max() == 255.0


def test_noise_is_as_strong_as_said_and_only_in_the_head() -> None:
    grey = np.zeros((120, 120), np.uint8)
    grey[20:100, 20:100] = 200

    altered = alter(alterations.noisy_by(0.05), grey).astype(float)

    assert altered[grey == 200].std() == pytest.approx(10.0, rel=0.1)
    assert not altered[grey == 0].any()


def test_a_tight_mask_takes_fluid_off_outside_and_leaves_it_inside() -> None:
    rows, columns = np.mgrid[-50:50, -50:50]
    distance = np.hypot(rows, columns)
    grey = np.where(distance < 40, 200, 0)
    grey[(distance >= 40) & (distance < 42)] = 50  # the rim of fluid
    grey[distance < 10] = 50  # a ventricle
    grey = grey.astype(np.uint8)

    tight = alter(alterations.tightly_masked, grey)

    assert not tight[distance >= 41].any()
    assert (tight[distance < 10] == 50).all()
    assert (tight[(distance >= 11) & (distance < 38)] == 200).all()


def test_a_loose_mask_adds_a_dark_rim_outside_and_changes_nothing_inside(
    grey: Grey,
) -> None:
    loose = alter(alterations.loosely_masked, grey)

    added = loose != grey
    assert added.sum() > 500
    assert (loose[added] > grey[added]).all()
    assert grey[added].max() < 0.3 * grey.max()  # what shares its pixel with nothing
    assert loose[added].max() < 0.4 * grey.max()


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "BMP"])
def test_other_formats_lose_nothing(grey: Grey, kind: str) -> None:
    assert np.array_equal(read_slice(encoded(grey, kind)).pixels, grey)
