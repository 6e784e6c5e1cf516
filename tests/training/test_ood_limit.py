"""Telling what a network was trained on from what it was not."""

import numpy as np
import pytest
from numpy.typing import NDArray

from alzer.training.network import OodScore, ResNet50
from alzer.training.ood_limit import (
    FALSE_ALARMS,
    Reach,
    distances,
    false_alarms,
    fit_ood_score,
    quantile_limit,
    transfer_threshold,
)
from alzer.training.pooling import Features, extract_features
from phantoms import draw_brain


def draw_slices(count: int, seed: int) -> NDArray[np.float16]:
    """Draw prepared slices that differ in their ventricles and their noise."""
    generator = np.random.default_rng(seed)
    sizes = generator.uniform(0.04, 0.1, count)
    slices = [
        draw_brain((97, 65), float(size), seed + index)
        for index, size in enumerate(sizes)
    ]
    return ((np.stack(slices) - 0.43) / 0.37).astype(np.float16)


def features(network: ResNet50, images: NDArray[np.float16]) -> Features:
    return extract_features(network, images)


@pytest.fixture(scope="module")
def ood_score(network: ResNet50) -> OodScore:
    return fit_ood_score(features(network, draw_slices(80, 0)))


def test_the_distance_is_that_of_mahalanobis() -> None:
    generator = np.random.default_rng(1)
    mixing = np.eye(12) + 0.2 * generator.random((12, 12))
    mixed = generator.standard_normal((400, 12)) @ mixing
    own = (mixed + 5.0).astype(np.float32)
    new = 3.0 * own[:5] + 1.0

    found = distances(fit_ood_score(own), new)

    offset = new - own.mean(axis=0)
    inverse = np.linalg.inv(np.cov(own.T, bias=True))
    expected = (offset @ inverse * offset).sum(axis=1) / 12
    assert found == pytest.approx(expected, rel=1e-3)


def test_with_few_images_few_components_are_kept() -> None:
    features = np.random.default_rng(1).random((60, 12)).astype(np.float32)

    assert fit_ood_score(features).weight.shape == (3, 12)


def test_training_slices_lie_at_about_one(
    network: ResNet50, ood_score: OodScore
) -> None:
    found = distances(ood_score, features(network, draw_slices(80, 0)))

    assert 0.7 < found.mean() < 1.3


def test_new_slices_of_the_kind_are_near_and_others_are_far(
    network: ResNet50, ood_score: OodScore
) -> None:
    new = draw_slices(40, 1000)
    near = distances(ood_score, features(network, new))
    noise = np.random.default_rng(0).standard_normal((10, 97, 65)).astype(np.float16)

    assert distances(ood_score, features(network, -new)).min() > 2.0 * near.max()
    assert distances(ood_score, features(network, noise)).min() > 2.0 * near.max()


def test_one_in_a_hundred_is_admitted_as_a_false_alarm() -> None:
    distance = np.random.default_rng(0).exponential(size=10_000)

    assert (distance > quantile_limit(distance)).mean() == pytest.approx(
        FALSE_ALARMS, abs=1e-3
    )


def test_the_limit_is_carried_over_by_the_folds_ratio() -> None:
    folds = [Reach(1.0, 1.5), Reach(2.0, 2.0), Reach(1.0, 1.2)]

    assert transfer_threshold(folds, 10.0) == pytest.approx(12.0)


def test_false_alarms_are_counted_beyond_the_other_folds_limit() -> None:
    one = Reach(1.0, 1.5), np.array([1.0, 1.9, 2.1, 2.2])
    two = Reach(1.0, 2.0), np.array([1.4, 1.6])

    # The limits are 2.0 for the first fold and 1.5 for the second.
    assert false_alarms([one, two]) == pytest.approx(3 / 6)
    assert false_alarms([one]) is None
