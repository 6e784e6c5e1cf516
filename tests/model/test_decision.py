"""What may be made of a prediction."""

import math

import pytest

from alzer.model.decision import Decision, possible


def test_what_is_likely_enough_is_possible() -> None:
    assert possible([0.5, 0.3, 0.2], [0.4, 0.3, 0.25]) == (0, 1)
    assert possible([0.1, 0.1, 0.8], [0.4, 0.3, None]) == ()


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
    assert decision.possible([0.25] * 4) is None


def test_classes_that_could_not_be_checked_do_not_count_as_left() -> None:
    decision = Decision(least_probabilities=(0.1, 0.1, 0.1, None))

    assert decision.calibrated
    assert decision.is_uninformative((0, 1, 2))
    assert not decision.is_uninformative((0, 2))
