"""From the slices of one person to one prediction."""

import doctest

import numpy as np
import pytest

from alzer.model import person
from alzer.model.person import PersonLimits, Pooling, soften

SHARES = np.array([[0.8, 0.1, 0.1], [0.2, 0.6, 0.2], [0.1, 0.1, 0.8]])
LOGITS = np.log(SHARES).astype(np.float32)
NONE, LAST, ALL = np.array([[0, 0, 0], [0, 0, 1], [1, 1, 1]], bool)


def test_the_examples_of_the_documentation_are_right() -> None:
    outcome = doctest.testmod(person)

    assert outcome.attempted >= 6
    assert outcome.failed == 0


def test_the_mean_is_of_probabilities_or_of_logits() -> None:
    geometric = np.exp(np.log(SHARES).mean(axis=0))

    assert Pooling("probabilities").pool(LOGITS, NONE) == pytest.approx(
        SHARES.mean(axis=0)
    )
    assert Pooling("logits").pool(LOGITS, NONE) == pytest.approx(
        geometric / geometric.sum(), abs=1e-6
    )


def test_flagged_slices_count_unless_they_are_to_be_left_out() -> None:
    counted = Pooling().pool(LOGITS, LAST)
    left_out = Pooling(only_in_distribution=True).pool(LOGITS, LAST)

    assert counted == pytest.approx(SHARES.mean(axis=0))
    assert left_out == pytest.approx(SHARES[:2].mean(axis=0))


def test_where_all_slices_are_flagged_all_count() -> None:
    pooled = Pooling(only_in_distribution=True).pool(LOGITS, ALL)

    assert pooled == pytest.approx(SHARES.mean(axis=0))


@pytest.mark.parametrize(
    ("share", "counted"), [(0.01, 1), (0.34, 2), (0.5, 2), (0.67, 3), (1.0, 3)]
)
def test_only_the_lowest_slices_count_where_that_is_asked_for(
    share: float, counted: int
) -> None:
    for averaged in ("probabilities", "logits"):
        some = Pooling(averaged, lowest=share)
        lower = Pooling(averaged).pool(LOGITS[:counted], NONE[:counted])
        assert some.counted(3) == counted
        assert some.pool(LOGITS, NONE) == pytest.approx(lower)


def test_of_the_lowest_slices_those_in_distribution_count() -> None:
    way = Pooling(only_in_distribution=True, lowest=0.5)

    assert way.pool(LOGITS, np.array([True, False, False])) == pytest.approx(SHARES[1])
    # Flagged slices above them leave the lowest no choice.
    assert way.pool(LOGITS, np.array([True, True, False])) == pytest.approx(
        SHARES[:2].mean(axis=0)
    )


def test_the_order_of_the_slices_does_not_matter_where_all_count() -> None:
    order = np.array([2, 0, 1])

    for way in (Pooling("probabilities"), Pooling("logits")):
        pooled = way.pool(LOGITS[order], LAST[order])
        assert pooled == pytest.approx(way.pool(LOGITS, LAST), abs=1e-12)


def test_a_temperature_softens_what_was_pooled() -> None:
    predicted = PersonLimits(temperature=2.0).predict(LOGITS, NONE)

    assert predicted == pytest.approx(soften(SHARES.mean(axis=0), 2.0))
    assert predicted.max() < SHARES.mean(axis=0).max()


def test_certain_slices_make_no_infinite_logarithms() -> None:
    certain = np.array([[200.0, 0.0, -200.0]], np.float32)

    predicted = PersonLimits(Pooling("logits")).predict(certain, NONE[:1])

    assert predicted == pytest.approx([1.0, 0.0, 0.0], abs=1e-9)


@pytest.mark.parametrize(("share", "expected"), [(0.3, False), (0.5, True)])
def test_a_person_is_judged_by_the_share_of_flagged_slices(
    share: float, *, expected: bool
) -> None:
    limits = PersonLimits(ood_share=share)

    assert limits.in_distribution(LAST) is expected
    assert limits.in_distribution(NONE) is True


def test_a_person_close_to_another_class_or_set_is_not_settled() -> None:
    limits = PersonLimits(thresholds=(0.3, 0.2, None))

    assert limits.is_settled(np.array([0.6, 0.1, 0.3]), 0.15)
    assert not limits.is_settled(np.array([0.42, 0.1, 0.48]), 0.15)
    assert not limits.is_settled(np.array([0.32, 0.1, 0.58]), 0.15)
    assert limits.is_settled(np.array([0.1, 0.5, 0.4]), 0.15)
    assert PersonLimits().is_settled(np.array([0.32, 0.1, 0.58]), 0.15)


def test_without_a_limit_only_a_person_of_mostly_flagged_slices_is_unlike() -> None:
    assert PersonLimits().in_distribution(LAST) is None
    assert PersonLimits().in_distribution(ALL) is False
