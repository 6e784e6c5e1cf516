"""A picture of the same person on the other side gives its class away."""

import numpy as np
import pytest

from alzer.evaluation.baselines import VOXEL_SHAPE, SliceMeasurements, Subject
from alzer.evaluation.neighbour import neighbour_accuracy, neighbour_accuracy_across


@pytest.fixture(scope="module")
def subjects() -> list[Subject]:
    """Draw people whose slices look alike, and whose class nothing shows."""
    generator = np.random.default_rng(3)
    people = []
    for place, label in enumerate(generator.permutation(np.arange(90) % 3)):
        own = generator.random(VOXEL_SHAPE)
        slices = [
            SliceMeasurements(
                0.2, 9000.0, (own + 0.1 * generator.random(VOXEL_SHAPE)).astype("f4")
            )
            for _ in range(3)
        ]
        people.append(Subject(f"p{place:02}", int(label), place % 5, {}, slices))
    return people


def test_held_out_slices_find_their_own_person(subjects: list[Subject]) -> None:
    held_out = {each.name: np.array([False, True, False]) for each in subjects}

    assert neighbour_accuracy(subjects, held_out) == 1.0


def test_held_out_people_find_nobody(subjects: list[Subject]) -> None:
    assert neighbour_accuracy_across(subjects) < 0.6


def test_without_a_held_out_slice_there_is_no_figure(subjects: list[Subject]) -> None:
    nothing = {each.name: np.zeros(3, np.bool_) for each in subjects}

    assert np.isnan(neighbour_accuracy(subjects, nothing))
