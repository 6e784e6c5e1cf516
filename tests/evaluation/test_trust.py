"""How true probabilities and sets of classes are."""

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from alzer.classes import CLASS_NAMES
from alzer.evaluation.calibration import Slices
from alzer.evaluation.cross_fitting import CrossFitted, cross_fit
from alzer.evaluation.trust import calibration_figures, set_figures
from evaluation.studies import draw_study, draw_subjects

UNITS = ("slices", "people")


def sets_of(answers: CrossFitted, unit: str) -> dict[str, Any]:
    limits = answers.slice_limits if unit == "slices" else answers.person_limits
    folds = answers.slices if unit == "slices" else answers.people
    return set_figures(folds, [each.thresholds for each in limits], 20)


@pytest.mark.parametrize("unit", UNITS)
def test_temperatures_help_predictions_that_are_too_sure(unit: str) -> None:
    study = draw_study(draw_subjects(times=3), spread=1.0)
    sharp = replace(study, slices=tuple(fold.at(0.3) for fold in study.slices))

    stages = calibration_figures(cross_fit(sharp))[unit]

    for name in ("log_loss", "ece", "ece_debiased", "brier"):
        assert stages["after"][name] < stages["before"][name]
    assert stages["after"]["ece"] < stages["after"]["ece_by_chance"]["high"]
    assert stages["before"]["ece"] > stages["before"]["ece_by_chance"]["high"]


def test_both_calibrations_are_judged_on_their_own_answers() -> None:
    answers = cross_fit(draw_study(draw_subjects(), spread=1.0))

    figures = calibration_figures(answers)

    assert json.loads(json.dumps(figures, allow_nan=False)) == figures
    rows = {
        unit: sum(part["rows"] for part in figures[unit]["after"]["bins"])
        for unit in UNITS
    }
    assert rows == {"slices": 360, "people": 120}
    assert figures["slices"]["after"] != figures["people"]["after"]


def test_a_single_fold_has_nothing_after_and_no_sets() -> None:
    answers = cross_fit(draw_study(draw_subjects()).only(0))

    figures = calibration_figures(answers)

    assert [figures[unit]["after"] for unit in UNITS] == [None, None]
    assert [sets_of(answers, unit) for unit in UNITS] == [{}, {}]


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize(
    ("skill", "smallest", "largest"),
    [(0.0, 3.3, 3.9), (1.5, 1.8, 2.4), (4.0, 0.8, 1.1)],
)
def test_sets_hold_nine_in_ten_and_are_as_large_as_the_network_is_unsure(
    skill: float, smallest: float, largest: float, unit: str
) -> None:
    # Many people, so that chance moves a class's share by little.
    study = draw_study(draw_subjects(times=8), skill=skill, spread=0.5)

    found = sets_of(cross_fit(study), unit)

    for name in CLASS_NAMES[:3]:
        assert found["classes"][name]["value"] == pytest.approx(0.9, abs=0.05)
    assert smallest <= found["mean_size"] <= largest


def test_everyone_counts_for_the_coverage_of_all() -> None:
    # Two people of each of three classes in a fold; nobody's set can name the last.
    names = np.array(list("abcdef"))
    labels = np.array([0, 0, 1, 1, 3, 3])
    shares = np.tile([0.5, 0.4, 0.1, 0.0], (6, 1))
    shares[0] = [0.1, 0.8, 0.1, 0.0]
    folds = [Slices(names, labels, shares)]

    found = set_figures(folds, [(0.3, 0.3, 0.3, None)], 20)

    held = {name: part and part["value"] for name, part in found["classes"].items()}
    assert list(held.values()) == [0.5, 1.0, None, None]
    assert found["overall"]["value"] == pytest.approx(0.5)
    assert found["overall"]["people"] == 6
    # a: Very Mild alone; the others: No and Very Mild.
    assert found["mean_size"] == pytest.approx(11 / 6, abs=1e-4)
    assert found["share_uninformative"] == 0.0
    assert found["share_empty"] == 0.0
