"""The mean brain that ships."""

import numpy as np

from alzer.volumes.template import load_template

MIRROR = np.diag([-1.0, 1.0, 1.0, 1.0])


def test_both_halves_are_mirror_images_about_the_middle() -> None:
    template = load_template()
    count = template.values.shape[0]
    flipped = np.diag([-1.0, 1.0, 1.0, 1.0])
    flipped[0, 3] = count - 1

    np.testing.assert_array_equal(template.values, template.values[::-1])
    np.testing.assert_allclose(
        MIRROR @ template.affine, template.affine @ flipped, atol=1e-9
    )


def test_it_is_as_large_as_a_brain_and_white_is_1() -> None:
    template = load_template()
    voxel_ml = np.linalg.det(template.affine[:3, :3]) / 1000.0
    brain_ml = np.count_nonzero(template.values > 0.2) * voxel_ml

    assert 1600.0 < brain_ml < 2200.0
    assert template.values.min() == 0.0
    assert template.values.max() == 1.0
