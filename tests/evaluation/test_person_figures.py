"""One answer per person, judged on folds that nothing was fitted to."""

import json
from dataclasses import replace

import pytest

from alzer.classes import CLASS_NAMES
from alzer.evaluation.person_figures import person_figures
from evaluation.studies import draw_study, draw_subjects


def test_figures_are_plain_and_count_each_person_once() -> None:
    figures = person_figures(draw_study(draw_subjects()))

    assert json.loads(json.dumps(figures, allow_nan=False)) == figures
    assert figures["people"] == 120
    assert figures["classes"]["No Impairment"]["people"] == 60
    assert figures["classes"]["Moderate Impairment"] is None
    assert figures["false_alarms"] is None


def test_sets_hold_nine_in_ten_of_people_that_they_were_not_fitted_to() -> None:
    figures = person_figures(draw_study(draw_subjects(times=10)))

    for name in CLASS_NAMES[:3]:
        found = figures["classes"][name]
        assert found["covered"] / found["people"] == pytest.approx(0.9, abs=0.04)


def test_a_fold_is_judged_by_limits_that_its_own_labels_did_not_touch() -> None:
    study = draw_study(draw_subjects(), skill=3.0)
    wrong = replace(study.slices[0], labels=(study.slices[0].labels + 1) % 3)
    spoiled = replace(study, slices=(wrong, *study.slices[1:]))

    figures = person_figures(study)
    after = person_figures(spoiled)

    # Fitted to the spoiled fold too, the sets would hold its classes again.
    held, kept = (
        sum(found["covered"] for found in each["classes"].values() if found)
        for each in (after, figures)
    )
    assert held < kept - 20


def test_two_folds_leave_none_to_choose_on() -> None:
    study = draw_study(draw_subjects())
    two = replace(
        study,
        folds=study.folds[:2],
        slices=study.slices[:2],
        positions=study.positions[:2],
        novelty=study.novelty[:2],
    )

    assert person_figures(two) == {}
