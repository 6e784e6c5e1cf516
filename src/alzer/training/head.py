"""The last layer, fitted to people instead of slices.

A linear layer of a person's mean features is the mean over the slices, so the
layer that judges one slice can be fitted to whole people: as many examples as
there are people, all of equal weight, and a penalty that keeps it from learning
them by heart. The penalty is on what the layer makes of the measures that were learnt
beside the classes; all other features together weigh as much as one measure.

The classes are degrees, so one direction tells them apart: what speaks for one
degree against the next lower speaks for that against the one below, too, equally
strongly. A constant per class says how common it is.

A second penalty is on what the direction makes of changes that leave the person the
same (`nuisance`). It bends the direction away from them; how far the degrees are apart
along it is fitted anew afterwards, so that the penalty doesn't make the answers vaguer.

The layer has no bias: what speaks for a class is then in its map and nowhere else,
and the mean of the map is the logit. With a bias, a constant could be shifted from
all of the map to the bias and back without any effect on the probabilities, and the
heat would show the constant. What all classes have in common is as arbitrary; it is
chosen so that the two lowest degrees are each other's opposite. Evidence for any
impairment is then positive in the map of every impaired class, evidence against it
in that of the lowest, and the most probable class has more for it than against it.

Source: Anderson 1984, doi:10.1111/j.2517-6161.1984.tb01270.x, with equal steps.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import log_softmax

from alzer.classes import CLASSES
from alzer.evaluation.metrics import Floats
from alzer.training.network import ResNet50
from alzer.training.pooling import Features

# What a class that nobody in training has gets as a bias: rarer than one person in
# ten thousand.
ABSENT_CLASS_BIAS = -9.0

# Of the constants of the classes before anybody is seen; wide beside the few people
# that it takes to tell how common a class is.
CONSTANT_DEVIATION = 1.0


@dataclass(frozen=True)
class TrainingPeople:
    """What the last layer is fitted to.

    Attributes:
        features: Mean features of each person, shape (person, feature).
        labels: Class index, shape (person,).
        weights: Of each row, shape (person,): a person who is there in several views
            counts once.
        nuisance: How features differ though the person is the same: arrays of shape
            (difference, feature), of equal weight.
    """

    features: Floats
    labels: NDArray[np.int64]
    weights: Floats
    nuisance: Sequence[Floats] = ()

    @property
    def deviation(self) -> Floats:
        """Each feature's standard deviation over people, shape (feature,); not 0."""
        deviation = self.features.std(axis=0)
        return np.asarray(np.maximum(deviation, 1e-6 + 1e-3 * deviation.max()))


def average_people(
    features: Features | Floats, subjects: NDArray[np.str_], labels: NDArray[np.int64]
) -> TrainingPeople:
    """Average features over each person's slices.

    Args:
        features: shape (slice, feature).
        subjects: Whose slices they are, shape (slice,).
        labels: Class index, shape (slice,).

    Returns:
        The people, ordered by name.
    """
    _, first, inverse = np.unique(subjects, return_index=True, return_inverse=True)
    sums = np.zeros((len(first), features.shape[1]))
    np.add.at(sums, inverse, features.astype(np.float64))
    means = sums / np.bincount(inverse)[:, None]
    return TrainingPeople(means, labels[first], np.ones(len(first)))


def with_views(
    people: TrainingPeople,
    views: Sequence[TrainingPeople],
    nuisance: Sequence[Floats],
) -> TrainingPeople:
    """Add views of the same people; everyone counts once in all.

    Args:
        people: As they are.
        views: As they are when their slices are changed.
        nuisance: As in `TrainingPeople`.

    Returns:
        All of them.
    """
    rows = [people, *views]
    return TrainingPeople(
        np.concatenate([each.features for each in rows]),
        np.concatenate([each.labels for each in rows]),
        np.concatenate([each.weights for each in rows]) / len(rows),
        nuisance,
    )


@dataclass(frozen=True)
class Penalty:
    """What keeps the last layer from learning people by heart.

    Attributes:
        inverse_regularisation: Inverse of the weight of the squared direction.
        nuisance: Weight, per person, of the mean square of what the direction makes
            of differences that leave the person the same.
    """

    inverse_regularisation: float
    nuisance: float


