"""What may be made of a prediction."""

import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alzer.model.decision import Decision, Tolerance, prediction_set
from alzer.model.evidence import Evidence


def test_what_is_likely_enough_is_possible() -> None:
    assert prediction_set([0.5, 0.3, 0.2], [0.4, 0.3, 0.25]) == (0, 1)
    assert prediction_set([0.1, 0.1, 0.8], [0.4, 0.3, None]) == ()


@pytest.mark.parametrize(
    ("ood_score", "limit", "in_distribution"),
    [
        (1.0, 2.0, True),
        (2.0, 2.0, True),
        (2.1, 2.0, False),
        (math.nan, 2.0, False),
        (None, 2.0, False),
        (1.0, None, None),
    ],
)
def test_what_is_too_new_is_not_familiar(
    ood_score: float | None, limit: float | None, *, in_distribution: bool | None
) -> None:
    assert Decision(ood_limit=limit).in_distribution(ood_score) is in_distribution


def test_without_calibration_nothing_is_said_of_what_is_possible() -> None:
    decision = Decision()

    assert not decision.calibrated
    assert decision.prediction_set([0.25] * 4) is None


def test_classes_that_could_not_be_checked_do_not_count_as_left() -> None:
    decision = Decision(thresholds=(0.1, 0.1, 0.1, None))

    assert decision.calibrated
    assert decision.is_uninformative((0, 1, 2))
    assert not decision.is_uninformative((0, 2))


TOLERANCE = Tolerance(logits=0.1, ood_share=0.1, map_share=0.1)
CLEAR = (3.0, 0.0, -1.0, -2.0)


def settled(
    decision: Decision,
    logits: Sequence[float] = CLEAR,
    *,
    ood_score: float = 1.0,
    highest: float = 5.0,
) -> bool:
    maps = np.zeros((1, 4, 2, 2), np.float32)
    maps[0, np.argmax(logits)] = highest
    maps[0, 3, 0, 0] = -10.0
    evidence = Evidence(
        np.array([logits], np.float32), maps, np.array([ood_score], np.float32)
    )
    return bool(decision.is_settled(evidence, TOLERANCE)[0])


def test_what_is_far_from_every_limit_is_settled() -> None:
    assert settled(Decision(2.0, (0.1, 0.2, 0.3, None)))
    assert settled(Decision())


def test_two_classes_close_together_are_not_settled() -> None:
    assert not settled(Decision(), (3.0, 2.95, -1.0, -2.0))
    assert settled(Decision(), (3.0, 2.85, -1.0, -2.0))


@pytest.mark.parametrize("label", range(4))
def test_a_probability_close_to_its_bound_is_not_settled(label: int) -> None:
    shares = np.exp(CLEAR) / np.exp(CLEAR).sum()
    bounds: list[float | None] = [None] * 4
    for factor, far in [(1.05, False), (0.95, False), (1.3, True), (0.5, True)]:
        odds = shares[label] / (1.0 - shares[label]) * factor
        bounds[label] = odds / (1.0 + odds)

        assert settled(Decision(None, tuple(bounds))) is far


def test_bounds_that_every_or_no_probability_meets_leave_nothing_open() -> None:
    assert settled(Decision(None, (0.0, 1.0, -2.0, 7.0)))


@pytest.mark.parametrize(
    ("ood_score", "far"), [(1.9, False), (2.1, False), (1.7, True), (2.3, True)]
)
def test_a_score_close_to_its_limit_is_not_settled(
    ood_score: float, *, far: bool
) -> None:
    assert settled(Decision(2.0), ood_score=ood_score) is far


@pytest.mark.parametrize(
    ("highest", "far"), [(0.5, False), (-0.5, False), (2.0, True), (-2.0, True)]
)
def test_a_map_close_to_nowhere_positive_is_not_settled(
    highest: float, *, far: bool
) -> None:
    assert settled(Decision(), highest=highest) is far


def test_what_is_not_a_number_is_not_settled() -> None:
    assert not settled(Decision(), (math.nan, 0.0, 0.0, 0.0))
    assert not settled(Decision(2.0), ood_score=math.nan)
    assert not settled(Decision(), highest=math.nan)


@given(
    st.lists(st.floats(-4.0, 4.0, width=32), min_size=4, max_size=4),
    st.floats(0.0, 4.0, width=32),
    st.lists(st.floats(-0.049, 0.049), min_size=4, max_size=4),
    st.floats(-0.19, 0.19),
)
def test_errors_within_the_tolerance_change_nothing_that_is_settled(
    logits: list[float], ood_score: float, errors: list[float], ood_error: float
) -> None:
    decision = Decision(2.0, (0.23, 0.21, 0.04, None))
    if not settled(decision, logits, ood_score=ood_score):
        return
    other = [value + error for value, error in zip(logits, errors, strict=True)]

    def answer(values: list[float], score: float) -> object:
        shares = np.exp(values) / np.exp(values).sum()
        return (
            int(np.argmax(shares)),
            decision.prediction_set(shares.tolist()),
            decision.in_distribution(score),
        )

    assert answer(logits, ood_score) == answer(other, ood_score + ood_error)
