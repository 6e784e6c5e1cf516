"""How sure scores are."""

import numpy as np
import pytest

from alzer.evaluation.intervals import (
    Interval,
    bootstrap,
    paired_bootstrap,
    share_interval,
    stratified_bootstrap,
)
from alzer.evaluation.metrics import People
from alzer.evaluation.scores import SCORES, impaired_auc


def people(count: int = 40, seed: int = 0) -> People:
    generator = np.random.default_rng(seed)
    labels = generator.integers(0, 4, count)
    raw = generator.random((count, 4)) + 0.5 * np.eye(4)[labels]
    names = np.array([f"p{index:04}" for index in range(count)])
    return People(names, labels, raw / raw.sum(axis=1, keepdims=True))


def test_an_interval_holds_its_value_and_depends_on_the_seed_alone() -> None:
    group = people()

    one = bootstrap(group, impaired_auc, 300, seed=1)

    assert one.low < one.value < one.high
    assert one == bootstrap(group, impaired_auc, 300, seed=1)
    assert one != bootstrap(group, impaired_auc, 300, seed=2)


def test_more_people_make_narrower_intervals() -> None:
    few = bootstrap(people(40), impaired_auc, 300)
    many = bootstrap(people(1000), impaired_auc, 300)

    assert many.high - many.low < (few.high - few.low) / 2.0


def test_no_draw_loses_a_class_or_changes_its_size() -> None:
    labels = np.array([0] * 50 + [1] * 30 + [2] * 2 + [3])
    seen = []

    def note(chosen: np.ndarray) -> float:
        seen.append(np.bincount(labels[chosen], minlength=4).tolist())
        return float(chosen.mean())

    stratified_bootstrap(note, labels, 200)

    whole = [50, 30, 2, 1]
    assert seen.count(whole) >= 200
    # The rest are the jackknife's, which leave out one person at a time; nobody is
    # left out of a class of one.
    assert all(sum(whole) - sum(counts) <= 1 for counts in seen)
    assert all(counts[3] == 1 for counts in seen)
    assert all(min(counts) > 0 for counts in seen)


def test_two_people_of_a_class_do_not_raise_balanced_accuracy_by_being_lost() -> None:
    # All of two classes are recognised, and none of the two people of the third.
    labels = np.array([0] * 60 + [1] * 60 + [2] * 2)
    shares = np.eye(3)[np.minimum(labels, 1)]
    shares[:20] = np.eye(3)[1]
    group = People(np.arange(len(labels)).astype(str), labels, shares)

    interval = bootstrap(group, SCORES["balanced_accuracy"], 500)

    assert interval.value == pytest.approx((2 / 3 + 1) / 3)
    # Draws without the two would have balanced accuracies above 0.75.
    assert interval.high < 0.64


def test_a_score_that_is_never_known_has_no_interval() -> None:
    group = people()
    alike = group.where(group.labels == 0)

    interval = bootstrap(alike, impaired_auc, 20)

    assert np.isnan([interval.value, interval.low, interval.high]).all()


def test_an_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    # The area of normal scores of deviation 1 that lie 1 apart.
    truth, hits = 0.760, 0
    generator = np.random.default_rng(0)
    for _ in range(80):
        labels = np.repeat([0, 1], [40, 30])
        score = 1.0 / (1.0 + np.exp(-(labels + generator.standard_normal(70))))
        group = People(
            np.arange(70).astype(str), labels, np.column_stack([1.0 - score, score])
        )
        interval = bootstrap(group, impaired_auc, 200)
        hits += interval.low <= truth <= interval.high

    assert 70 <= hits <= 80


def test_what_all_draws_agree_on_is_certain() -> None:
    perfect = People(
        np.array(list("abcd")),
        np.array([0, 0, 1, 1], np.int64),
        np.array([[0.9, 0.1], [0.8, 0.2], [0.2, 0.8], [0.3, 0.7]]),
    )

    interval = bootstrap(perfect, impaired_auc, 50)

    assert (interval.value, interval.low, interval.high) == (1.0, 1.0, 1.0)


def test_slices_of_a_person_are_drawn_together() -> None:
    group = people(60)
    repeated = group.where(np.repeat(np.arange(60), 10))
    mixed = repeated.where(np.random.default_rng(0).permutation(600))

    interval = bootstrap(group, impaired_auc, 200)

    # Ten equal slices of everyone say no more than one.
    drawn = bootstrap(mixed, impaired_auc, 200)
    assert drawn.value == pytest.approx(interval.value)
    assert drawn.low == pytest.approx(interval.low)
    assert drawn.high == pytest.approx(interval.high)


def test_the_difference_of_equals_is_nothing() -> None:
    group = people()

    interval = paired_bootstrap(group, group, impaired_auc, 50)

    assert (interval.value, interval.low, interval.high) == (0.0, 0.0, 0.0)
    assert interval.verdict == "no clear difference"


def test_pairing_sees_a_small_difference_that_two_intervals_hide() -> None:
    worse = people(100)
    score = worse.probabilities.copy()
    impaired = worse.labels > 0
    score[impaired, 0] *= 0.85
    better = People(worse.subjects, worse.labels, score)

    interval = paired_bootstrap(better, worse, impaired_auc, 200)

    assert interval.verdict == "better"
    assert paired_bootstrap(worse, better, impaired_auc, 200).verdict == "worse"
    assert (
        bootstrap(better, impaired_auc, 200).low
        < bootstrap(worse, impaired_auc, 200).high
    )


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [
        (0.01, 0.2, "better"),
        (-0.2, -0.01, "worse"),
        (-0.02, 0.03, "no clear difference"),
        (0.0, 0.1, "no clear difference"),
        (float("nan"), float("nan"), "no clear difference"),
    ],
)
def test_a_difference_counts_only_where_its_interval_leaves_out_nothing(
    low: float, high: float, verdict: str
) -> None:
    assert Interval(0.0, low, high).verdict == verdict


def test_different_people_are_not_compared() -> None:
    group = people()

    with pytest.raises(ValueError, match="the same people"):
        paired_bootstrap(group, group.where(np.arange(39, -1, -1)), impaired_auc, 5)


@pytest.mark.parametrize(
    ("hits", "low", "high"), [(0, 0.0, 0.3085), (5, 0.1871, 0.8129), (10, 0.6915, 1.0)]
)
def test_a_share_of_ten_people_has_the_interval_of_the_tables(
    hits: int, low: float, high: float
) -> None:
    found = share_interval(hits / 10.0, 10)

    # Source: Clopper & Pearson 1934, as tabulated by Newcombe 1998, table I.
    assert (found.low, found.high) == pytest.approx((low, high), abs=1e-4)


def test_fewer_people_make_the_interval_of_a_share_wider() -> None:
    few, many = share_interval(0.3, 19.5), share_interval(0.3, 200.0)

    assert few.low < many.low < 0.3 < many.high < few.high
