"""Heads whose ventricles decide the class, and small networks that learn it.

What decided is known, so it can be asked whether a map shows it. The ventricles lie
away from the middle, to a side of chance, and every head has a cyst as dark as they are
that says nothing: neither a map of the middle nor one of all that is dark finds them.
"""

from dataclasses import dataclass
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

from alzer.explain.faithfulness import Run
from alzer.explain.field import Floats, Mask, widen
from alzer.model.evidence import Evidence
from alzer.training.network import ResNet50, ResNet50WithMaps
from phantoms import Phantom, draw_phantom

SHAPE, STRIDE = (97, 81), 4
NO, MILD = 0, 2

# Width of the ventricles, as a share of the brain's half width.
WIDTH = {NO: 0.06, MILD: 0.16}
SPREAD = 0.012

# How far they lie off the middle, in half heights and half widths of the brain.
DOWN, ACROSS = 0.6, 0.5
CYST_RADIUS, FLUID = 8, 0.1


@dataclass(frozen=True)
class Heads:
    """Drawn heads as a network gets them.

    Attributes:
        inputs: shape (head, 1, row, column), standardised.
        labels: Class indices, shape (head,).
        ventricles: Where they are, shape (head, row, column).
    """

    inputs: Floats
    labels: NDArray[np.int64]
    ventricles: NDArray[np.bool_]

    def of_class(self, label: int) -> "Heads":
        """Return those of one class."""
        chosen = self.labels == label
        return Heads(self.inputs[chosen], self.labels[chosen], self.ventricles[chosen])


def draw_heads(count: int, seed: int) -> Heads:
    """Draw heads of two classes by turns."""
    generator = np.random.default_rng(seed)
    inputs, ventricles = [], []
    labels = np.resize([NO, MILD], count)
    for number, label in enumerate(labels):
        angle = generator.uniform(0.0, 2.0 * np.pi)
        phantom = draw_phantom(
            SHAPE,
            max(float(generator.normal(WIDTH[int(label)], SPREAD)), 0.03),
            100_000 * seed + number,
            moved=(DOWN * np.sin(angle), ACROSS * np.cos(angle)),
        )
        pixels = np.where(_cyst(phantom, generator), FLUID, phantom.pixels)
        inputs.append((pixels - 0.43) / 0.37)
        ventricles.append(phantom.ventricles)
    return Heads(np.array(inputs, np.float32)[:, None], labels, np.array(ventricles))


def _cyst(phantom: Phantom, generator: np.random.Generator) -> Mask:
    """Draw a disc somewhere in the brain, not on the ventricles."""
    rows, columns = np.indices(SHAPE)
    free = phantom.brain & ~widen(phantom.ventricles, STRIDE)
    middles = np.argwhere(free)
    while True:
        row, column = middles[generator.integers(len(middles))]
        disc = np.asarray(np.hypot(rows - row, columns - column) <= CYST_RADIUS)
        if free[disc].all():
            return disc


class SmallNetwork(nn.Module):
    """Four convolutions, then what the real network ends in: a mean and a layer."""

    def __init__(self, width: int = 12) -> None:
        super().__init__()
        blocks = [
            nn.Sequential(
                nn.Conv2d(before, after, 3, stride, 1),
                nn.BatchNorm2d(after),
                nn.ReLU(),
            )
            for before, after, stride in (
                (1, width, 2),
                (width, 2 * width, 2),
                (2 * width, 2 * width, 1),
            )
        ]
        self.blocks = nn.Sequential(*blocks)
        self.fc = nn.Linear(2 * width, 4)

    def features(self, images: torch.Tensor) -> torch.Tensor:
        """Give the last activations, a place for every `STRIDE` pixels."""
        activations: torch.Tensor = self.blocks(images)
        return activations

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Give the logits, shape (n, class)."""
        logits: torch.Tensor = self.fc(self.features(images).mean(dim=(2, 3)))
        return logits


def random_network(seed: int) -> SmallNetwork:
    """Give a network that has learnt nothing."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return SmallNetwork().eval()


def train(heads: Heads, labels: NDArray[np.int64], seed: int = 0) -> SmallNetwork:
    """Train a network for some seconds.

    Args:
        heads: What it sees.
        labels: What it is told of them.
        seed: Of its weights and the order of heads.

    Returns:
        In evaluation mode.
    """
    epochs, batch = 12, 24
    network = random_network(seed).train()
    images, targets = torch.from_numpy(heads.inputs), torch.from_numpy(labels)
    optimiser = torch.optim.AdamW(network.parameters(), weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, 6e-3, epochs * -(-len(images) // batch)
    )
    generator = torch.Generator().manual_seed(seed)
    for _ in range(epochs):
        for chosen in torch.randperm(len(images), generator=generator).split(batch):  # type: ignore[no-untyped-call]  # torch
            optimiser.zero_grad()
            functional.cross_entropy(  # type: ignore[no-untyped-call]  # torch
                network(images[chosen]), targets[chosen]
            ).backward()
            optimiser.step()
            schedule.step()
    return network.eval()


def as_run(network: SmallNetwork) -> Run:
    """Return what gives logits and maps, as the real network does."""
    whole = ResNet50WithMaps(cast("ResNet50", network)).eval()

    def run(batch: Floats) -> Evidence:
        with torch.inference_mode():
            logits, maps = whole(torch.from_numpy(np.ascontiguousarray(batch)))
        return Evidence(logits.numpy(), maps.numpy())

    return run
