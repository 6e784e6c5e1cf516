"""Black and white by landmarks of the tissue."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray

from alzer.model.preparation import InputSpec, prepare, standardise, tissue_range
from alzer.scans.orientation import StandardView
from alzer.scans.plausibility import examine
from alzer.training.cohort import field_spec
from phantoms import draw_brain

SPEC = InputSpec(height=97, width=81, standardisation="tissue", mean=0.37)


@cache
def drawn_head() -> NDArray[np.float32]:
    """Draw fluid of .2 around and in a brain of grey (.6) and white (.85) matter."""
    rows, columns = np.indices((208, 176))
    radius = np.hypot((rows - 104) / 90, (columns - 88) / 74)
    head = np.where(radius < 1.0, 0.2, 0.0)
    head[radius < 0.92] = 0.6
    head[radius < 0.7] = 0.85
    head[radius < 0.25] = 0.2
    return np.asarray(head, np.float32)


def inputs_of(
    pixels: NDArray[np.float32], spec: InputSpec = SPEC
) -> NDArray[np.float32]:
    view = StandardView((pixels * 255.0).astype(np.float32))
    pixels = prepare(view, examine(view).box, spec).pixels
    return np.asarray(pixels[0])


def test_landmarks_are_the_tissues_own_values() -> None:
    black, white = tissue_range(drawn_head(), (0.0, 0.9))

    assert white == pytest.approx(0.85, abs=0.01)
    assert black == pytest.approx(0.6 - 1.2 * 0.25, abs=0.02)


def test_fluid_is_as_black_as_the_background() -> None:
    found = inputs_of(drawn_head())

    assert found[0, 0] == found[48, 40] == pytest.approx(found.min())


@pytest.mark.parametrize("gamma", [0.7, 0.9, 1.1, 1.4])
def test_a_gamma_changes_less_than_with_percentiles(gamma: float) -> None:
    plain, bent = drawn_head(), drawn_head() ** gamma
    percentiles = replace(SPEC, standardisation="percentiles")

    def change(spec: InputSpec) -> float:
        return float(np.abs(inputs_of(plain, spec) - inputs_of(bent, spec)).mean())

    assert change(SPEC) < 0.3 * change(percentiles)


def test_units_and_zero_do_not_matter() -> None:
    field = np.asarray(drawn_head()[::2, ::2])

    one, other = standardise(field, SPEC), standardise(field * 900.0 + 40.0, SPEC)

    assert one == pytest.approx(other, abs=1e-3)


def test_a_tight_mask_gives_nearly_the_same_input() -> None:
    """Without the fluid around the brain, only the box differs."""
    tight = drawn_head().copy()
    rows, columns = np.indices(tight.shape)
    tight[np.hypot((rows - 104) / 90, (columns - 88) / 74) >= 0.92] = 0.0
    spec = field_spec(SPEC)
    box = (14.0, 14.0, 194.0, 162.0)

    loose, peeled = (
        prepare(StandardView(each), box, spec).pixels[0]
        for each in (drawn_head(), tight)
    )

    difference = standardise(loose, SPEC) - standardise(peeled, SPEC)
    assert np.abs(difference).mean() < 0.01


def test_mirror_images_and_half_turns_are_exact() -> None:
    brain = draw_brain().astype(np.float32)
    mirrored, turned = (
        inputs_of(brain[:, ::-1].copy()),
        inputs_of(brain[::-1, ::-1].copy()),
    )

    assert (mirrored == inputs_of(brain)[:, ::-1]).all()
    assert (turned == inputs_of(brain)).all()


@pytest.mark.parametrize("value", [0.0, 5.0])
def test_a_field_without_tissue_falls_back_on_percentiles(value: float) -> None:
    flat = np.full((97, 81), value, np.float32)

    assert np.isfinite(standardise(flat, SPEC)).all()
    assert tissue_range(flat, (value, value)) == (value, value)
