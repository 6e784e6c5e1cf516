"""What a trained network pools from images, for all that is fitted later."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from alzer.training.network import ResNet50
from alzer.training.train import forward_batches

Features = NDArray[np.float32]


@dataclass(frozen=True)
class Pooled:
    """Activations averaged over each image.

    Attributes:
        before: Of the last stage but one, shape (image, 1024).
        last: Of the last stage, shape (image, 2048).
    """

    before: Features
    last: Features


def pool(network: ResNet50, images: NDArray[np.float16]) -> Pooled:
    """Pass images through a network once, and keep both averages.

    Args:
        network: Trained.
        images: shape (image, row, column), prepared.

    Returns:
        The features.
    """

    def both(batch: torch.Tensor) -> torch.Tensor:
        stages = network.last_stages(batch)
        return torch.cat([each.float().mean(dim=(2, 3)) for each in stages], dim=1)

    width = network.fc.in_features
    joined = np.concatenate(forward_batches(network, images, both))
    return Pooled(joined[:, :-width], joined[:, -width:])
