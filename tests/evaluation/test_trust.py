"""How true probabilities and sets of classes are."""

from dataclasses import replace

import pytest

from alzer.classes import CLASS_NAMES
from alzer.evaluation.calibration import calibrate_across
from alzer.evaluation.trust import calibration_figures, set_figures
from evaluation.studies import draw_study, draw_subjects


def test_a_temperature_helps_predictions_that_are_too_sure() -> None:
    study = draw_study(draw_subjects())
    sharp = replace(study, slices=tuple(fold.at(0.3) for fold in study.slices))

    stages = calibration_figures(sharp, calibrate_across(sharp.slices))

    assert stages["after"]["ece"] < stages["before"]["ece"]
    assert stages["after"]["brier"] < stages["before"]["brier"]


@pytest.mark.parametrize(
    ("skill", "smallest", "largest"),
    [(0.0, 3.3, 3.9), (1.5, 1.5, 2.1), (6.0, 0.8, 1.0)],
)
def test_sets_hold_nine_in_ten_and_are_as_large_as_the_network_is_unsure(
    skill: float, smallest: float, largest: float
) -> None:
    # Many people, so that chance moves a class's share by little.
    study = draw_study(draw_subjects(times=10), skill=skill)

    found = set_figures(calibrate_across(study.slices), repeats=20)

    for name in CLASS_NAMES[:3]:
        assert found["classes"][name]["value"] == pytest.approx(0.9, abs=0.04)
    assert smallest <= found["mean_size"] <= largest
