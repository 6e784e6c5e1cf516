"""The same head under two names."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from alzer.errors import LeakySplit
from alzer.training.cohort import Cohort, prepare_slices
from alzer.training.duplicates import find_duplicates, require_no_duplicates
from alzer.training.tables import load_cohort
from cohorts import SPEC, draw_cohort

Images = NDArray[np.float16]


@pytest.fixture(scope="module")
def cohort(cohort_folder: Path) -> Cohort:
    return load_cohort(cohort_folder)


@pytest.fixture(scope="module")
def images(cohort: Cohort) -> Images:
    return prepare_slices(cohort.slices, SPEC)


def place_of(cohort: Cohort, subject: str) -> int:
    return int(np.flatnonzero(cohort.subjects == subject)[0])


def test_different_people_are_no_duplicates(cohort: Cohort, images: Images) -> None:
    assert find_duplicates(cohort, images) == ()
    require_no_duplicates(cohort, images)


@pytest.mark.parametrize("change", ["copy", "turn", "mirror", "noise", "brighter"])
def test_a_head_under_a_second_name_is_found(
    cohort: Cohort, images: Images, change: str
) -> None:
    changed = {
        "copy": lambda image: image,
        "turn": lambda image: image[::-1, ::-1],
        "mirror": lambda image: image[:, ::-1],
        "noise": lambda image: (
            image + np.random.default_rng(0).normal(0.0, 0.1, image.shape)
        ),
        "brighter": lambda image: image * 1.2 + 0.1,
    }
    leaky = images.copy()
    source, target = place_of(cohort, "person-00"), place_of(cohort, "person-01")
    leaky[target] = changed[change](leaky[source].astype(np.float64))

    found = find_duplicates(cohort, leaky)

    assert [(each.one.subject, each.other.subject) for each in found] == [
        ("person-00", "person-01")
    ]
    assert found[0].one == cohort.slices[source]
    assert found[0].other == cohort.slices[target]
    with pytest.raises(LeakySplit, match="person-00 and person-01-0"):
        require_no_duplicates(cohort, leaky)


def test_people_of_one_slice_each_are_compared_too(tmp_path: Path) -> None:
    single = load_cohort(draw_cohort(tmp_path, slices=1))
    images = prepare_slices(single.slices, SPEC)
    leaky = images.copy()
    leaky[1], leaky[5] = leaky[0], leaky[3][::-1, ::-1]

    assert find_duplicates(single, images) == ()
    with pytest.raises(LeakySplit, match="2 pairs of people") as refusal:
        require_no_duplicates(single, leaky)
    for pair in (
        "person-00-0.png of person-00 and person-01-0.png of person-01",
        "person-03-0.png of person-03 and person-05-0.png of person-05",
    ):
        assert pair in refusal.value.message


def test_people_who_are_only_both_upside_down_are_not_one(
    cohort: Cohort, images: Images
) -> None:
    # Brighter towards the front, as heads are, and everyone different.
    drawn = np.random.default_rng(3).normal(0.0, 0.3, images.shape)
    turned = (drawn + np.linspace(1.0, 0.0, images.shape[1])[:, None]).astype(
        np.float16
    )
    for name in ("person-00", "person-01"):
        place = place_of(cohort, name)
        turned[place] = turned[place][..., ::-1, ::-1]

    assert find_duplicates(cohort, turned) == ()


def test_within_a_fold_a_second_name_leaks_nothing(
    cohort: Cohort, images: Images
) -> None:
    leaky = images.copy()
    leaky[place_of(cohort, "person-01")] = leaky[place_of(cohort, "person-00")]
    together = replace(cohort, folds={**cohort.folds, "person-01": 0})

    assert find_duplicates(together, leaky) == ()


def test_the_most_alike_come_first(cohort: Cohort, images: Images) -> None:
    leaky = images.copy()
    generator = np.random.default_rng(0)
    for target, noise in (("person-01", 0.15), ("person-02", 0.0)):
        image = leaky[place_of(cohort, "person-00")].astype(np.float64)
        leaky[place_of(cohort, target)] = image + generator.normal(
            0.0, noise, image.shape
        )

    found = find_duplicates(cohort, leaky)

    assert (found[0].one.subject, found[0].other.subject) == ("person-00", "person-02")
    assert [each.likeness for each in found] == sorted(
        (each.likeness for each in found), reverse=True
    )


def test_real_people_are_apart_in_the_folds_and_together_in_the_published_split(
    data_dir: Path,
) -> None:
    cohort = load_cohort(data_dir / "oasis1-axial")
    # A few people are enough to see it; all of them take longer.
    chosen = [each for each in cohort.slices if each.subject.endswith("5")]
    some = replace(cohort, slices=tuple(chosen))
    prepared = prepare_slices(some.slices, SPEC)

    assert find_duplicates(some, prepared) == ()

    # As published: a slice is all that is known, and folders are the split.
    named = tuple(replace(each, subject=str(each.path)) for each in some.slices)
    folds = {each.subject: int("/test/" in each.subject) for each in named}
    leaks = find_duplicates(replace(some, slices=named, folds=folds), prepared)
    own = {(each.one.path, each.other.path) for each in leaks}
    people = {each.path: each.subject for each in some.slices}
    assert len({people[one] for one, _ in own}) == len(set(some.subjects))
    assert all(people[one] == people[other] for one, other in own)
