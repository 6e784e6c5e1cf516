"""What the network was not trained on: a distance, and from where it is too far.

The distance comes from activations that the forward pass makes anyway. The
limit is set on people that a fold's network never saw; the network for everyone
has none left, so its limit is carried over by the folds' ratio of held-out to
training distances.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from alzer.evaluation.metrics import Floats
from alzer.training.axes import largest_axes
from alzer.training.network import OodScore
from alzer.training.pooling import Features, PairFeatures

# Principal components of the pooled activations, and images needed for each.
AXES = 64
IMAGES_PER_AXIS = 20

# Along a component, in units of the features' own variances.
LEAST_VARIANCE = 1e-2

# Of a feature, as a share of its mean: twice the steps of bfloat16.
LEAST_DEVIATION = 2.0**-7

# Of a feature, as a share of the largest deviation of any.
LEAST_SHARE = 1e-3

# Share of held-out slices that may be flagged though nothing is wrong.
FALSE_ALARMS = 0.01


@dataclass(frozen=True)
class Reach:
    """How far all but the admitted false alarms lie from the training slices.

    Attributes:
        training: Of the training slices themselves.
        held_out: Of slices of people held out.
    """

    training: float
    held_out: float


def fit_ood_score(features: Features) -> OodScore:
    """Describe where the images that a network was trained on lie.

    Args:
        features: Pooled, shape (image, feature).

    Returns:
        Gives the distance of new activations, on the CPU.
    """
    own = features.astype(np.float64)
    mean, deviation = own.mean(axis=0), own.std(axis=0)
    # Of a feature that hardly changes, rounding would make a distance.
    least = LEAST_DEVIATION * np.abs(mean) + LEAST_SHARE * deviation.max() + 1e-6
    deviation = np.maximum(deviation, least)
    standard = (own - mean) / deviation
    covariance = standard.T @ standard / len(standard)
    kept = min(AXES, max(len(standard) // IMAGES_PER_AXIS, 1))
    variances, axes = largest_axes(covariance, kept)
    largest = np.maximum(variances, LEAST_VARIANCE)
    weight = axes.T / np.sqrt(largest)[:, None] / deviation
    return OodScore(_tensor(weight), _tensor(-weight @ mean))


def distances(ood_score: OodScore, features: Features) -> Floats:
    """Give the distance of images from what a network was trained on.

    Args:
        ood_score: Of the network.
        features: Pooled, shape (image, feature).

    Returns:
        shape (image,).
    """
    with torch.inference_mode():
        distance: torch.Tensor = ood_score(_tensor(features)[:, :, None, None])
    return np.asarray(distance.double().numpy())


def pair_distances(ood_score: OodScore, pairs: PairFeatures) -> Floats:
    """Give the distance of images as it is served: the mean over the mirror image.

    Args:
        ood_score: Of the network.
        pairs: Of images and their mirror images.

    Returns:
        shape (image,).
    """
    return (distances(ood_score, pairs.own) + distances(ood_score, pairs.mirror)) * 0.5


def quantile_limit(distance: Floats) -> float:
    """Give the distance that all but the admitted false alarms stay within."""
    return float(np.quantile(distance, 1.0 - FALSE_ALARMS))


def transfer_threshold(reaches: Sequence[Reach], training: float) -> float:
    """Set the limit of a network that nobody was held out from.

    Args:
        reaches: Of the folds' networks; at least one.
        training: Within what the training slices of this network stay.

    Returns:
        The limit.
    """
    ratios = [each.held_out / each.training for each in reaches]
    return float(np.median(ratios)) * training


def false_alarms(folds: Sequence[tuple[Reach, Floats]]) -> float | None:
    """Measure how often `transfer_threshold` flags slices of people held out.

    Args:
        folds: Of each fold its reach and the distances of its held-out slices;
            its limit is carried over from the other folds.

    Returns:
        The share, 0 to 1; None with fewer than two folds.
    """
    if len(folds) < 2:
        return None
    flagged = []
    for reach, distance in folds:
        others = [other for other, _ in folds if other is not reach]
        flagged.append(distance > transfer_threshold(others, reach.training))
    return float(np.concatenate(flagged).mean())


def _tensor(values: NDArray[np.floating]) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(values, np.float32))
