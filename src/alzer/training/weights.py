"""A trained network's weights, and the network as it is served."""

import io
from pathlib import Path

import torch
from torch import nn

from alzer.model.geometry import CELL_STRIDE
from alzer.model.preparation import InputSpec
from alzer.training.files import write_whole
from alzer.training.network import ResNet50

WEIGHTS = "network.pt"
CHECKPOINT = "checkpoint.pt"


def keep_weights(folder: Path, network: ResNet50) -> None:
    """Keep a finished run's weights; the optimiser's state has served.

    Args:
        folder: Of the run.
        network: Trained.
    """
    write_whole(folder / WEIGHTS, _as_bytes(network))
    (folder / CHECKPOINT).unlink(missing_ok=True)


def as_served(network: ResNet50, spec: InputSpec) -> ResNet50:
    """Return a network as it is served: evaluated as densely as its input asks for.

    Args:
        network: Trained; left as it is.
        spec: What it expects.

    Returns:
        The same weights, in evaluation mode.
    """
    served = ResNet50(dense=spec.cell_stride < CELL_STRIDE)
    served.load_state_dict(network.state_dict())
    device = next(network.parameters()).device
    served.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # a gap in torch's stubs
    return served.to(device).eval()


def load_network(weights: Path, spec: InputSpec) -> ResNet50:
    """Read the weights that a finished run left.

    Args:
        weights: network.pt of a run.
        spec: What the network expects.

    Returns:
        The network, in evaluation mode.
    """
    network = ResNet50()
    network.load_state_dict(torch.load(weights, weights_only=True, map_location="cpu"))
    return as_served(network, spec)


def _as_bytes(network: nn.Module) -> bytes:
    """Return a network's weights as torch saves them."""
    content = io.BytesIO()
    torch.save(network.state_dict(), content)
    return content.getvalue()
