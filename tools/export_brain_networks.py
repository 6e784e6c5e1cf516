"""From deepbet's wheel to the two brain networks that alzer ships.

deepbet (PyPI, version 1.0.2, MIT licence) finds the brain in a T1-weighted MRI of a
head by two networks of the same kind: one finds where the brain is, one draws its
outline. Serving knows no torch, so their weights are written once as ONNX::

    pip download --no-deps deepbet==1.0.2
    .venv-test/bin/python tools/export_brain_networks.py deepbet-1.0.2-py3-none-any.whl

It needs the extra `train`. The graphs compute in float32; their weights are stored
as float16. What the networks give is the log-odds of brain: the difference of the
originals' two outputs before their softmax, in one output.

Source: Fisch et al., deepbet: Fast brain extraction of T1-weighted MRI using
Convolutional Neural Networks, arXiv 2308.07003; the networks are LinkNets
(Chaurasia and Culurciello, arXiv 1707.03718) in three dimensions.
"""

import argparse
import hashlib
import io
import sys
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import torch
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from alzer.training.export import OPSET, halve_weights
from alzer.training.files import write_whole

Weights = Mapping[str, NDArray[np.float32]]

FOLDER = Path(__file__).resolve().parents[1] / "src" / "alzer" / "volumes" / "networks"


@dataclass(frozen=True)
class Original:
    """One of the wheel's networks.

    Attributes:
        path: Its place in the wheel.
        sha256: Of that file.
        edge: Voxels along each side of its input, a cube.
        name: What its ONNX file is called here.
    """

    path: str
    sha256: str
    edge: int
    name: str


ORIGINALS = (
    Original(
        "data/models/bbox_model.pt",
        "39a7b2b5f799faa1391ea97bfcdc0b9299f20d84f2316a4ff8918dc4685e40aa",
        128,
        "brain-place.onnx",
    ),
    Original(
        "data/models/model.pt",
        "de8ee7c69654d0dd3935dc4a5d84571d8ecf4637a6bfc01df399c4c2bc86e0fd",
        256,
        "brain-outline.onnx",
    ),
)


class Graph:
    """An ONNX graph that grows by one layer at a time; each returns its value's name.

    Args:
        weights: The original's, by name.
    """

    def __init__(self, weights: Weights) -> None:
        self._weights = weights
        self.nodes: list[onnx.NodeProto] = []
        self.initializers: list[onnx.TensorProto] = []

    def convolve(self, value: str, layer: str, stride: int = 1) -> str:
        """Convolve; the size is kept, or divided by the stride."""
        weight = self._weights[f"{layer}.weight"]
        pad = weight.shape[-1] // 2
        self._store(f"{layer}.weight", weight)
        return self._add(
            "Conv",
            [value, f"{layer}.weight"],
            layer,
            strides=[stride] * 3,
            pads=[pad] * 6,
        )

    def enlarge(self, value: str, layer: str, stride: int = 2) -> str:
        """Convolve the transposed way by a 3 x 3 x 3 kernel; the size grows."""
        self._store(f"{layer}.weight", self._weights[f"{layer}.weight"])
        return self._add(
            "ConvTranspose",
            [value, f"{layer}.weight"],
            layer,
            strides=[stride] * 3,
            pads=[1] * 6,
            output_padding=[stride - 1] * 3,
        )

    def log_odds(self, value: str, layer: str) -> str:
        """Double the size; the second class's value less the first's."""
        weight, bias = (self._weights[f"{layer}.{name}"] for name in ("weight", "bias"))
        self._store(f"{layer}.weight", weight[:, 1:] - weight[:, :1])
        self._store(f"{layer}.bias", bias[1:] - bias[:1])
        inputs = [value, f"{layer}.weight", f"{layer}.bias"]
        return self._add("ConvTranspose", inputs, layer, strides=[2] * 3)

    def normalise(self, value: str, layer: str, channels: int) -> str:
        """Give each channel mean 0 and variance 1; a bias before it has no effect."""
        ones, zeros = f"ones_{channels}", f"zeros_{channels}"
        self._store(ones, np.ones(channels, np.float32))
        self._store(zeros, np.zeros(channels, np.float32))
        inputs = [value, ones, zeros]
        return self._add(
            "InstanceNormalization", inputs, f"{layer}.normal", epsilon=1e-5
        )

    def activate(self, value: str) -> str:
        """Set what is negative to zero."""
        return self._add("Relu", [value], f"{value}.relu")

    def halve(self, value: str) -> str:
        """Take the largest of each 3 x 3 x 3, at every second position."""
        options = {"kernel_shape": [3] * 3, "strides": [2] * 3, "pads": [1] * 6}
        return self._add("MaxPool", [value], f"{value}.half", **options)

    def add(self, value: str, other: str) -> str:
        """Add two values."""
        return self._add("Add", [value, other], f"{value}.sum")

    def channels(self, layer: str, axis: int = 0) -> int:
        """Return how many channels a layer gives."""
        return int(self._weights[f"{layer}.weight"].shape[axis])

    def has(self, layer: str) -> bool:
        """Return whether the original has that layer."""
        return f"{layer}.weight" in self._weights

    def _store(self, name: str, values: NDArray[np.float32]) -> None:
        if all(tensor.name != name for tensor in self.initializers):
            self.initializers.append(numpy_helper.from_array(values, name))

    def _add(
        self,
        operator: str,
        inputs: list[str],
        output: str,
        **options: Any,  # noqa: ANN401 - ONNX attributes
    ) -> str:
        self.nodes.append(helper.make_node(operator, inputs, [output], **options))
        return output


