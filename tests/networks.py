"""A ResNet-50 with random weights that behaves like a trained one."""

import torch
from torch import nn
from torch.nn import functional

from alzer.training.network import Novelty, ResNet50, seeded_network


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


def random_novelty(seed: int = 5, features: int = 2048, axes: int = 8) -> Novelty:
    """Give a distance from no particular place."""
    generator = torch.Generator().manual_seed(seed)
    weight = torch.randn(axes, features, generator=generator) / features**0.5
    return Novelty(weight, torch.randn(axes, generator=generator))
