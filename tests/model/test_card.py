"""What loading needs of a card."""

from dataclasses import asdict

from alzer.classes import CLASS_NAMES
from alzer.model.card import CardFields, thresholds_of
from alzer.model.person import PersonLimits
from alzer.model.preparation import InputSpec

PLAIN = {
    "name": "tiny",
    "version": "1",
    "model_sha256": "0",
    "classes": CLASS_NAMES,
    "input": asdict(InputSpec()),
}


def test_a_card_without_limits_allows_no_claim() -> None:
    fields = CardFields.model_validate(PLAIN)

    assert fields.decision.ood_limit is None
    assert fields.decision.coverage is None
    assert fields.decision.people_per_class is None
    assert not fields.decision.calibrated
    assert fields.person_limits == PersonLimits()


def test_slices_and_persons_have_limits_of_their_own() -> None:
    person = {
        "pooling": {"averaged": "probabilities", "only_in_distribution": False},
        "temperature": 0.5,
        "thresholds": [0.1, 0.2, 0.3, None],
        "ood_share": None,
    }

    fields = CardFields.model_validate(
        PLAIN
        | {
            "gate": {"limit": 2.0},
            "calibration": {"thresholds": [0.4, 0.3, 0.2, None]},
            "person": person,
        }
    )

    assert fields.decision.ood_limit == 2.0
    assert fields.decision.thresholds == (0.4, 0.3, 0.2, None)
    assert fields.person_limits.thresholds == (0.1, 0.2, 0.3, None)
    assert fields.person_limits.temperature == 0.5
    assert fields.person_limits.ood_share is None


def test_a_card_of_before_names_its_thresholds_otherwise() -> None:
    section = {"least_probabilities": [0.4, 0.3, 0.2, None]}
    fields = CardFields.model_validate(PLAIN | {"calibration": section})

    assert fields.decision.thresholds == (0.4, 0.3, 0.2, None)
    assert thresholds_of({"calibration": section}) == (0.4, 0.3, 0.2, None)
    assert thresholds_of({}) is thresholds_of({"calibration": None}) is None


def test_coverage_and_people_are_those_of_the_card() -> None:
    fields = CardFields.model_validate(
        PLAIN
        | {
            "calibration": {"thresholds": [0.1] * 4, "coverage": 0.8},
            "data": {"people_per_class": {"Mild Impairment": 5, "No Impairment": 7}},
        }
    )

    assert fields.decision.coverage == 0.8
    assert fields.decision.people_per_class == (7, 0, 5, 0)
    assert fields.person_limits.decision.people_per_class == (7, 0, 5, 0)


def test_what_was_not_judged_is_not_called_calibrated() -> None:
    person = {
        "pooling": {"averaged": "probabilities", "only_in_distribution": False},
        "temperature": 1.0,
        "thresholds": None,
        "ood_share": None,
    }

    fields = CardFields.model_validate(
        PLAIN
        | {
            "gate": {"limit": 2.0},
            "calibration": {"temperature": 1.0, "thresholds": None},
            "person": person,
        }
    )

    assert not fields.decision.calibrated
    assert fields.decision.ood_limit == 2.0
    assert not fields.person_limits.calibrated