def fit_head(
    network: ResNet50, people: TrainingPeople, measures: Floats, penalty: Penalty
) -> None:
    """Fit the last layer by penalised regression of ordered classes.

    Args:
        network: Its other layers stay as they are.
        people: Whom to fit it to; of two classes at least.
        measures: Weights of the measures that were learnt beside the classes,
            shape (measure, feature); each of about deviation 1, the last one of the
            constant 1.
        penalty: How much the direction is held back.
    """
    deviation = people.deviation
    # All features at full scale would drown the measures.
    others = np.diag(1.0 / (deviation * np.sqrt(len(deviation))))
    readings = np.concatenate([measures, others])
    present, degrees = np.unique(people.labels, return_inverse=True)
    of_people = _Degrees(present.astype(np.float64), degrees, people.weights)
    squares = np.eye(len(readings)) / penalty.inverse_regularisation
    for each in people.nuisance:
        moved = each @ readings.T
        weight = penalty.nuisance * people.weights.sum() / len(each)
        squares += weight * (moved.T @ moved)
    values, constant = people.features @ readings.T, people.features @ measures[-1]
    direction, constants = _fit_degrees(values, constant, of_people, squares)
    if people.nuisance and penalty.nuisance > 0.0:
        along = (values @ direction)[:, None]
        length = np.array([[direction @ direction / penalty.inverse_regularisation]])
        factor, constants = _fit_degrees(along, constant, of_people, length, start=1.0)
        direction = direction * factor
    found = np.outer(present, direction @ readings) + np.outer(constants, measures[-1])
    weight = np.zeros((len(CLASSES), len(deviation)))
    bias = np.full(len(CLASSES), ABSENT_CLASS_BIAS)
    weight[present] = found - found[:2].mean(axis=0)
    bias[present] = 0.0
    with torch.no_grad():
        network.fc.weight.copy_(torch.from_numpy(weight))
        network.fc.bias.copy_(torch.from_numpy(bias))


@dataclass(frozen=True)
class _Degrees:
    """Which degrees there are, in order, whose is which, and what everyone weighs."""

    steps: Floats
    of_people: NDArray[np.intp]
    weights: Floats


def _fit_degrees(
    readings: Floats,
    constant: Floats,
    degrees: _Degrees,
    squares: Floats,
    start: float = 0.0,
) -> tuple[Floats, Floats]:
    """Return the direction, shape (reading,), and the constants, shape (degree,).

    Args:
        readings: Of everyone, shape (person, reading).
        constant: Of everyone what stands for 1, shape (person,).
        degrees: Of everyone.
        squares: Penalty on products of the direction's parts, shape
            (reading, reading).
        start: Where the search for the direction begins.
    """
    width = readings.shape[1]
    steps = degrees.steps - degrees.steps.mean()
    wanted = degrees.of_people[:, None] == np.arange(len(steps))

    def loss(both: Floats) -> tuple[float, Floats]:
        direction, constants = both[:width], both[width:]
        logits = np.outer(readings @ direction, steps) + np.outer(constant, constants)
        logs = log_softmax(logits, axis=1)
        wrong = (np.exp(logs) - wanted) * degrees.weights[:, None]
        held = squares @ direction
        slope = np.concatenate(
            [
                readings.T @ (wrong @ steps) + held,
                wrong.T @ constant + constants / CONSTANT_DEVIATION**2,
            ]
        )
        penalty = direction @ held
        penalty += constants @ constants / CONSTANT_DEVIATION**2
        likelihood = (logs * degrees.weights[:, None])[wanted].sum()
        return float(penalty / 2.0 - likelihood), slope

    first = np.concatenate([np.full(width, start), np.zeros(len(steps))])
    found = minimize(loss, first, jac=True, method="L-BFGS-B").x
    return found[:width], found[width:]


def predict_from_features(network: ResNet50, features: Features) -> Floats:
    """Give the class probabilities of pooled features.

    Args:
        network: Its last layer is used.
        features: Of the last stage, shape (slice, feature).

    Returns:
        shape (slice, class); rows sum to 1.
    """
    with torch.inference_mode():
        logits = network.fc(torch.from_numpy(features).to(network.fc.weight.device))
    return np.asarray(logits.double().softmax(dim=1).cpu().numpy())


def divide_logits(network: ResNet50, temperature: float) -> None:
    """Build a temperature into the last layer, so that nobody need apply it.

    Args:
        network: Its probabilities become softer (above 1) or sharper.
        temperature: Above 0.
    """
    with torch.no_grad():
        network.fc.weight.div_(temperature)
        network.fc.bias.div_(temperature)
