"""What is chosen on inner folds, and what is said of it."""

from dataclasses import replace

import numpy as np
import pytest

from alzer.training.last_layer import TrainingSlices
from alzer.training.network import ResNet50, seeded_network
from alzer.training.nuisance import Views
from alzer.training.recipe import Recipe
from alzer.training.selection import (
    choose_regularisation,
    describe_selection,
)

WIDTH = 2048


@pytest.fixture
def network() -> ResNet50:
    return seeded_network(3)


def draw_slices(people: int, strength: float, seed: int = 0) -> TrainingSlices:
    """Draw people whose first feature tells the class as strongly as asked."""
    generator = np.random.default_rng(seed)
    labels = np.arange(people) % 2
    own = np.ones((people, WIDTH))
    own[:, 1:6] = generator.random((people, 5))
    own[:, 0] = strength * labels + generator.standard_normal(people)
    features = np.repeat(own, 2, axis=0)
    return TrainingSlices(
        features,
        np.repeat([f"p{index:03}" for index in range(people)], 2),
        np.repeat(labels, 2).astype(np.int64),
        # What is learnt beside the classes: here, the telling feature itself.
        np.repeat(own[:, :1], 2, axis=0).astype(np.float32),
        Views(np.arange(0, 2 * people, 4), features[None, ::4] + 0.25),
    )


def recipe(*candidates: float) -> Recipe:
    return Recipe(
        inverse_regularisation=0.5,
        regularisation_candidates=candidates,
        nuisance_weight=0.0,
        seed=1,
    )


def test_a_strong_feature_asks_for_a_weak_penalty_and_noise_for_a_strong_one(
    network: ResNet50,
) -> None:
    asked = recipe(1.0, 1e-4, 1e-2)

    strong = choose_regularisation(network, draw_slices(60, 6.0), asked)
    nothing = choose_regularisation(network, draw_slices(60, 0.0), asked)

    assert strong > 1e-4
    assert nothing == 1e-4


@pytest.mark.parametrize("people", [2, 60])
def test_what_can_not_be_chosen_is_the_recipes_own(
    network: ResNet50, people: int
) -> None:
    slices = draw_slices(people, 6.0)

    candidates = (1e-3, 1.0) if people == 2 else ()

    assert choose_regularisation(network, slices, recipe(*candidates)) == 0.5


def test_people_of_a_part_bring_all_their_slices() -> None:
    slices = draw_slices(6, 1.0)

    part = slices.of(np.array(["p001", "p004"]))

    assert part.subjects.tolist() == ["p001", "p001", "p004", "p004"]
    # Person 4 has a view, of the first slice: it is there twice, and weighs as much.
    everybody = part.as_people()
    assert everybody.labels.tolist() == [1, 0, 0]
    assert part.views.slices.tolist() == [2]
    assert part.views.features[0] == pytest.approx(part.features[[2]] + 0.25)


def test_the_card_says_what_each_fold_chose() -> None:
    chosen: dict[int | str, float] = {0: 0.01, 3: 0.1, "everyone": 0.1}

    section = describe_selection(None, recipe(0.1, 0.01), chosen)

    assert section["inverse_regularisation"] == {
        "candidates": [0.01, 0.1],
        "by_fold": {"0": 0.01, "3": 0.1},
        "everyone": 0.1,
    }
    assert describe_selection(None, Recipe(), chosen)["inverse_regularisation"] is None


def test_the_card_says_on_whom_the_recipe_was_settled() -> None:
    of_oasis = describe_selection("OASIS-1", Recipe(), {})["on_these_folds"][0]
    of_others = describe_selection(None, Recipe(), {})["on_these_folds"][0]
    changed = describe_selection(None, replace(Recipe(), epochs=3, seed=5), {})

    assert "these five folds" in of_oasis
    assert "none is changed here" in of_others
    assert "changed here: epochs, seed" in changed["on_these_folds"][0]
