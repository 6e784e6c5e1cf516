"""A fold is answered by what was fitted to the other folds, and by nothing else."""

from dataclasses import replace

import numpy as np
import pytest

from alzer.evaluation.calibration import fit_slices
from alzer.evaluation.cross_fitting import cross_fit
from alzer.evaluation.person import fit_person, read_folds
from alzer.evaluation.predictions import HeldOut
from alzer.model.person import PersonLimits
from evaluation.studies import draw_study, draw_subjects


@pytest.fixture(scope="module")
def study() -> HeldOut:
    return draw_study(draw_subjects(), spread=1.0)


def test_a_fold_is_answered_by_limits_of_the_other_folds(study: HeldOut) -> None:
    answers = cross_fit(study)

    others = fit_slices(study.slices[1:])
    assert answers.slice_limits[0] == others
    assert answers.slices[0].probabilities == pytest.approx(
        study.slices[0].at(others.temperature).probabilities
    )
    folds = read_folds(study)
    limits = fit_person(folds[1:])
    assert answers.person_limits[0] == limits
    assert answers.people[0].probabilities == pytest.approx(
        folds[0].at(others.temperature).pool(limits).probabilities
    )


def test_a_folds_own_labels_change_nothing_of_its_answers(study: HeldOut) -> None:
    wrong = replace(study.slices[0], labels=(study.slices[0].labels + 1) % 3)
    spoiled = replace(study, slices=(wrong, *study.slices[1:]))

    before, after = cross_fit(study), cross_fit(spoiled)

    assert (after.slices[0].probabilities == before.slices[0].probabilities).all()
    assert (after.people[0].probabilities == before.people[0].probabilities).all()
    assert after.slice_limits[0] == before.slice_limits[0]
    # The other folds' limits rest on it.
    assert after.slice_limits[1] != before.slice_limits[1]


def test_people_come_once_and_slices_as_they_were(study: HeldOut) -> None:
    answers = cross_fit(study)

    assert len(answers.everyone.labels) == 120
    assert len(answers.all_slices.labels) == 360
    assert answers.everyone.probabilities.sum(axis=1) == pytest.approx(1.0)


def test_a_single_fold_is_left_as_it_is(study: HeldOut) -> None:
    answers = cross_fit(study.only(0))

    assert not answers.is_judged
    assert answers.person_limits == (PersonLimits(),)
    assert answers.slice_limits[0].thresholds is None
    assert answers.all_slices.probabilities == pytest.approx(
        study.slices[0].probabilities
    )
    one = answers.all_slices.subjects == answers.everyone.subjects[0]
    assert answers.everyone.probabilities[0] == pytest.approx(
        np.mean(answers.all_slices.probabilities[one], axis=0)
    )
