"""What a network makes of the dark around the head, and how to leave it out.

The last layer judges an average over all positions, those around the head
included. What it says there is no evidence: only the head differs between people.
Left out of the layer's weights, it is left out of every map.
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from alzer.evaluation.metrics import Floats
from alzer.model.preparation import InputSpec
from alzer.training.axes import largest_axes
from alzer.training.inference import forward_batches
from alzer.training.network import ResNet50
from alzer.training.pooling import Features

# Directions that hold nearly all (99.9 %) of the activations around heads.
AXES = 64

# Images that are looked at, spread over all.
IMAGES = 640

# Pixels of the prepared image below this are dark; 1 is white.
DARK = 0.05


def background_axes(
    network: ResNet50,
    images: NDArray[np.float16],
    fields: NDArray[np.float16],
    spec: InputSpec,
) -> Floats:
    """Find the directions that activations take around the head.

    Args:
        network: Trained.
        images: shape (image, row, column), prepared.
        fields: The same as fields of view, in which fluid is not black.
        spec: How they were prepared.

    Returns:
        shape (feature, axis), orthonormal; no axis if heads fill all images.
    """
    every = max(len(images) // IMAGES, 1)
    few = torch.from_numpy(fields[::every]).float()[:, None]
    is_dark = _brightest_in_the_middle(few, spec.cell_stride) < DARK
    cells = forward_batches(
        network,
        images[::every],
        lambda batch: network.features(batch).float().permute(0, 2, 3, 1),
    )
    found = np.concatenate(cells)[is_dark.numpy()].astype(np.float64)
    if not len(found):
        return np.empty((network.fc.in_features, 0))
    _, axes = largest_axes(found.T @ found, min(AXES, len(found)))
    return axes


def project_out(features: Floats | Features, axes: Floats) -> Floats:
    """Leave directions out of features or of weights.

    Args:
        features: shape (any, feature).
        axes: shape (feature, axis), orthonormal.

    Returns:
        The part that is at right angles to all axes, shape (any, feature).
    """
    values = np.asarray(features, np.float64)
    return values - values @ axes @ axes.T


def leave_out(network: ResNet50, axes: Floats) -> None:
    """Leave directions out of the last layer, so that it says nothing along them."""
    with torch.no_grad():
        weight = network.fc.weight
        rest = project_out(weight.double().cpu().numpy(), axes)
        weight.copy_(torch.from_numpy(rest))


def _brightest_in_the_middle(images: Tensor, stride: int) -> Tensor:
    """Return the brightest pixel of the middle of each cell of the map.

    Args:
        images: shape (n, 1, row, column).
        stride: From one cell's middle to the next, in pixels.

    Returns:
        shape (n, row, column) of the map.
    """
    width = stride // 2 + 1
    return functional.max_pool2d(images, width, stride, width // 2)[:, 0]
