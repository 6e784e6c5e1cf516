"""The last layer, fitted to people instead of slices.

A linear layer of a person's mean features is the mean over the slices, so the
layer that judges one slice can be fitted to whole people: as many examples as
there are people, all of equal weight, and a penalty that keeps it from learning
them by heart. The penalty is on what the layer makes of the measures that were learnt
beside the classes; all other features together weigh as much as one measure.

The layer has no bias: what speaks for a class is then in its map and nowhere else,
and the mean of the map is the logit. With a bias, a constant could be shifted from
all of the map to the bias and back without any effect on the probabilities, and the
heat would show the constant. The penalty makes the logits of a slice add up to zero,
so the most probable class always has more for it than against it.
"""

import warnings
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from alzer.classes import CLASSES
from alzer.evaluation.metrics import Floats
from alzer.training.network import ResNet50
from alzer.training.pooling import Features

# What a class that nobody in training has gets as a bias: rarer than one person in
# ten thousand.
ABSENT_CLASS_BIAS = -9.0


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
    features: Features, subjects: NDArray[np.str_], labels: NDArray[np.int64]
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
    """Fit the last layer by penalised multinomial logistic regression.

    Args:
        network: Its other layers stay as they are.
        people: Whom to fit it to.
        measures: Weights of the measures that were learnt beside the classes,
            shape (measure, feature); each of about deviation 1.
        strength: Inverse of the squared penalty's weight.
    """
    deviation = people.deviation
    # All features at full scale would drown the measures.
    others = np.diag(1.0 / (deviation * np.sqrt(len(deviation))))
    readings = np.concatenate([measures, others])
    model = LogisticRegression(C=strength, fit_intercept=False, max_iter=2000)
    with warnings.catch_warnings():
        # The penalty decides; the last digits of the optimum do not matter.
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(people.features @ readings.T, people.labels)
    weight = np.zeros((len(CLASSES), len(deviation)))
    bias = np.full(len(CLASSES), ABSENT_CLASS_BIAS)
    weight[model.classes_] = _of_all_classes(model) @ readings
    bias[model.classes_] = 0.0
    with torch.no_grad():
        network.fc.weight.copy_(torch.from_numpy(weight))
        network.fc.bias.copy_(torch.from_numpy(bias))


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


def _of_all_classes(model: LogisticRegression) -> Floats:
    """Give the weights of every class, also of only two."""
    if len(model.classes_) > 2:
        return np.asarray(model.coef_)
    # Half of the log odds to either side.
    return np.concatenate([-model.coef_, model.coef_]) / 2.0
