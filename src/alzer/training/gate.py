"""What the network was not trained on: a distance, and from where it is too far.

The distance comes from activations that the forward pass makes anyway. The
limit is set on people that a fold's network never saw; the network for everyone
has none left, so its limit is carried over by the folds' ratio of held-out to
training distances.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from alzer.training.network import Novelty, ResNet50
from alzer.training.train import forward_batches

# Directions kept of the pooled activations, and slices needed for each; the rest
# counts as noise.
AXES = 64
SLICES_PER_AXIS = 20

# Of a feature, as a share of its mean: twice the steps of bfloat16.
LEAST_DEVIATION = 2.0**-7

# Share of held-out slices that may be flagged though nothing is wrong.
FALSE_ALARMS = 0.01


@dataclass(frozen=True)
class Reach:
    """How far a network's slices lie from those it was trained on.

    Attributes:
        training: Distance that 99 % of the training slices don't exceed.
        held_out: The same of held-out slices; None if nobody was held out.
    """

    training: float
    held_out: float | None


def fit_novelty(network: ResNet50, images: NDArray[np.float16]) -> Novelty:
    """Describe where a network's training slices lie.

    Args:
        network: Trained.
        images: What it was trained on, shape (slice, row, column), prepared; half
            of them are taken half a turn round, as training does.

    Returns:
        Gives the distance of new activations, on the CPU.
    """
    turned = images.copy()
    turned[::2] = turned[::2, ::-1, ::-1]
    features = _pooled(network, turned)
    mean, deviation = features.mean(axis=0), features.std(axis=0)
    # Of a feature that hardly changes, rounding would make a distance.
    deviation = np.maximum(deviation, LEAST_DEVIATION * np.abs(mean) + 1e-12)
    standard = (features - mean) / deviation
    _, singular, axes = np.linalg.svd(standard, full_matrices=False)
    variances = singular**2 / len(standard)
    kept = min(AXES, max(len(standard) // SLICES_PER_AXIS, 1))
    noise = variances[kept:].sum() / max(standard.shape[1] - kept, 1)
    return Novelty(
        mean=_tensor(mean),
        deviation=_tensor(deviation),
        axes=_tensor(axes[:kept]),
        variances=_tensor(np.maximum(variances[:kept], 1e-6)),
        noise=max(float(noise), 1e-6),
    )


def distances(
    network: ResNet50, novelty: Novelty, images: NDArray[np.float16]
) -> NDArray[np.float64]:
    """Give the distance of images from what a network was trained on.

    Args:
        network: Trained.
        novelty: Of this network.
        images: shape (slice, row, column), prepared.

    Returns:
        shape (slice,).
    """
    pooled = torch.from_numpy(_pooled(network, images)).float()
    with torch.inference_mode():
        distance: torch.Tensor = novelty(pooled[:, :, None, None])
    return np.asarray(distance.double().numpy())


def within(distance: NDArray[np.float64]) -> float:
    """Give the distance that all but the admitted false alarms stay within."""
    return float(np.quantile(distance, 1.0 - FALSE_ALARMS))


def carry_over(reaches: Sequence[Reach], training: float) -> float | None:
    """Set the limit of a network that nobody was held out from.

    Args:
        reaches: Of the folds' networks.
        training: Of this network: within what its training slices stay.

    Returns:
        The limit; None if no fold held anybody out.
    """
    ratios = [
        each.held_out / each.training for each in reaches if each.held_out is not None
    ]
    return float(np.median(ratios)) * training if ratios else None


def as_plain(reach: Reach) -> dict[str, float | None]:
    """Give a reach as plain values."""
    return asdict(reach)


def _pooled(network: ResNet50, images: NDArray[np.float16]) -> NDArray[np.float64]:
    parts = forward_batches(
        network, images, lambda batch: network.last_stages(batch)[0].mean(dim=(2, 3))
    )
    return np.concatenate(parts).astype(np.float64)


def _tensor(values: NDArray[np.floating]) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(values, np.float32))
