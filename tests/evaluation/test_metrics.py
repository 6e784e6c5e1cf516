"""Scores from plain arrays."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as theirs

from alzer.evaluation.metrics import (
    People,
    auc,
    balanced_accuracy,
    brier,
    by_subject,
    confusion,
    join_people,
    person_weights,
    quadratic_kappa,
    sensitivity_at,
)


def people(count: int = 40, seed: int = 0) -> People:
    generator = np.random.default_rng(seed)
    labels = generator.integers(0, 4, count)
    raw = generator.random((count, 4)) + 0.5 * np.eye(4)[labels]
    names = np.array([f"p{each:03}" for each in range(count)])
    return People(names, labels, raw / raw.sum(axis=1, keepdims=True))


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


def test_people_weigh_the_same_however_many_rows() -> None:
    weights = person_weights(np.array(["a", "b", "b", "b"]))

    assert weights == pytest.approx([1 / 2, 1 / 6, 1 / 6, 1 / 6])
