"""What a trained network pools from images, for all that is fitted later."""

import numpy as np
import torch
from numpy.typing import NDArray

from alzer.training.inference import forward_batches
from alzer.training.network import ResNet50

Features = NDArray[np.float32]


def pool(network: ResNet50, images: NDArray[np.float16]) -> Features:
    """Pass images through a network and average the last stage's activations.

    Args:
        network: Trained.
        images: shape (image, row, column), prepared.

    Returns:
        shape (image, 2048).
    """

    def average(batch: torch.Tensor) -> torch.Tensor:
        return network.features(batch).float().mean(dim=(2, 3))

    return np.concatenate(forward_batches(network, images, average))
