"""What is concluded from logits, and why an answer can't be relied on."""

import numpy as np
import pytest

from alzer.caveats import UNINFORMATIVE, class_caveats, set_caveats
from alzer.conclusion import (
    OUT_OF_DISTRIBUTION,
    PERSON_OUT_OF_DISTRIBUTION,
    PERSON_UNCALIBRATED,
    conclude,
    conclude_person,
)
from alzer.model.decision import Decision
from alzer.model.person import PersonLimits

DECISION = Decision(10.0, (0.2, 0.2, 0.2, None), 0.8, (30, 20, 10, 2))
(FEW_MODERATE,) = class_caveats(DECISION).values()
(EMPTY_SET,) = set_caveats((), DECISION)
MILD = np.log(np.array([0.1, 0.1, 0.7, 0.1], np.float32))
MODERATE = np.log(np.array([0.1, 0.1, 0.1, 0.7], np.float32))
EVEN = np.zeros(4, np.float32)


def test_a_slice_in_distribution_gets_its_classes_and_no_reason() -> None:
    concluded = conclude(MILD, 5.0, (), DECISION)

    assert concluded.probabilities == pytest.approx((0.1, 0.1, 0.7, 0.1))
    assert concluded.label == 2
    assert concluded.reliable is True
    assert concluded.unreliable_reason is None
    assert concluded.possible_classes == ("Mild Impairment",)
    assert concluded.warnings == ()


def test_beyond_the_limit_no_class_is_left_and_the_reason_is_said() -> None:
    concluded = conclude(MILD, 10.1, (), DECISION)

    assert concluded.reliable is False
    assert concluded.unreliable_reason == OUT_OF_DISTRIBUTION
    assert concluded.possible_classes is None


def test_a_doubt_comes_before_the_distance_and_needs_no_model_that_knows_one() -> None:
    both = conclude(MILD, 10.1, ("The skull is on.",), DECISION)
    without_limit = conclude(MILD, None, ("The skull is on.",), Decision())

    assert both.unreliable_reason == "The skull is on."
    assert both.warnings == ("The skull is on.", OUT_OF_DISTRIBUTION)
    assert without_limit.reliable is False


def test_a_model_without_limits_says_neither_reliable_nor_which_classes_remain() -> (
    None
):
    concluded = conclude(MILD, None, (), Decision())

    assert concluded.reliable is None
    assert concluded.possible_classes is None


@pytest.mark.parametrize(
    ("logits", "caveat"), [(EVEN, UNINFORMATIVE), (MODERATE, EMPTY_SET)]
)
def test_a_set_that_rules_out_nothing_or_everything_is_warned_of(
    logits: np.ndarray, caveat: str
) -> None:
    assert conclude(logits, 5.0, (), DECISION).warnings == (caveat,)


def test_a_class_that_was_not_checked_is_warned_of_only_where_it_is_named() -> None:
    named = conclude(MODERATE, 5.0, (), DECISION)
    not_named = conclude(MODERATE, 10.1, (), DECISION)

    assert named.class_warnings == (FEW_MODERATE,)
    assert not_named.class_warnings == ()


LIMITS = PersonLimits(
    temperature=2.0,
    thresholds=(0.2, 0.2, 0.2, None),
    ood_share=0.25,
    people_per_class=(30, 20, 10, 2),
)


def test_a_class_with_a_threshold_is_not_warned_of() -> None:
    decision = Decision(10.0, (0.2, 0.2, 0.2, 0.2), 0.8, (30, 20, 10, 40))

    assert conclude(MODERATE, 5.0, (), decision).class_warnings == ()


def flags(count: int, of: int = 32) -> np.ndarray:
    return np.arange(of) < count


def test_a_person_gets_the_classes_that_the_pooled_slices_leave() -> None:
    slices = np.stack([MILD, np.log(np.array([0.1, 0.5, 0.3, 0.1], np.float32))] * 16)

    concluded = conclude_person(slices, flags(0), (), LIMITS)

    softened = np.sqrt([0.1, 0.3, 0.5, 0.1])
    assert concluded.probabilities == pytest.approx(softened / softened.sum())
    assert concluded.reliable is True
    assert concluded.possible_classes == ("Very Mild Impairment", "Mild Impairment")
    assert concluded.warnings == ()


@pytest.mark.parametrize(("count", "reliable"), [(8, True), (9, False)])
def test_a_person_is_unlike_the_others_where_too_many_slices_are(
    count: int, *, reliable: bool
) -> None:
    concluded = conclude_person(np.tile(MILD, (32, 1)), flags(count), (), LIMITS)

    assert concluded.reliable is reliable
    reason = None if reliable else PERSON_OUT_OF_DISTRIBUTION
    assert concluded.unreliable_reason == reason
    assert (concluded.possible_classes is None) is not reliable


def test_a_doubt_about_the_scan_comes_before_the_slices_of_a_person() -> None:
    doubts = ("The scan is cropped.",)

    concluded = conclude_person(np.tile(MILD, (32, 1)), flags(32), doubts, LIMITS)

    assert concluded.unreliable_reason == "The scan is cropped."
    assert concluded.warnings == (*doubts, PERSON_OUT_OF_DISTRIBUTION)


def test_a_class_that_was_not_checked_is_warned_of_for_a_person_too() -> None:
    concluded = conclude_person(np.tile(MODERATE, (32, 1)), flags(0), (), LIMITS)

    assert concluded.class_warnings == (FEW_MODERATE,)


@pytest.mark.parametrize(("count", "reliable"), [(16, None), (17, False)])
def test_without_limits_for_persons_the_answer_is_labelled_uncalibrated(
    count: int, *, reliable: bool | None
) -> None:
    slices = np.tile(MILD, (32, 1))

    concluded = conclude_person(slices, flags(count), (), PersonLimits())

    assert concluded.probabilities == pytest.approx((0.1, 0.1, 0.7, 0.1))
    assert concluded.possible_classes is None
    assert concluded.reliable is reliable
    assert PERSON_UNCALIBRATED in concluded.warnings


def test_large_logits_do_not_overflow() -> None:
    logits = np.array([1e4, 0.0, 0.0, -1e4], np.float32)

    assert conclude(logits, 5.0, (), DECISION).probabilities == (1.0, 0.0, 0.0, 0.0)
