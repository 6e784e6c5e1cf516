"""Intervals hold the truth as often as they say."""

import numpy as np
import pytest

from alzer.evaluation.metrics import auc
from alzer.evaluation.resampling import stratified_bootstrap, wilson_interval


def test_no_draw_loses_a_class() -> None:
    impaired = np.arange(20) < 3
    seen = []

    def share(people: np.ndarray) -> float:
        seen.append(impaired[people].sum())
        return auc(impaired[people], people.astype(float))

    stratified_bootstrap(share, impaired, repeats=200)

    # Jackknife draws leave one out.
    assert set(seen) <= {2, 3}


def test_the_mean_is_held_about_as_often_as_asked() -> None:
    held = 0
    for seed in range(100):
        values = np.random.default_rng(seed).normal(size=40)

        def mean(people: np.ndarray, own: np.ndarray = values) -> float:
            return float(own[people].mean())

        found = stratified_bootstrap(mean, np.zeros(40), repeats=200)
        held += found.low <= 0.0 <= found.high

    assert 88 <= held <= 100


def test_what_never_differs_has_an_interval_of_no_width() -> None:
    found = stratified_bootstrap(lambda _: 0.5, np.zeros(9), repeats=50)

    assert (found.low, found.value, found.high) == (0.5, 0.5, 0.5)


def test_one_person_has_no_interval() -> None:
    found = stratified_bootstrap(lambda _: 0.5, np.array([0, 1, 1]), repeats=50)

    assert np.isnan(found.low)


def test_a_share_of_nothing_still_has_an_upper_end() -> None:
    found = wilson_interval(0, 100)

    assert (found.value, found.low) == (0.0, 0.0)
    assert found.high == pytest.approx(0.037, abs=0.001)
