"""What a reader has to know of a prediction set comes from the card's own facts."""

import pytest

from alzer.caveats import class_caveats, explain_sets, set_caveats
from alzer.classes import CLASS_NAMES
from alzer.model.decision import Decision

MODERATE = CLASS_NAMES[3]
BOUNDS = (0.2, 0.2, 0.2, None)


@pytest.mark.parametrize(
    ("people", "said"),
    [
        ((9, 9, 9, 2), "rests on 2 people"),
        ((9, 9, 9, 1), "rests on 1 person"),
        ((9, 9, 9, 0), "Nobody in the training data"),
        (None, "Too few people in the training data"),
    ],
)
def test_a_class_that_was_not_checked_says_on_how_many_people_it_rests(
    people: tuple[int, ...] | None, said: str
) -> None:
    caveats = class_caveats(Decision(None, BOUNDS, 0.9, people))

    assert list(caveats) == [MODERATE]
    assert said in caveats[MODERATE]
    assert f"'{MODERATE}'" in caveats[MODERATE]


def test_classes_that_were_checked_need_no_caveat() -> None:
    assert class_caveats(Decision(None, (0.1,) * 4, 0.9, (50, 50, 50, 50))) == {}
    assert class_caveats(Decision()) == {}


def test_every_class_that_was_not_checked_has_its_own_caveat() -> None:
    decision = Decision(None, (0.2, 0.2, None, None), 0.9, (50, 50, 3, 0))

    assert list(class_caveats(decision)) == list(CLASS_NAMES[2:])
    assert "'Mild Impairment' and 'Moderate Impairment'" in explain_sets(decision)


@pytest.mark.parametrize(("coverage", "said"), [(0.8, "80 %"), (0.955, "95.5 %")])
def test_the_coverage_is_that_of_the_card(coverage: float, said: str) -> None:
    decision = Decision(None, BOUNDS, coverage, (9, 9, 9, 2))
    (empty,) = set_caveats((), decision)

    assert said in explain_sets(decision)
    assert said in empty


def test_a_card_without_a_coverage_claims_none() -> None:
    decision = Decision(None, BOUNDS)
    (empty,) = set_caveats((), decision)

    assert "%" not in empty + explain_sets(decision)
    assert explain_sets(Decision()) == ""
