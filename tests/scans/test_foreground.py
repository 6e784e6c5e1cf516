"""Where the head is on its grid."""

import numpy as np
import pytest

from alzer.scans.foreground import Foreground


def test_distances_are_1_at_the_sides_of_the_box() -> None:
    region = np.zeros((30, 40), bool)
    region[10:20, 5:35] = True
    foreground = Foreground(region.astype(np.float32) / 2.0, region, region)

    sides = foreground.distance(np.array([10, 20, 15, 15]), np.array([20, 20, 5, 35]))

    assert foreground.middle_and_half == ((15.0, 20.0), (5.0, 15.0))
    assert sides == pytest.approx(1.0)
    assert foreground.mean_inside == pytest.approx(0.5)
