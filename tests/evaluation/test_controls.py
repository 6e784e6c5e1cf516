"""What must fail is seen to fail, and what must flatter to flatter."""

import pytest

from alzer.evaluation.baselines import Subject
from alzer.evaluation.controls import leaky_figures, permuted_figures
from evaluation.studies import draw_study, draw_subjects

REPEATS = 20


@pytest.fixture(scope="module")
def subjects() -> list[Subject]:
    return draw_subjects()


def test_permuted_labels_that_taught_nothing_end_at_chance(
    subjects: list[Subject],
) -> None:
    found = permuted_figures(draw_study(subjects, skill=0.0, seed=8), REPEATS)

    assert found["at_chance"]
    assert found["auc"]["low"] <= found["auc"]["value"] <= found["auc"]["high"]


@pytest.mark.parametrize("skill", [-1.0, 0.5, 6.0])
def test_permuted_labels_that_were_learnt_do_not_end_at_chance(
    subjects: list[Subject], skill: float
) -> None:
    found = permuted_figures(draw_study(subjects, skill=skill, seed=8), REPEATS)

    assert not found["at_chance"]


def test_held_out_slices_and_people_are_compared(subjects: list[Subject]) -> None:
    own, leaky = draw_study(subjects), draw_study(subjects, skill=6.0)

    found = leaky_figures(leaky, own, subjects)

    for score in ("accuracy", "balanced_accuracy", "auc"):
        assert found["held_out_slices"][score] > found["held_out_people"][score]
