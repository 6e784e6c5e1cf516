"""A ResNet-50 with random weights that behaves like a trained one."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

from alzer.model.evidence import Evidence
from alzer.training.network import (
    OodScore,
    ResNet50,
    ResNet50WithMaps,
    seeded_network,
)


class TorchNetwork:
    """A network as an engine runs it, in fp32.

    Args:
        network: In evaluation mode.
        ood_score: Gives the OOD score.
    """

    def __init__(self, network: ResNet50, ood_score: OodScore) -> None:
        self._network = ResNet50WithMaps(network, ood_score).eval()

    def run(self, pair: NDArray[np.float32]) -> Evidence:
        """Return the evidence for two inputs, shape (2, 1, row, column)."""
        with torch.inference_mode():
            logits, maps, score = self._network(torch.from_numpy(pair))
        return Evidence(logits.numpy(), maps.numpy(), score.numpy())


@torch.no_grad()
def settled_network(seed: int = 5) -> ResNet50:
    """Give a network whose normalisation is as varied as after training.

    A fresh network's blocks pass their input on, and every class's map has one
    sign; here all layers take part, and each class has regions for and against it.
    """
    network = seeded_network(seed).eval()
    generator = torch.Generator().manual_seed(seed)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            shape = module.weight.shape
            module.weight.copy_(0.3 + 0.5 * torch.rand(shape, generator=generator))
            module.bias.copy_(0.1 * torch.randn(shape, generator=generator))
            module.running_mean = 0.1 * torch.randn(shape, generator=generator)
            module.running_var = 0.5 + torch.rand(shape, generator=generator)
    # What all positions share gives a map its one sign.
    features = network.features(torch.randn(4, 1, 97, 97, generator=generator))
    shared = functional.normalize(features.mean(dim=(0, 2, 3)), dim=0)
    network.fc.weight -= torch.outer(network.fc.weight @ shared, shared)
    return network


def random_ood_score(seed: int = 5, features: int = 2048, axes: int = 8) -> OodScore:
    """Give a distance from no particular place."""
    generator = torch.Generator().manual_seed(seed)
    weight = torch.randn(axes, features, generator=generator) / features**0.5
    return OodScore(weight, torch.randn(axes, generator=generator))
