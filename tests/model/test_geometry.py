"""The map between slice and input."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alzer.model.geometry import CELL_STRIDE, Geometry
from alzer.model.preparation import InputSpec, place

SPEC = InputSpec()

SHAPES = [(208, 176), (200, 320), (48, 40), (2000, 1600)]


@pytest.mark.parametrize("shape", SHAPES)
def test_a_hot_cell_is_painted_where_the_network_looked(
    shape: tuple[int, int],
) -> None:
    height, width = shape
    box = 0.2 * height, 0.1 * width, 0.9 * height, 0.85 * width
    geometry, checked = place(shape, box, SPEC), 0
    for cell in np.ndindex(SPEC.cells):
        expected = np.array(geometry.to_view(*np.multiply(cell, CELL_STRIDE)))
        if (expected < 0.0).any() or (expected > np.subtract(shape, 1)).any():
            continue
        maps = np.zeros(SPEC.cells, np.float32)
        maps[cell] = 1.0

        painted = geometry.paint(maps)

        hottest = np.argwhere(painted == painted.max())
        distances = np.abs(hottest - expected).max(axis=1)
        assert distances.min() <= 1.0
        # The outermost cells also fill the outer half of the outermost pixels.
        assert distances.max() <= 1.0 + geometry.scales[0] / 2.0
        checked += 1
    assert checked >= 20


@given(
    row=st.floats(-500, 500),
    column=st.floats(-500, 500),
    scale=st.floats(0.05, 50),
    top=st.floats(-100, 100),
    turned=st.booleans(),
)
def test_to_input_undoes_to_view(
    row: float, column: float, scale: float, top: float, *, turned: bool
) -> None:
    geometry = Geometry(top, -top, (scale, scale / 2.0), (193, 161), (9, 9), turned)

    there = geometry.to_view(row, column)

    assert geometry.to_input(*there) == pytest.approx((row, column), abs=1e-6)


def test_cells_lie_as_far_apart_as_the_specification_says() -> None:
    spec = replace(SPEC, cell_stride=16)
    geometry = place((208, 176), (0.0, 0.0, 208.0, 176.0), spec)
    maps = np.zeros(spec.cells, np.float32)
    maps[5, 4] = 1.0

    found = np.unravel_index(geometry.paint(maps).argmax(), (208, 176))

    assert found == pytest.approx(geometry.to_view(5 * 16, 4 * 16), abs=1.0)


def test_there_is_no_heat_where_the_network_did_not_look() -> None:
    geometry = place((400, 500), (100.0, 150.0, 300.0, 290.0), SPEC)

    painted = geometry.paint(np.ones(SPEC.cells, np.float32))

    assert painted[200, 220] == pytest.approx(1.0)
    assert painted[:, 0].max() == 0.0
    assert painted[0].max() == 0.0
