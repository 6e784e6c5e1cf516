"""The average brain as the network's input, and what maps are compared with."""

import numpy as np

from alzer.explain.average_brain import average_inputs, make_checker
from alzer.explain.field import head_in
from alzer.model.engine import Model
from alzer.model.preparation import InputSpec

SPEC = InputSpec(height=97, width=81, cell_stride=16)


def test_slices_of_the_average_brain_are_heads_at_the_networks_size() -> None:
    inputs = average_inputs(SPEC)

    assert inputs.shape == (8, 97, 81)
    for pixels in inputs:
        head = head_in(pixels)
        assert 0.5 < head.mean() < 0.8
        assert pixels[head].mean() > 1.0 + pixels[~head].mean()


def test_the_average_brain_is_nobodys_it_is_its_own_mirror_image() -> None:
    inputs = average_inputs(SPEC)

    for pixels in inputs:
        assert np.corrcoef(pixels.ravel(), pixels[:, ::-1].ravel())[0, 1] > 0.99


def test_its_back_is_up_as_in_training() -> None:
    """A head is wider at the back, which is the upper half of the input."""
    heads = np.stack([head_in(pixels) for pixels in average_inputs(SPEC)])
    rows = np.nonzero(heads.any(axis=(0, 2)))[0]
    middle = (rows[0] + rows[-1]) // 2

    assert heads[:, :middle].sum() > heads[:, middle:].sum()


def test_a_checker_compares_with_the_maps_of_its_own_model(model: Model) -> None:
    checker = make_checker(model)

    given = model.run_exactly(checker.reference.donors[:, None]).maps
    assert np.allclose(checker.reference.average_maps, given.mean(axis=0), atol=1e-6)
    assert checker.cell_stride == model.spec.cell_stride
