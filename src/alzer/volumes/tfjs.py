"""Read a chain of 3-D convolutions from the files of a TensorFlow.js model.

Of that format only what such a chain needs is read; anything else is refused.

Source: tensorflow.org/js/guide/save_load, "layers-model".
"""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NoReturn

import numpy as np
from numpy.typing import NDArray

from alzer.errors import DamagedBundle

Weights = NDArray[np.float32]

# From (i, j, k, input, output) to (output, input, i, j, k), as engines want it.
_CHANNELS_FIRST: Final = (4, 3, 0, 1, 2)

# What every convolution of such a chain says.
_FIXED: Final[Mapping[str, object]] = {
    "padding": "same",
    "strides": [1, 1, 1],
    "data_format": "channels_last",
    "activation": "linear",
    "use_bias": True,
}

# Far above what a network that runs on a CPU has, and far below what fills memory.
_MOST_CHANNELS: Final = 512
_LARGEST_DILATION: Final = 64


@dataclass(frozen=True)
class Convolution:
    """One layer, as large as its input; an ELU follows unless it is the last layer.

    Attributes:
        kernel: shape (output, input, i, j, k), finite; i, j and k are 1 or 3.
        bias: shape (output,), finite.
        dilation: Distance between what the kernel looks at, in voxels.
    """

    kernel: Weights
    bias: Weights
    dilation: int

    @property
    def reach(self) -> int:
        """How many voxels away, along an axis, a voxel has influence."""
        return self.dilation * (int(self.kernel.shape[-1]) // 2)


def read_convolutions(topology: bytes, weights: bytes) -> tuple[Convolution, ...]:
    """Read a network that is nothing but convolutions with ELUs between them.

    Args:
        topology: Content of `model.json`.
        weights: Content of the one file of weights that it names, float32.

    Returns:
        The layers in their order, at least one.

    Raises:
        DamagedBundle: If the files contradict one another, end early, or hold a
            network of another kind.
    """
    try:
        document = json.loads(topology)
        layers = document["modelTopology"]["model_config"]["config"]["layers"]
        (group,) = document["weightsManifest"]
        arrays = _read_arrays(group["weights"], weights)
        return tuple(_read_chain(layers, arrays))
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        message = (
            "model.json is not one that describes a chain of 3-D convolutions; "
            "fetch the model again."
        )
        raise DamagedBundle(message) from error


def _read_arrays(
    manifest: Sequence[Mapping[str, Any]], content: bytes
) -> dict[str, Weights]:
    """Return the arrays by name; all bytes belong to one of them."""
    expected = sum(4 * math.prod(_shape(entry)) for entry in manifest)
    if len(content) != expected:
        _refuse(f"model.bin holds {len(content)} bytes; model.json says {expected}")
    arrays, begin = {}, 0
    for entry in manifest:
        shape = _shape(entry)
        array = np.frombuffer(content, "<f4", math.prod(shape), begin)
        if not np.isfinite(array).all():
            _refuse("Some weights are not finite numbers")
        arrays[str(entry["name"])] = array.reshape(shape)
        begin += array.nbytes
    return arrays


def _shape(entry: Mapping[str, Any]) -> tuple[int, ...]:
    """Return the shape of an array of the manifest."""
    shape = tuple(entry["shape"])
    if entry["dtype"] != "float32" or entry.get("quantization"):
        _refuse("The weights are not in float32")
    if not all(type(n) is int and 0 < n <= _MOST_CHANNELS for n in shape):
        _refuse("The shapes of the weights are no small whole numbers")
    return shape


def _read_chain(
    layers: Sequence[Mapping[str, Any]], arrays: Mapping[str, Weights]
) -> Iterator[Convolution]:
    """Yield the convolutions; each takes what the one before gives."""
    kinds = [layer["class_name"] for layer in layers]
    pairs = len(kinds) // 2 - 1
    if kinds != ["InputLayer", *["Conv3D", "Activation"] * pairs, "Conv3D"]:
        _refuse("The layers are not convolutions with activations between them")
    channels, before = 1, layers[0]["name"]
    for layer in layers[1:]:
        (((source, *_),),) = layer["inbound_nodes"]
        if source != before:
            _refuse("The layers are no chain")
        before = layer["name"]
        if layer["class_name"] == "Conv3D":
            convolution = _read_convolution(layer["config"], arrays, channels)
            channels = convolution.bias.size
            yield convolution
        elif layer["config"]["activation"] != "elu":
            _refuse("An activation is no ELU")


def _read_convolution(
    config: Mapping[str, Any], arrays: Mapping[str, Weights], channels: int
) -> Convolution:
    """Return one layer.

    Args:
        config: Of the layer.
        arrays: All weights by name.
        channels: What it takes.
    """
    if any(config[name] != value for name, value in _FIXED.items()):
        _refuse("A convolution is of another kind")
    kernel, bias = (arrays[f"{config['name']}/{part}"] for part in ("kernel", "bias"))
    *edges, taken, given = kernel.shape
    if edges not in ([1, 1, 1], [3, 3, 3]) or taken != channels:
        _refuse("A kernel has a shape that does not fit")
    if bias.shape != (given,):
        _refuse("A bias has a shape that does not fit")
    dilation, *others = config["dilation_rate"]
    if others != [dilation, dilation] or not 1 <= dilation <= _LARGEST_DILATION:
        _refuse("A dilation is not the same along all axes, or too large")
    turned = np.ascontiguousarray(kernel.transpose(_CHANNELS_FIRST))
    return Convolution(turned, bias, dilation)


def _refuse(found: str) -> NoReturn:
    message = f"{found}; fetch the model again."
    raise DamagedBundle(message)
