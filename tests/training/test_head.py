"""The last layer, fitted to people."""

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression

from alzer.training.head import (
    ABSENT_CLASS_BIAS,
    CONSTANT_DEVIATION,
    Penalty,
    TrainingPeople,
    average_people,
    divide_logits,
    fit_head,
    predict_from_features,
    with_views,
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
    return TrainingPeople(features, labels, np.ones(count))


def test_two_classes_give_the_odds_of_logistic_regression(network: ResNet50) -> None:
    people = draw_people(2)
    others = people.features / (people.features.std(axis=0) * np.sqrt(WIDTH))
    # The constant has a weight of its own beside that among the measures; the step
    # from one class to the other is one.
    own = 2.0**0.5 * CONSTANT_DEVIATION * people.features @ MEASURES[1] / 0.1**0.5
    read = np.column_stack([people.features @ MEASURES.T, others, own])
    reference = LogisticRegression(C=0.1, fit_intercept=False, tol=1e-8, max_iter=5000)
    reference.fit(read, people.labels)

    fit_head(network, people, MEASURES, Penalty(0.1, 0.0))

    found = predict_from_features(network, people.features.astype(np.float32))
    assert found[:, :2] == pytest.approx(reference.predict_proba(read), abs=2e-3)
    assert found[:, 2:].max() < 1e-3
    assert network.fc.bias[3] == ABSENT_CLASS_BIAS


def test_degrees_are_told_apart_by_one_direction(network: ResNet50) -> None:
    people = draw_people(4)

    fit_head(network, people, MEASURES, Penalty(0.1, 0.0))

    odds = np.diff(
        np.log(predict_from_features(network, people.features.astype(np.float32))),
        axis=1,
    )
    steps = odds - odds.mean(axis=0)
    assert steps[:, 0] == pytest.approx(steps[:, 1], abs=0.05 * steps.std())
    assert steps[:, 0] == pytest.approx(steps[:, 2], abs=0.05 * steps.std())


def test_what_degrees_were_drawn_from_is_found_again(network: ResNet50) -> None:
    generator = np.random.default_rng(1)
    features = np.zeros((4000, WIDTH))
    features[:, 0] = generator.normal(0.0, 2.0, 4000)
    features[:, 1:] = 1.0
    logits = np.outer(0.5 * features[:, 0], [0.0, 1.0, 2.0]) + np.array(
        [0.2, 0.6, -0.4]
    )
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    labels = (generator.random((4000, 1)) > shares.cumsum(axis=1)).sum(axis=1)
    measures = MEASURES.copy()
    measures[1] /= measures[1].sum()

    people = TrainingPeople(features, labels, np.ones(len(labels)))
    fit_head(network, people, measures, Penalty(10.0, 0.0))

    found = predict_from_features(network, features.astype(np.float32))[:, :3]
    assert found == pytest.approx(shares, abs=0.05)


def test_a_measure_counts_more_than_a_feature(network: ResNet50) -> None:
    people = draw_people(4)

    fit_head(network, people, np.zeros_like(MEASURES), Penalty(0.1, 0.0))
    without = predict_from_features(network, people.features.astype(np.float32))
    fit_head(network, people, MEASURES, Penalty(0.1, 0.0))
    measured = predict_from_features(network, people.features.astype(np.float32))

    place = np.arange(len(people.labels)), people.labels
    assert measured[place].mean() > without[place].mean() + 0.1


def test_the_most_probable_class_always_has_more_for_it(network: ResNet50) -> None:
    people = draw_people(4)

    fit_head(network, people, MEASURES, Penalty(0.1, 0.0))

    assert not network.fc.bias.any()
    with torch.no_grad():
        logits = network.fc(torch.from_numpy(people.features).float())
    assert logits.max(dim=1).values.min() > 0.0
    assert (logits[:, 0] + logits[:, 1]).abs().max() < 1e-3
    impaired = logits.argmax(dim=1) > 0
    assert impaired.any()
    assert (logits[impaired, 1] > 0.0).all()
    assert (logits[~impaired, 0] > 0.0).all()


def test_a_temperature_softens_and_keeps_the_order(network: ResNet50) -> None:
    people = draw_people(3)
    fit_head(network, people, MEASURES, Penalty(1.0, 0.0))
    features = people.features.astype(np.float32)
    before = predict_from_features(network, features)

    divide_logits(network, 2.0)

    after = predict_from_features(network, features)
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
    fit_head(network, people, MEASURES, Penalty(0.1, 0.0))
    one, other = (people.features[each].astype(np.float32) for each in (0, 2))

    with torch.no_grad():
        logits = network.fc(torch.from_numpy(np.stack([one, other, (one + other) / 2])))

    assert logits[:2].mean(dim=0).numpy() == pytest.approx(logits[2].numpy(), abs=1e-4)


def test_what_changes_without_the_person_is_no_evidence(network: ResNet50) -> None:
    """Two features tell people apart alike well; one of them depends on the light."""
    generator = np.random.default_rng(2)
    labels = np.arange(120, dtype=np.int64) % 2
    features = np.ones((120, WIDTH))
    features[:, :2] = labels[:, None] + generator.normal(0.0, 0.7, (120, 2))
    measures = np.zeros((3, WIDTH))
    measures[0, 0], measures[1, 1], measures[2, 2:] = 1.0, 1.0, 1.0 / (WIDTH - 2)
    moved = np.zeros((40, WIDTH))
    moved[:, 0] = generator.normal(0.0, 1.0, 40)

    def fitted(penalty: Penalty) -> np.ndarray:
        people = TrainingPeople(features, labels, np.ones(120), (moved,))
        fit_head(network, people, measures, penalty)
        return (network.fc.weight[1] - network.fc.weight[0]).detach().numpy()

    without, bent = fitted(Penalty(1.0, 0.0)), fitted(Penalty(1.0, 10.0))

    assert abs(bent[0]) < 0.1 * abs(without[0])
    assert bent[1] > without[1]  # what remains speaks as clearly as it may


def test_views_of_people_count_once_in_all(network: ResNet50) -> None:
    people = draw_people(3)
    fit_head(network, people, MEASURES, Penalty(0.1, 0.0))
    alone = network.fc.weight.clone()

    fit_head(
        network, with_views(people, [people, people], ()), MEASURES, Penalty(0.1, 0.0)
    )

    assert torch.allclose(network.fc.weight, alone, atol=1e-4)
