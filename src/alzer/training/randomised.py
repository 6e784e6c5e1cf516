"""Networks whose weights are dealt anew: what an explanation must not survive.

Source: Adebayo et al. 2018, Sanity Checks for Saliency Maps, arXiv:1810.03292,
section 3 (cascading randomisation, from the last layer to the first).
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

import numpy as np
import onnx
from onnx import TensorProto, numpy_helper

from alzer.classes import CLASSES
from alzer.model.bundle import Bundle
from alzer.model.engine import Model, load_model

# From the last to the first; `fc` is the layer that makes maps of activations.
STAGES: Final = ("fc", "layer4", "layer3", "layer2", "layer1", "conv1")

_STAGE: Final = re.compile(r"^network\.(layer\d|conv1)\.")
_FLOATS: Final = frozenset({TensorProto.FLOAT, TensorProto.FLOAT16})


def randomise(content: bytes, stages: tuple[str, ...], seed: int) -> bytes:
    """Deal the weights of stages anew, each tensor's values among themselves.

    Their size stays what training has made it, so that activations neither vanish nor
    explode; where they stand is lost.

    Args:
        content: A model file as `export_onnx` writes it.
        stages: Some of `STAGES`.
        seed: Of the dealing.

    Returns:
        The changed file.
    """
    proto = onnx.load_model_from_string(content)
    generator = np.random.default_rng(seed)
    for tensor in proto.graph.initializer:
        if tensor.data_type in _FLOATS and _stage_of(tensor) in stages:
            values = numpy_helper.to_array(tensor)
            dealt = generator.permutation(values.ravel()).reshape(values.shape)
            tensor.CopyFrom(numpy_helper.from_array(dealt, tensor.name))
    return bytes(proto.SerializeToString())


def _stage_of(tensor: TensorProto) -> str | None:
    """Return the stage that a tensor belongs to; None of what takes no part in maps."""
    found = _STAGE.match(tensor.name)
    if found:
        return found[1]
    makes_maps = len(tensor.dims) == 4 and tensor.dims[0] == len(CLASSES)
    return "fc" if makes_maps else None


def randomised_model(bundle: Bundle, seed: int, stages: int = len(STAGES)) -> Model:
    """Return a model some of whose stages are dealt anew, the last ones first.

    Args:
        bundle: The model.
        seed: Of the dealing.
        stages: How many.

    Returns:
        The model in fp32.
    """
    content = randomise(bundle.onnx, STAGES[:stages], seed)
    return load_model(replace(bundle, onnx=content), precision="fp32")


def cascade(bundle: Bundle, seed: int) -> Iterator[tuple[str, Model]]:
    """Yield each stage's name with the model that is randomised down to it."""
    for count, stage in enumerate(STAGES, start=1):
        yield stage, randomised_model(bundle, seed, count)
