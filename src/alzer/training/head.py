"""The last layer, fitted to people instead of slices.

A linear layer of a person's mean features is the mean over the slices, so the
layer that judges one slice can be fitted to whole people: as many examples as
there are people, all of equal weight, and a penalty that keeps it from learning
them by heart. The penalty is on what the layer makes of the measures that were learnt
beside the classes; all other features together weigh as much as one measure.

The classes are degrees, so one direction tells them apart: what speaks for one
degree against the next lower speaks for that against the one below, too, equally
strongly. A constant per class says how common it is.

The layer has no bias: what speaks for a class is then in its map and nowhere else,
and the mean of the map is the logit. With a bias, a constant could be shifted from
all of the map to the bias and back without any effect on the probabilities, and the
heat would show the constant. What all classes have in common is as arbitrary; it is
chosen so that the two lowest degrees are each other's opposite. Evidence for any
impairment is then positive in the map of every impaired class, evidence against it
in that of the lowest, and the most probable class has more for it than against it.

Source: Anderson 1984, doi:10.1111/j.2517-6161.1984.tb01270.x, with equal steps.
"""

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
    """

    features: Floats
    labels: NDArray[np.int64]

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
    return TrainingPeople(sums / np.bincount(inverse)[:, None], labels[first])


def fit_head(
    network: ResNet50, people: TrainingPeople, measures: Floats, strength: float
) -> None:
    """Fit the last layer by penalised regression of ordered classes.

    Args:
        network: Its other layers stay as they are.
        people: Whom to fit it to; of two classes at least.
        measures: Weights of the measures that were learnt beside the classes,
            shape (measure, feature); each of about deviation 1, the last one of the
            constant 1.
        strength: Inverse of the squared penalty's weight.
    """
    deviation = people.deviation
    # All features at full scale would drown the measures.
    others = np.diag(1.0 / (deviation * np.sqrt(len(deviation))))
    readings = np.concatenate([measures, others])
    present, degrees = np.unique(people.labels, return_inverse=True)
    direction, constants = _fit_degrees(
        people.features @ readings.T,
        people.features @ measures[-1],
        _Degrees(present.astype(np.float64), degrees),
        strength,
    )
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
    """Which degrees there are, in order, and whose is which."""

    steps: Floats
    of_people: NDArray[np.intp]


def _fit_degrees(
    readings: Floats, constant: Floats, degrees: _Degrees, strength: float
) -> tuple[Floats, Floats]:
    """Give the direction, shape (reading,), and the constants, shape (degree,)."""
    width = readings.shape[1]
    steps = degrees.steps - degrees.steps.mean()
    wanted = degrees.of_people[:, None] == np.arange(len(steps))

    def loss(both: Floats) -> tuple[float, Floats]:
        direction, constants = both[:width], both[width:]
        logits = np.outer(readings @ direction, steps) + np.outer(constant, constants)
        logs = log_softmax(logits, axis=1)
        wrong = np.exp(logs) - wanted
        slope = np.concatenate(
            [
                readings.T @ (wrong @ steps) + direction / strength,
                wrong.T @ constant + constants / CONSTANT_DEVIATION**2,
            ]
        )
        penalty = direction @ direction / strength
        penalty += constants @ constants / CONSTANT_DEVIATION**2
        return float(penalty / 2.0 - logs[wanted].sum()), slope

    start = np.zeros(width + len(steps))
    found = minimize(loss, start, jac=True, method="L-BFGS-B").x
    return found[:width], found[width:]


def judge(network: ResNet50, features: Features) -> Floats:
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