def build_graph(weights: Weights) -> Graph:
    """Return the whole network, its last value called `log_odds`."""
    graph = Graph(weights)
    first = graph.halve(_convolution(graph, "image", "init.0", stride=2))
    levels = [first]
    for level in range(4):
        value = _block(graph, levels[-1], f"down{level}.block1", 1 + (level > 0))
        levels.append(_block(graph, value, f"down{level}.block2", 1))
    value = levels.pop()
    for step in range(4):
        value = _up(graph, value, f"up{step}", 2 if step < 3 else 1)
        value = graph.add(value, levels[-1 - step])
    value = _enlargement(graph, value, "tp_conv1.0", 2)
    value = _convolution(graph, value, "conv.0")
    graph.log_odds(value, "tp_conv2")
    graph.nodes[-1].output[0] = "log_odds"
    return graph


def write_model(graph: Graph, edge: int) -> onnx.ModelProto:
    """Return the graph as a model for one cube of that many voxels along each side."""
    shape = [1, 1, edge, edge, edge]
    model = helper.make_model(
        helper.make_graph(
            graph.nodes,
            "brain",
            [helper.make_tensor_value_info("image", TensorProto.FLOAT, shape)],
            [helper.make_tensor_value_info("log_odds", TensorProto.FLOAT, shape)],
            graph.initializers,
        ),
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=10,
        producer_name="alzer",
    )
    halve_weights(model)
    onnx.checker.check_model(model, full_check=True)
    return model


def largest_difference(original: torch.jit.ScriptModule, graph: Graph) -> float:
    """Return by how much probabilities differ on noise, for float16 weights too."""
    image = np.random.default_rng(0).normal(0.45, 0.23, (1, 1, 64, 64, 64))
    image = image.astype(np.float32)
    session = onnxruntime.InferenceSession(
        write_model(graph, 64).SerializeToString(), providers=["CPUExecutionProvider"]
    )
    (log_odds,) = session.run(None, {"image": image})
    with torch.no_grad():
        expected = original(torch.from_numpy(image))[:, 1:].numpy()
    return float(np.abs(1.0 / (1.0 + np.exp(-log_odds)) - expected).max())


def export(wheel: zipfile.ZipFile, original: Original, folder: Path) -> str:
    """Write one network.

    Args:
        wheel: deepbet's.
        original: Which of its networks.
        folder: Where to write it.

    Returns:
        What was written, for people.

    Raises:
        SystemExit: If the wheel holds another file than the expected one.
    """
    content = wheel.read(original.path)
    if hashlib.sha256(content).hexdigest() != original.sha256:
        message = f"{original.path} is not that of deepbet 1.0.2; give that wheel."
        raise SystemExit(message)
    network = torch.jit.load(  # type: ignore[no-untyped-call]
        io.BytesIO(content), map_location="cpu"
    ).eval()
    weights = {name: value.numpy() for name, value in network.state_dict().items()}
    model = write_model(build_graph(weights), original.edge).SerializeToString()
    write_whole(folder / original.name, model)
    digest = hashlib.sha256(model).hexdigest()
    difference = largest_difference(network, build_graph(weights))
    return f"{original.name}: SHA-256 {digest}, on noise {difference:.1e} off"


def main() -> None:
    """Read the command line and export both networks."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("wheel", type=Path, help="deepbet-1.0.2-py3-none-any.whl")
    parser.add_argument("--output", type=Path, default=FOLDER)
    arguments = parser.parse_args()
    arguments.output.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(arguments.wheel) as wheel:
        for original in ORIGINALS:
            sys.stdout.write(f"{export(wheel, original, arguments.output)}\n")


def _convolution(graph: Graph, value: str, layer: str, stride: int = 1) -> str:
    value = graph.convolve(value, layer, stride)
    return graph.activate(graph.normalise(value, layer, graph.channels(layer)))


def _enlargement(graph: Graph, value: str, layer: str, stride: int) -> str:
    value = graph.enlarge(value, layer, stride)
    return graph.activate(graph.normalise(value, layer, graph.channels(layer, 1)))


def _block(graph: Graph, value: str, name: str, stride: int) -> str:
    """Two convolutions beside a short cut."""
    first, second = f"{name}.double_conv.0", f"{name}.double_conv.3"
    inner = _convolution(graph, value, first, stride)
    inner = graph.convolve(inner, second)
    inner = graph.normalise(inner, second, graph.channels(second))
    cut = f"{name}.downsample.0"
    if graph.has(cut):
        value = graph.convolve(value, cut, stride)
        value = graph.normalise(value, cut, graph.channels(cut))
    return graph.activate(graph.add(inner, value))


def _up(graph: Graph, value: str, name: str, stride: int) -> str:
    value = _convolution(graph, value, f"{name}.conv1.0")
    value = _enlargement(graph, value, f"{name}.tp_conv.0", stride)
    return _convolution(graph, value, f"{name}.conv2.0")


if __name__ == "__main__":
    main()
