"""The field that lies over a mean brain is found again."""

import numpy as np
import pytest
from numpy.typing import NDArray

from alzer.scans.volume import Volume
from alzer.volumes.bias_field import estimate_bias_field
from alzer.volumes.registration import Registration
from alzer.volumes.sampling import grid_points, transform_points
from alzer.volumes.template import load_template

PLACED = Registration(np.eye(4), 1.0, 0.0, 1.0)


def places() -> NDArray[np.float64]:
    template = load_template()
    return transform_points(template.affine, grid_points(template.values.shape))


def drawn_field() -> NDArray[np.float64]:
    """Return a field of more than +-30 %, by no polynomial."""
    x, y, z = places()
    sideways = 1.0 + 0.3 * np.tanh((x + 0.5 * y) / 60.0)
    return np.asarray(sideways * np.exp(-0.3 * ((z + 40.0) / 100.0) ** 2))


def shaded_brain(field: NDArray[np.float64], folds: float) -> Volume:
    template = load_template()
    x, y, z = places()
    wrinkles = 1.0 + folds * np.sin(x / 3.0) * np.sin(y / 3.5) * np.sin(z / 4.0)
    voxels = 700.0 * template.values.ravel() * wrinkles * field
    return Volume(
        voxels.reshape(template.values.shape).astype(np.float32),
        template.affine,
        "drawn",
    )


@pytest.mark.parametrize("folds", [0.0, 0.4])
def test_a_smooth_field_is_found_whatever_the_folds_are(folds: float) -> None:
    field, mask = drawn_field(), load_template().values > 0.3
    found = estimate_bias_field(shaded_brain(field, folds), mask, PLACED).at(places())
    ratio = (found / field)[mask.ravel()]

    assert np.std(field[mask.ravel()]) > 0.15
    assert np.std(ratio) / np.mean(ratio) < 0.03


def test_a_brain_without_a_field_is_left_alone() -> None:
    mask = load_template().values > 0.3
    even = shaded_brain(np.ones(mask.size), 0.4)
    found = estimate_bias_field(even, mask, PLACED).at(places())[mask.ravel()]

    assert np.std(found) / np.mean(found) < 0.02


def test_too_little_tissue_means_no_field() -> None:
    mask = np.zeros(load_template().values.shape, bool)
    mask[40:44, 50:54, 40:44] = True
    volume = shaded_brain(drawn_field(), 0.0)
    found = estimate_bias_field(volume, mask, PLACED).at(places())

    assert found.min() == found.max() == 1.0
