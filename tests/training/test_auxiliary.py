"""What is learnt beside the classes."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from alzer.training.auxiliary import MAP_COMPONENTS, auxiliary_targets
from alzer.training.cohort import Cohort, prepare_slices, split
from alzer.training.tables import load_cohort
from cohorts import SPEC


@pytest.fixture(scope="module")
def cohort(cohort_folder: Path) -> Cohort:
    return load_cohort(cohort_folder)


@pytest.fixture(scope="module")
def images(cohort: Cohort) -> NDArray[np.float16]:
    return prepare_slices(cohort.slices, SPEC)


def test_targets_are_standardised_on_training_slices_alone(
    cohort: Cohort, images: NDArray[np.float16]
) -> None:
    training = split(cohort, 1).training

    targets = auxiliary_targets(cohort, images, SPEC, training)

    own = targets[training]
    assert np.nanmean(own, axis=0) == pytest.approx(0.0, abs=1e-5)
    assert np.nanstd(own, axis=0) == pytest.approx(1.0, abs=1e-5)
    # Age, place, five of the image, and components of the seven others of eight.
    assert targets.shape == (36, 1 + 1 + 5 + min(MAP_COMPONENTS, 7))


def test_held_out_slices_change_nothing_that_is_learnt(
    cohort: Cohort, images: NDArray[np.float16]
) -> None:
    sides = split(cohort, 1)
    other = images.copy()
    other[sides.validation] = other[sides.validation][:, ::-1]

    one, two = (
        auxiliary_targets(cohort, each, SPEC, sides.training)
        for each in (images, other)
    )

    assert np.array_equal(one[sides.training], two[sides.training], equal_nan=True)


def test_what_is_not_known_is_not_made_up(
    cohort: Cohort, images: NDArray[np.float16]
) -> None:
    targets = auxiliary_targets(cohort, images, SPEC, split(cohort, None).training)

    unknown = cohort.subjects == "person-01"
    assert np.isnan(targets[unknown, 0]).all()
    assert np.isfinite(targets[~unknown]).all()


def test_fluid_is_seen_and_a_mirror_image_has_the_same(
    cohort: Cohort, images: NDArray[np.float16]
) -> None:
    nobody = replace(cohort, measures={})
    training = split(nobody, None).training

    plain = auxiliary_targets(nobody, images, SPEC, training)
    mirrored = auxiliary_targets(nobody, images[:, :, ::-1], SPEC, training)

    # Wide ventricles, more fluid: the last three of the image's own targets.
    assert np.corrcoef(plain[:, 4], cohort.labels)[0, 1] > 0.9
    assert np.corrcoef(plain[:, 5], cohort.labels)[0, 1] > 0.9
    first, other = plain[:, 5], mirrored[:, 5]
    assert abs(np.corrcoef(first, other)[0, 1]) > 0.999


def test_one_person_has_no_components(
    cohort: Cohort, images: NDArray[np.float16]
) -> None:
    alone = np.flatnonzero(cohort.subjects == "person-00")

    targets = auxiliary_targets(cohort, images, SPEC, alone)

    assert targets.shape == (36, 6)
