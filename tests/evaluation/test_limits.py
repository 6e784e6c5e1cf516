"""What is said of every model, of a known study, and of classes of few people."""

from alzer.classes import CLASS_NAMES
from alzer.evaluation.limits import (
    KNOWN_STUDIES,
    NOT_INTENDED,
    acknowledgement,
    limitations,
    outside_limits,
)
from other_data import FACTS_OF_OASIS

PEOPLE = dict(zip(CLASS_NAMES, (40, 30, 20, 3), strict=True))
BOUNDS = (0.2, 0.2, 0.1, None)


def test_what_holds_for_every_model_is_said_of_every_model() -> None:
    for source in (None, "Harbour", *KNOWN_STUDIES):
        assert limitations(source, PEOPLE, BOUNDS)[: len(NOT_INTENDED)] == list(
            NOT_INTENDED
        )


def test_limits_and_thanks_of_a_study_are_said_of_its_models_alone() -> None:
    own = limitations("Harbour", PEOPLE, BOUNDS)
    oasis = limitations("OASIS-1", PEOPLE, BOUNDS)

    assert not FACTS_OF_OASIS.search(" ".join(own))
    assert set(oasis) - set(own) == set(KNOWN_STUDIES["OASIS-1"].limits)
    assert acknowledgement("Harbour") is None
    assert acknowledgement(None) is None
    assert "OASIS" in str(acknowledgement("OASIS-1"))


def test_what_was_measured_outside_the_study_is_said_with_its_interval() -> None:
    area: dict[str, float | None] = {"value": 0.606, "low": 0.488, "high": 0.717}
    outside = {
        "sessions": 235,
        "people": 96,
        "predictors": {"this model": {"auc_per_person": area}},
    }

    (said,) = outside_limits(outside)

    assert "235 visits of 96 other people" in said
    assert "AUC per person 0.61 (0.49 to 0.72)" in said
    assert "nothing has been measured" in outside_limits(None)[0]
    area["value"] = None
    assert outside_limits(outside) == []


def test_a_class_is_a_limit_where_too_few_people_had_it_and_only_there() -> None:
    few = limitations(None, PEOPLE, BOUNDS)
    enough = limitations(None, PEOPLE, (0.2,) * 4)

    (about,) = set(few) - set(enough)
    assert "'Moderate Impairment' rests on 3 people" in about
