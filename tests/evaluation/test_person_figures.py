"""How slices are pooled, and how often a person is flagged."""

import json
from dataclasses import replace

import numpy as np
import pytest

from alzer.evaluation.cross_fitting import cross_fit
from alzer.evaluation.person_figures import person_figures
from evaluation.studies import draw_study, draw_subjects


def test_figures_are_plain_and_count_each_person_once() -> None:
    figures = person_figures(cross_fit(draw_study(draw_subjects())))

    assert json.loads(json.dumps(figures, allow_nan=False)) == figures
    assert figures["people"] == 120
    assert figures["false_alarms"] is None
    assert len(figures["chosen_by_folds"]) == 3


def test_the_nested_choice_is_not_better_than_the_best_of_all_folds() -> None:
    figures = person_figures(cross_fit(draw_study(draw_subjects(), spread=2.0)))

    best = min(way["log_loss"] for way in figures["poolings"])
    assert figures["log_loss"] >= best - 0.005
    # Noise is in the logits of slices here.
    assert {way["averaged"] for way in figures["chosen_by_folds"]} == {"logits"}


def test_people_with_odd_slices_are_counted() -> None:
    study = draw_study(draw_subjects())
    scores = [np.zeros(len(fold.labels)) for fold in study.slices]
    scores[0][:2] = 9.0
    odd = replace(study, ood_score=tuple(scores))

    figures = person_figures(cross_fit(odd))

    assert figures["people_with_a_flagged_slice"] == pytest.approx(1 / 120, abs=1e-4)
    assert figures["false_alarms"] == pytest.approx(1 / 120, abs=1e-4)


def test_a_single_fold_leaves_none_to_choose_on() -> None:
    assert person_figures(cross_fit(draw_study(draw_subjects()).only(1))) == {}
