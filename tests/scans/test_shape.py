"""The shape of an outline."""

import numpy as np
import pytest
from numpy.typing import NDArray

from alzer.scans.shape import Outline, measure

ROWS, COLUMNS = np.indices((120, 100)) - np.array([59.5, 49.5]).reshape(2, 1, 1)


def outline_of(region: NDArray[np.bool_], pixel_aspect: float = 1.0) -> Outline:
    return measure(region.astype(np.float32), region, region, pixel_aspect)


def ellipse(degrees: float) -> NDArray[np.bool_]:
    angle = np.radians(degrees)
    along = ROWS * np.cos(angle) + COLUMNS * np.sin(angle)
    aside = COLUMNS * np.cos(angle) - ROWS * np.sin(angle)
    return np.asarray(np.hypot(along / 45.0, aside / 27.0) < 1.0)


@pytest.mark.parametrize("degrees", [-90, -45, -20, 0, 20, 45, 90])
def test_an_ellipse_has_its_own_aspect_and_tilt(degrees: float) -> None:
    outline = outline_of(ellipse(degrees))

    assert outline.aspect == pytest.approx(0.6, abs=0.01)
    assert outline.tilt_degrees == pytest.approx(abs(degrees), abs=0.5)
    assert outline.ellipse_overlap > 0.97


def test_rows_that_lie_further_apart_lengthen_a_shape() -> None:
    circle = np.hypot(ROWS, COLUMNS) < 40.0

    assert outline_of(circle).aspect == pytest.approx(1.0, abs=0.01)
    assert outline_of(circle, 1.25).aspect == pytest.approx(0.8, abs=0.01)


def test_the_side_that_a_head_touches_most_is_measured() -> None:
    region = np.hypot(ROWS + 40.0, COLUMNS) < 40.0

    outline = outline_of(region)

    assert outline.side_share == pytest.approx(region[0].mean())
    assert outline.border_share < outline.side_share / 2.0
