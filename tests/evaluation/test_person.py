"""How slices are pooled to a person, and what is fitted to people."""

import json
from dataclasses import replace

import numpy as np
import pytest

from alzer.evaluation.calibration import Slices
from alzer.evaluation.person import (
    FoldPeople,
    fit_person,
    fit_share,
    flag_slices,
    person_section,
    pooling_losses,
    read_folds,
    slice_temperature,
    with_person,
)
from alzer.evaluation.predictions import HeldOut
from alzer.model.card import CardFields
from alzer.model.person import PersonLimits, Pooling, softmax
from evaluation.studies import draw_study, draw_subjects


def draw_fold(
    people: int, seed: int, *, spread: float = 1.0, noisy: float = 0.0
) -> FoldPeople:
    """Draw people of three classes with eight slices each.

    Args:
        people: How many.
        seed: Of the numbers.
        spread: Of the slices' logits around their person's.
        noisy: Share of slices that know nothing of their person, and are flagged.
    """
    generator = np.random.default_rng(seed)
    own = generator.normal(0.0, 1.5, (people, 3))
    labels = np.array([generator.choice(3, p=shares) for shares in softmax(own)])
    logits = own.repeat(8, axis=0) + spread * generator.normal(size=(8 * people, 3))
    flagged = generator.random(8 * people) < noisy
    logits[flagged] = 3.0 * generator.normal(size=(int(flagged.sum()), 3))
    names = np.repeat([f"p{seed}-{index:04}" for index in range(people)], 8)
    return FoldPeople(Slices(names, labels.repeat(8), softmax(logits)), flagged)


def test_the_pooling_with_the_least_loss_is_taken() -> None:
    folds = [draw_fold(150, seed, spread=1.0) for seed in range(3)]

    losses = dict(pooling_losses(folds))

    # Noise is in the logits here, so that averaging these loses least of all.
    assert min(losses, key=lambda way: losses[way]).averaged == "logits"
    assert fit_person(folds).pooling == min(losses, key=lambda way: losses[way])


def test_slices_that_know_nothing_are_left_out_where_that_helps() -> None:
    folds = [draw_fold(60, seed, spread=0.1, noisy=0.4) for seed in range(3)]

    assert fit_person(folds).pooling.only_in_distribution


def test_upper_slices_are_left_out_where_they_know_less() -> None:
    folds = [draw_fold(100, seed, spread=0.1) for seed in range(3)]
    generator = np.random.default_rng(7)
    worse = []
    for fold in folds:
        shares = fold.slices.probabilities.copy()
        upper = np.arange(len(shares)) % 8 >= 4
        shares[upper] = softmax(2.0 * generator.normal(size=(int(upper.sum()), 3)))
        worse.append(replace(fold, slices=replace(fold.slices, probabilities=shares)))

    assert fit_person(folds).pooling.lowest == 1.0
    assert fit_person(worse).pooling.lowest == 0.5


def test_the_set_of_a_new_person_holds_the_class_as_often_as_asked() -> None:
    folds = [draw_fold(1000, seed) for seed in range(3)]
    limits = fit_person(folds)
    people = draw_fold(2000, 9).at(slice_temperature(folds)).pool(limits)

    for label, bound in enumerate(limits.thresholds or ()):
        own = people.probabilities[people.labels == label, label]
        assert bound is not None
        assert 0.85 <= (own >= bound).mean() <= 0.95


def test_a_person_is_one_row_however_the_slices_are_ordered() -> None:
    fold = draw_fold(20, 4)
    order = np.random.default_rng(0).permutation(len(fold.slices.labels))
    assert fold.flagged is not None
    mixed = FoldPeople(
        Slices(
            fold.slices.subjects[order],
            fold.slices.labels[order],
            fold.slices.probabilities[order],
        ),
        fold.flagged[order],
    )

    people, again = (each.pool(PersonLimits()) for each in (fold, mixed))

    assert len(people.labels) == 20
    assert (people.labels == again.labels).all()
    assert people.probabilities == pytest.approx(again.probabilities)


def test_a_slice_is_judged_by_the_slices_of_other_people() -> None:
    subjects = np.repeat(["a", "b", "c"], 100)
    distance = np.concatenate([np.linspace(0, 1, 200), np.linspace(8, 9, 100)])

    flagged = flag_slices(subjects, distance)

    # Judged with its own slices, c would set the limit that it is judged by.
    assert flagged is not None
    assert flagged[subjects == "c"].all()
    assert not flagged[subjects != "c"].any()


def test_distances_that_are_not_known_flag_nothing_and_set_no_limit() -> None:
    study = draw_study(draw_subjects())

    assert all(fold.flagged is None for fold in read_folds(study))
    assert person_section(study)["ood_share"] is None


def test_nearly_nobody_has_a_greater_share_than_the_limit() -> None:
    shares = np.concatenate([np.zeros(190), np.arange(1, 11) / 10.0])

    assert fit_share([shares[:100], shares[100:]]) == pytest.approx(0.9)
    assert fit_share([shares[:100]]) == 0.0
    assert fit_share([shares, None]) is None


def test_the_section_is_plain_and_loads_as_it_was_fitted() -> None:
    study = draw_study(draw_subjects())
    study = HeldOut(
        study.folds,
        study.slices,
        study.positions,
        tuple(np.arange(len(fold.labels), dtype=float) for fold in study.slices),
    )

    section = person_section(study)
    fields = CardFields.model_validate(
        {
            "name": "drawn",
            "version": "1",
            "model_sha256": "",
            "classes": [],
            "input": {},
            "person": json.loads(json.dumps(section, allow_nan=False)),
        }
    )

    fitted = fit_person(read_folds(study))
    assert fields.person_limits.pooling == fitted.pooling
    assert fields.person_limits.temperature == pytest.approx(fitted.temperature)
    assert fields.person_limits.ood_share == fitted.ood_share
    assert section["people"] == 120
    assert section["slices_per_person"] == 3
    assert section["thresholds"][3] is None


def test_a_card_keeps_all_else_that_it_says() -> None:
    card = {
        "name": "x",
        "gate": {"limit": 1.0},
        "person": {"old": 1},
        "input": {"é": 1},
    }

    fitted = with_person(card, {"temperature": 2.0})

    assert fitted == card | {"person": {"temperature": 2.0}}
    assert list(fitted) == ["name", "gate", "person", "input"]
    assert with_person(fitted, {"temperature": 2.0}) == fitted


def test_ways_of_pooling_are_compared_on_the_same_people() -> None:
    losses = pooling_losses(read_folds(draw_study(draw_subjects())))

    assert losses[0][0] == Pooling()
    # All slices of a person are alike here: no way can differ.
    assert [loss for _, loss in losses] == pytest.approx(
        [losses[0][1]] * len(losses), abs=1e-6
    )
