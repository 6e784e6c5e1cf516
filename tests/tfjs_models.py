"""Networks as TensorFlow.js writes them, small and with a known meaning."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from alzer.volumes.addon import Addon, AddonFile, digest_of
from alzer.volumes.tfjs import Convolution

Document = dict[str, Any]


def random_chain(
    dilations: Sequence[int], channels: int = 5, classes: int = 4
) -> tuple[Convolution, ...]:
    """Return layers with random weights: 3 x 3 x 3, the last one 1 x 1 x 1."""
    generator = np.random.default_rng(0)
    counts = [1, *[channels] * len(dilations), classes]
    edges = [*[3] * len(dilations), 1]
    return tuple(
        Convolution(
            generator.normal(0.0, 0.5, (given, taken, edge, edge, edge)).astype("f4"),
            generator.normal(0.0, 0.5, given).astype("f4"),
            dilation,
        )
        for taken, given, edge, dilation in zip(
            counts, counts[1:], edges, [*dilations, 1], strict=False
        )
    )


def nearest_grey(greys: Sequence[float]) -> Convolution:
    """Return a layer that names the nearest of some greys: 0, 1, 2, ..."""
    levels = np.asarray(greys, np.float32)
    return Convolution((2.0 * levels).reshape(-1, 1, 1, 1, 1), -(levels**2), dilation=1)


def look_aside(tap: tuple[int, int, int], dilation: int) -> Convolution:
    """Return a layer that gives the grey of a neighbour.

    Args:
        tap: 0, 1 or 2 along each axis; 1 is the voxel's own place.
        dilation: How far away the neighbour is, in voxels.
    """
    kernel = np.zeros((1, 1, 3, 3, 3), np.float32)
    kernel[0, 0][tap] = 1.0
    return Convolution(kernel, np.zeros(1, np.float32), dilation)


def as_tfjs(layers: Sequence[Convolution]) -> tuple[Document, bytes]:
    """Return the content of model.json, before it is written, and of model.bin."""
    drawn: list[Document] = [_layer("InputLayer", "input", {}, None)]
    manifest, weights = [], b""
    for number, layer in enumerate(layers):
        name = f"conv3d_{number}"
        kernel = layer.kernel.transpose(2, 3, 4, 1, 0)
        config = {
            "padding": "same",
            "strides": [1, 1, 1],
            "data_format": "channels_last",
            "activation": "linear",
            "use_bias": True,
            "dilation_rate": [layer.dilation] * 3,
        }
        drawn.append(_layer("Conv3D", name, config, drawn[-1]["name"]))
        for part, array in (("kernel", kernel), ("bias", layer.bias)):
            entry = {"name": f"{name}/{part}", "shape": list(array.shape)}
            manifest.append({**entry, "dtype": "float32"})
            weights += array.astype("<f4").tobytes()
        if number < len(layers) - 1:
            elu = {"activation": "elu"}
            drawn.append(_layer("Activation", f"elu_{number}", elu, name))
    topology = {"model_config": {"config": {"layers": drawn}}}
    groups = [{"paths": ["model.bin"], "weights": manifest}]
    return {"modelTopology": topology, "weightsManifest": groups}, weights


def _layer(kind: str, name: str, config: Document, before: str | None) -> Document:
    nodes = [] if before is None else [[[before, 0, 0, {}]]]
    config = {"name": name, **config}
    return {"class_name": kind, "name": name, "config": config, "inbound_nodes": nodes}


def small_addon(folder: Path, source: str = "https://models.example.org/") -> Addon:
    """Write the files of an add-on into a folder, and return the add-on."""
    document, weights = as_tfjs(random_chain([1]))
    folder.mkdir(parents=True, exist_ok=True)
    contents = {"model.json": json.dumps(document).encode(), "model.bin": weights}
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    files = tuple(
        AddonFile(name, len(content), digest_of(content))
        for name, content in contents.items()
    )
    return Addon("structures", "A small network", "MIT", source, files)
