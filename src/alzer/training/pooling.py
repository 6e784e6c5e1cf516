"""What a trained network extracts from images, for all that is fitted later."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from alzer.training.inference import forward_batches
from alzer.training.network import ResNet50

Features = NDArray[np.float32]


@dataclass(frozen=True)
class PairFeatures:
    """Features of images and of their mirror images; served is the mean of both.

    Attributes:
        own: Of the images, shape (image, feature).
        mirror: Of their mirror images, likewise.
    """

    own: Features
    mirror: Features

    @property
    def mean(self) -> Features:
        """Their mean: the last layer makes the mean of both logits of it."""
        return np.asarray((self.own + self.mirror) * np.float32(0.5))

    @property
    def both(self) -> Features:
        """Those of the images, then those of the mirror images."""
        return np.concatenate([self.own, self.mirror])


def extract_features(network: ResNet50, images: NDArray[np.float16]) -> Features:
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


def extract_pairs(network: ResNet50, images: NDArray[np.float16]) -> PairFeatures:
    """Pass images and their mirror images through a network, as the service does.

    Args:
        network: Trained.
        images: shape (image, row, column), prepared.
    """
    mirrored = np.ascontiguousarray(images[..., ::-1])
    return PairFeatures(
        extract_features(network, images), extract_features(network, mirrored)
    )
