"""How true probabilities are, before and after the temperature."""

from dataclasses import replace

from alzer.evaluation.calibration import calibrate_across
from alzer.evaluation.trust import calibration_figures
from evaluation.studies import draw_study, draw_subjects


def test_a_temperature_helps_predictions_that_are_too_sure() -> None:
    study = draw_study(draw_subjects())
    sharp = replace(study, slices=tuple(fold.at(0.3) for fold in study.slices))

    stages = calibration_figures(sharp, calibrate_across(sharp.slices))

    assert stages["after"]["ece"] < stages["before"]["ece"]
    assert stages["after"]["brier"] < stages["before"]["brier"]
