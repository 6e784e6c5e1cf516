"""Scores from plain arrays."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as theirs

from alzer.evaluation.intervals import bootstrap, paired_bootstrap
from alzer.evaluation.metrics import (
    People,
    auc,
    balanced_accuracy,
    brier,
    by_subject,
    calibration_error,
    confusion,
    join_people,
    quadratic_kappa,
    reliability,
    sensitivity_at,
)


def people(count: int = 40, seed: int = 0) -> People:
    generator = np.random.default_rng(seed)
    labels = generator.integers(0, 4, count)
    raw = generator.random((count, 4)) + 0.5 * np.eye(4)[labels]
    names = np.array([f"p{each:03}" for each in range(count)])
    return People(names, labels, raw / raw.sum(axis=1, keepdims=True))


def impaired_auc(group: People) -> float:
    return auc(group.impaired, group.impairment_score)


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 5)), min_size=2, max_size=60))
def test_the_area_under_the_curve_is_the_usual_one(
    pairs: list[tuple[bool, int]],
) -> None:
    positive = np.array([each for each, _ in pairs])
    score = np.array([float(each) for _, each in pairs])

    area = auc(positive, score)

    if positive.all() or not positive.any():
        assert np.isnan(area)
    else:
        assert area == pytest.approx(theirs.roc_auc_score(positive, score))


def test_balanced_accuracy_is_the_usual_one() -> None:
    generator = np.random.default_rng(0)
    labels, predicted = generator.integers(0, 4, (2, 100))

    ours = balanced_accuracy(labels, predicted)

    assert ours == pytest.approx(theirs.balanced_accuracy_score(labels, predicted))


def test_classes_that_nobody_has_do_not_count() -> None:
    labels, predicted = np.array([0, 0, 0, 2]), np.array([0, 0, 1, 2])

    accuracy = balanced_accuracy(labels, predicted)

    assert accuracy == pytest.approx((2.0 / 3.0 + 1.0) / 2.0)


def test_ties_count_half_and_the_wrong_way_round_counts_nothing() -> None:
    positive = np.array([True, True, False, False])

    assert auc(positive, np.array([0.5, 0.5, 0.5, 0.5])) == 0.5
    assert auc(positive, np.array([0.9, 0.5, 0.5, 0.1])) == 0.875
    assert auc(positive, np.array([0.1, 0.2, 0.8, 0.9])) == 0.0


def test_slices_are_averaged_to_people() -> None:
    probabilities = np.array([[1.0, 0.0], [0.0, 1.0], [0.2, 0.8]])

    group = by_subject(
        np.array(["b", "b", "a"]), np.array([1, 1, 0], np.int64), probabilities
    )

    assert list(group.subjects) == ["a", "b"]
    assert list(group.labels) == [0, 1]
    assert group.probabilities == pytest.approx(np.array([[0.2, 0.8], [0.5, 0.5]]))
    assert list(group.impaired) == [False, True]


def test_groups_are_joined_and_parted() -> None:
    both = join_people([people(10, 1), people(5, 2)])

    assert len(both.labels) == 15
    assert len(both.where(both.labels == 2).labels) == (both.labels == 2).sum()


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


def test_a_score_that_is_never_known_has_no_interval() -> None:
    group = people()
    alike = group.where(group.labels == 0)

    interval = bootstrap(alike, impaired_auc, 20)

    assert np.isnan([interval.value, interval.low, interval.high]).all()


def test_an_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    truth, hits = 0.7, 0
    generator = np.random.default_rng(0)
    for _ in range(60):
        right = generator.random(80) < truth
        labels = right.astype(np.int64)
        group = People(labels.astype(str), labels, np.eye(2)[labels])
        interval = bootstrap(group, lambda each: float(each.labels.mean()), 200)
        hits += interval.low <= truth <= interval.high

    assert 52 <= hits <= 60


def test_draws_without_both_kinds_are_left_out() -> None:
    # Of two people, half of all draws take one of them twice.
    two = People(
        np.array(["a", "b"]),
        np.array([0, 1], np.int64),
        np.array([[0.9, 0.1], [0.2, 0.8]]),
    )

    interval = bootstrap(two, impaired_auc, 50)

    assert (interval.value, interval.low, interval.high) == (1.0, 1.0, 1.0)


LABELS = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=2, max_size=50
)


@given(LABELS)
def test_kappa_and_the_confusion_matrix_are_the_usual_ones(
    pairs: list[tuple[int, int]],
) -> None:
    labels, predicted = np.array(pairs).T

    kappa = quadratic_kappa(labels, predicted, 4)
    table = confusion(labels, predicted, 4)

    expected = theirs.confusion_matrix(labels, predicted, labels=range(4))
    assert (table == expected).all()
    if len(set(labels) | set(predicted)) == 1:
        assert np.isnan(kappa)
    else:
        usual = theirs.cohen_kappa_score(
            labels, predicted, weights="quadratic", labels=range(4)
        )
        assert kappa == pytest.approx(usual)


@given(
    st.lists(st.tuples(st.booleans(), st.integers(0, 9)), min_size=2, max_size=60),
    st.sampled_from([0.5, 0.8, 0.9, 1.0]),
)
def test_sensitivity_is_the_best_that_the_specificity_allows(
    pairs: list[tuple[bool, int]], specificity: float
) -> None:
    positive = np.array([each for each, _ in pairs])
    score = np.array([float(each) for _, each in pairs])

    sensitivity = sensitivity_at(positive, score, specificity)

    if positive.all() or not positive.any():
        assert np.isnan(sensitivity)
    else:
        false_alarms, hits, _ = theirs.roc_curve(
            positive, score, drop_intermediate=False
        )
        allowed = hits[false_alarms <= 1.0 - specificity + 1e-9]
        assert sensitivity == pytest.approx(allowed.max())


def test_brier_is_the_usual_one() -> None:
    group = people()

    ours = brier(group.labels, group.probabilities)

    each_class = [
        theirs.brier_score_loss(group.labels == index, group.probabilities[:, index])
        for index in range(4)
    ]
    assert ours == pytest.approx(sum(each_class))


def test_who_is_as_often_right_as_said_has_no_calibration_error() -> None:
    labels = np.array([0, 0, 0, 1])
    honest = np.tile([0.75, 0.25], (4, 1))
    boastful = np.tile([1.0, 0.0], (4, 1))

    assert calibration_error(labels, honest) == pytest.approx(0.0)
    assert calibration_error(labels, boastful) == pytest.approx(0.25)


def test_the_bins_of_reliability_hold_everybody_once() -> None:
    group = people(200)

    bins = reliability(group.labels, group.probabilities)

    right = (group.probabilities.argmax(axis=1) == group.labels).sum()
    assert sum(each.people for each in bins) == 200
    assert sum(each.people * each.accuracy for each in bins) == pytest.approx(right)
    assert [each.confidence for each in bins] == sorted(
        each.confidence for each in bins
    )


def test_the_difference_of_equals_is_nothing() -> None:
    group = people()

    interval = paired_bootstrap(group, group, impaired_auc, 50)

    assert (interval.value, interval.low, interval.high) == (0.0, 0.0, 0.0)


def test_pairing_sees_a_small_difference_that_two_intervals_hide() -> None:
    worse = people(100)
    score = worse.probabilities.copy()
    impaired = worse.labels > 0
    score[impaired, 0] *= 0.85
    better = People(worse.subjects, worse.labels, score)

    interval = paired_bootstrap(better, worse, impaired_auc, 200)

    assert interval.low > 0.0
    assert (
        bootstrap(better, impaired_auc, 200).low
        < bootstrap(worse, impaired_auc, 200).high
    )


def test_different_people_are_not_compared() -> None:
    group = people()

    with pytest.raises(ValueError, match="the same people"):
        paired_bootstrap(group, group.where(np.arange(39, -1, -1)), impaired_auc, 5)
