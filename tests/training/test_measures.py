"""What pooled features say of the auxiliary targets."""

import numpy as np
import pytest
from numpy.typing import NDArray

from alzer.training.measures import fit_measures

COUNT, WIDTH = 400, 12


@pytest.fixture
def features() -> NDArray[np.float32]:
    drawn = np.random.default_rng(4).random((COUNT, WIDTH))
    drawn[:, 0] = 3.0
    return drawn.astype(np.float32)


def deviation_of(features: NDArray[np.float32]) -> NDArray[np.float64]:
    return np.asarray(np.maximum(features.std(axis=0), 0.01), np.float64)


def test_targets_and_the_constant_are_read(features: NDArray[np.float32]) -> None:
    target = 4.0 * features[:, 3] - 2.0

    weights = fit_measures(features, target[:, None], deviation_of(features))

    read = features @ weights.T
    assert weights.shape == (2, WIDTH)
    assert np.corrcoef(read[:, 0], target)[0, 1] > 0.99
    assert read[:, 1] == pytest.approx(np.ones(COUNT), abs=0.05)


def test_who_lacks_a_measure_does_not_count_for_it(
    features: NDArray[np.float32],
) -> None:
    targets = np.stack([features[:, 2], features[:, 5]], axis=1)
    known = targets.copy()
    targets[: COUNT // 2, 1] = np.nan

    weights = fit_measures(features, targets, deviation_of(features))
    half = fit_measures(
        features[COUNT // 2 :], known[COUNT // 2 :], deviation_of(features)
    )

    assert weights[1] == pytest.approx(half[1], abs=1e-9)
    assert weights[0] != pytest.approx(half[0], abs=1e-9)


def test_no_target_leaves_the_constant(features: NDArray[np.float32]) -> None:
    none = np.empty((COUNT, 0), np.float32)

    weights = fit_measures(features, none, deviation_of(features))

    assert weights.shape == (1, WIDTH)
    assert (features @ weights[0]).mean() == pytest.approx(1.0, abs=0.01)
