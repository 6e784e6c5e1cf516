"""The few largest axes are those of the whole decomposition."""

import numpy as np
import pytest

from alzer.training.axes import largest_axes


@pytest.mark.parametrize("count", [1, 5, 12, 40])
def test_they_are_the_largest_of_all(count: int) -> None:
    rows = np.random.default_rng(3).normal(size=(30, 12)) * np.arange(1, 13)
    matrix = rows.T @ rows
    every = np.linalg.eigvalsh(matrix)[::-1]
    kept = min(count, 12)

    values, axes = largest_axes(matrix, count)

    assert axes.shape == (12, kept)
    assert values == pytest.approx(every[:kept])
    assert axes.T @ axes == pytest.approx(np.eye(kept), abs=1e-12)
    assert matrix @ axes == pytest.approx(axes * values)
