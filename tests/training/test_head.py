"""The last layer, fitted to people."""

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression

from alzer.training.head import (
    ABSENT_CLASS_BIAS,
    TrainingPeople,
    average_people,
    divide_logits,
    fit_head,
    judge,
)
from alzer.training.network import ResNet50, seeded_network

WIDTH = 2048

# What tells drawn people apart, and the constant.
MEASURES = np.zeros((2, WIDTH))
MEASURES[0, 0], MEASURES[1, 1:] = 0.5, 2.0 / (WIDTH - 1)


@pytest.fixture
def network() -> ResNet50:
    return seeded_network(3)


def draw_people(classes: int, count: int = 60) -> TrainingPeople:
    """Draw people whose first feature grows with their class."""
    generator = np.random.default_rng(0)
    labels = np.arange(count, dtype=np.int64) % classes
    features = generator.random((count, WIDTH))
    features[:, 0] += 2.0 * labels
    return TrainingPeople(features, labels)


def test_the_layer_is_that_of_the_regression(network: ResNet50) -> None:
    people = draw_people(4)
    others = people.features / (people.features.std(axis=0) * np.sqrt(WIDTH))
    read = np.concatenate([people.features @ MEASURES.T, others], axis=1)
    reference = LogisticRegression(C=0.1, fit_intercept=False, max_iter=2000)
    reference.fit(read, people.labels)

    fit_head(network, people, MEASURES, 0.1)

    found = judge(network, people.features.astype(np.float32))
    assert found == pytest.approx(reference.predict_proba(read), abs=1e-3)


def test_a_measure_counts_more_than_a_feature(network: ResNet50) -> None:
    people = draw_people(4)

    fit_head(network, people, np.zeros_like(MEASURES), 0.1)
    without = judge(network, people.features.astype(np.float32))
    fit_head(network, people, MEASURES, 0.1)
    measured = judge(network, people.features.astype(np.float32))

    place = np.arange(len(people.labels)), people.labels
    assert measured[place].mean() > without[place].mean() + 0.1


def test_the_most_probable_class_always_has_more_for_it(network: ResNet50) -> None:
    people = draw_people(4)

    fit_head(network, people, MEASURES, 0.1)

    assert not network.fc.bias.any()
    with torch.no_grad():
        logits = network.fc(torch.from_numpy(people.features).float())
    assert logits.sum(dim=1).abs().max() < 1e-2
    assert logits.max(dim=1).values.min() > 0.0


def test_two_classes_give_the_odds_of_the_regression(network: ResNet50) -> None:
    people = draw_people(2)

    fit_head(network, people, MEASURES, 1.0)

    found = judge(network, people.features.astype(np.float32))
    assert (found.argmax(axis=1) == people.labels).all()
    assert found[:, 2:].max() < 1e-3
    assert network.fc.bias[3] == ABSENT_CLASS_BIAS


def test_a_temperature_softens_and_keeps_the_order(network: ResNet50) -> None:
    people = draw_people(3)
    fit_head(network, people, MEASURES, 1.0)
    features = people.features.astype(np.float32)
    before = judge(network, features)

    divide_logits(network, 2.0)

    after = judge(network, features)
    assert (after.argmax(axis=1) == before.argmax(axis=1)).all()
    assert after.max(axis=1).mean() < before.max(axis=1).mean()
    ratio = np.log(before[:, 0] / before[:, 1]) / np.log(after[:, 0] / after[:, 1])
    assert ratio == pytest.approx(2.0, abs=1e-3)


def test_people_weigh_the_same_however_many_slices_they_have() -> None:
    features = np.array([[1.0], [3.0], [10.0]], np.float32)

    people = average_people(
        features, np.array(["b", "b", "a"]), np.array([2, 2, 0], np.int64)
    )

    assert people.features.tolist() == [[10.0], [2.0]]
    assert people.labels.tolist() == [0, 2]


def test_a_persons_probability_is_near_the_mean_of_the_slices(
    network: ResNet50,
) -> None:
    people = draw_people(2)
    fit_head(network, people, MEASURES, 0.1)
    one, other = (people.features[each].astype(np.float32) for each in (0, 2))

    with torch.no_grad():
        logits = network.fc(torch.from_numpy(np.stack([one, other, (one + other) / 2])))

    assert logits[:2].mean(dim=0).numpy() == pytest.approx(logits[2].numpy(), abs=1e-4)
