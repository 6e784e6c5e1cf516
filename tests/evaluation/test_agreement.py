"""Agreement of visits, against values known by thought or by another formula."""

import numpy as np
import pytest
from scipy.stats import f_oneway

from alzer.evaluation.agreement import count_changes, intraclass_correlation


def test_visits_that_are_alike_agree_fully() -> None:
    groups = [np.full(visits, value) for visits, value in ((2, 0.3), (3, 1.2), (2, 2))]

    assert intraclass_correlation(groups) == pytest.approx(1.0)


def test_visits_that_have_nothing_in_common_do_not_agree() -> None:
    groups = list(np.random.default_rng(0).normal(size=(2000, 2)))

    assert intraclass_correlation(groups) == pytest.approx(0.0, abs=0.05)


def test_the_share_between_people_is_found_though_visits_are_unequal() -> None:
    generator = np.random.default_rng(1)
    groups = [
        generator.normal(0.0, 2.0) + generator.normal(0.0, 1.0, 2 + person % 3)
        for person in range(3000)
    ]

    # Variance 4 between people, 1 within.
    assert intraclass_correlation(groups) == pytest.approx(0.8, abs=0.02)


def test_it_is_the_ratio_of_variances_of_scipy() -> None:
    groups = list(np.random.default_rng(2).normal(size=(12, 3)).cumsum(axis=0))

    ratio = f_oneway(*groups).statistic

    wanted = (ratio - 1.0) / (ratio + 2.0)  # Shrout & Fleiss: k - 1 = 2
    assert intraclass_correlation(groups) == pytest.approx(wanted)


def test_one_person_says_nothing() -> None:
    assert np.isnan(intraclass_correlation([np.array([1.0, 2.0])]))
    assert np.isnan(intraclass_correlation([np.ones(2), np.ones(2)]))


def test_every_pair_of_visits_counts() -> None:
    assert count_changes([1, 1, 1]) == (0, 3)
    assert count_changes([0, 1, 0, 1]) == (4, 6)
    assert count_changes([2]) == (0, 0)
