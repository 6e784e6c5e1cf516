"""The network of a bundle in torch again, and as TorchScript that answers as alzer."""

import io
import warnings
from collections.abc import Mapping

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import Tensor, nn

from alzer.errors import EngineUnavailable, InvalidRequest
from alzer.model.bundle import Bundle
from alzer.model.engine import load_model
from alzer.model.geometry import CELL_STRIDE
from alzer.training.export import fold_batch_norm
from alzer.training.network import ResNet50, ResNet50WithMaps

# By so much logits of two engines may differ: rounding in another order.
_MOST_APART = 1e-3

_HALVED = "_float16"


class MirroredNetwork(nn.Module):
    """Logits as alzer has them: the mean over an input and its mirror image.

    Args:
        network: Gives logits and maps.
    """

    def __init__(self, network: ResNet50WithMaps) -> None:
        super().__init__()
        self.network = network

    def forward(self, images: Tensor) -> Tensor:
        """Give the logits, shape (n, class), of images (n, 1, row, column)."""
        logits = self.network(images)[0]
        mirrored: Tensor = self.network(images.flip(3))[0]
        mean: Tensor = (logits + mirrored) * 0.5
        return mean


def restore_network(bundle: Bundle) -> MirroredNetwork:
    """Build the network of a bundle from the weights in its graph.

    Args:
        bundle: The model.

    Returns:
        The network, in evaluation mode, its normalisation folded as it is served.

    Raises:
        InvalidRequest: The graph is of another architecture.
        EngineUnavailable: The network answers otherwise than the bundle.
    """
    folded = fold_batch_norm(ResNet50(dense=bundle.spec.cell_stride < CELL_STRIDE))
    try:
        folded.load_state_dict(_weights(bundle.onnx))
    except (RuntimeError, KeyError, ValueError) as error:
        message = (
            "Only networks that `alzer train` made become a MONAI Bundle: this one is "
            "of another architecture. Export it as ONNX."
        )
        raise InvalidRequest(message) from error
    network = MirroredNetwork(ResNet50WithMaps(folded)).eval()
    _require_same(network, bundle)
    return network


def as_torchscript(network: MirroredNetwork, bundle: Bundle) -> bytes:
    """Return a network as a TorchScript file.

    Args:
        network: In evaluation mode.
        bundle: Says how large its inputs are.
    """
    content = io.BytesIO()
    example = torch.zeros(2, 1, bundle.spec.height, bundle.spec.width)
    with warnings.catch_warnings(), torch.inference_mode(mode=False), torch.no_grad():
        # The form that MONAI's bundles have; torch would rather have another.
        warnings.simplefilter("ignore")
        traced = torch.jit.trace(network, example)  # type: ignore[no-untyped-call]  # torch's own
        torch.jit.save(traced, content)
    return content.getvalue()


def as_state(network: nn.Module) -> bytes:
    """Return weights as torch saves them, in float16, as bundles hold them."""
    content = io.BytesIO()
    state = {name: values.half() for name, values in network.state_dict().items()}
    torch.save(state, content)
    return content.getvalue()


def _weights(content: bytes) -> Mapping[str, Tensor]:
    """Read the weights of a graph by the names of the network's parameters."""
    graph = onnx.load_from_string(content).graph
    (maps,) = (node for node in graph.node if "maps" in node.output)
    last = maps.input[1].removesuffix(_HALVED)
    found = {}
    for tensor in graph.initializer:
        name = tensor.name.removesuffix(_HALVED)
        values = torch.from_numpy(numpy_helper.to_array(tensor).astype(np.float32))
        if name == last:
            found["fc.weight"] = values.reshape(values.shape[:2])
        elif name.startswith("network."):
            found[name.removeprefix("network.")] = values
    return found


def _require_same(network: MirroredNetwork, bundle: Bundle) -> None:
    """Ask both the same.

    Raises:
        EngineUnavailable: They answer otherwise.
    """
    shape = (2, 1, bundle.spec.height, bundle.spec.width)
    batch = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    expected = load_model(bundle, "openvino", "fp32").run(batch).logits
    with torch.inference_mode():
        found = network(torch.from_numpy(batch)).numpy()
    if not np.allclose(found, expected, atol=_MOST_APART):
        message = (
            "The network that was built from the bundle answers otherwise than the "
            "bundle; nothing is exported."
        )
        raise EngineUnavailable(message)
