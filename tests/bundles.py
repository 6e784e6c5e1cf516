"""A bundle that is small enough to be made and loaded in every test."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from alzer.model.bundle import CARD_FILE, MODEL_FILE, card_fields
from alzer.model.geometry import CELL_STRIDE
from alzer.model.preparation import InputSpec

# Where bundles were written by this run.
WRITTEN: list[Path] = []


def tiny_onnx(
    weights: Sequence[float] = (1.0, 0.5, -0.5, -1.0),
    biases: Sequence[float] = (0.0, 0.0, 0.0, 0.0),
    *,
    ood_score: bool = False,
) -> bytes:
    """Return a graph of one convolution with the outputs of a bundle.

    Its maps are these multiples of single pixels; as it stands, bright ones
    speak for the first class, dark ones for the last. The ood_score, if asked for,
    is the mean of the input.
    """
    kernel = np.array(weights, np.float32).reshape(4, 1, 1, 1)
    bias = np.array(biases, np.float32)
    strides = [CELL_STRIDE, CELL_STRIDE]
    nodes = [
        helper.make_node("Conv", ["images", "weights"], ["maps"], strides=strides),
        helper.make_node("GlobalAveragePool", ["maps"], ["pooled"]),
        helper.make_node("Flatten", ["pooled"], ["means"]),
        helper.make_node("Add", ["means", "bias"], ["logits"]),
    ]
    floats = TensorProto.FLOAT
    extra = []
    if ood_score:
        nodes += [
            helper.make_node("GlobalAveragePool", ["images"], ["mean"]),
            helper.make_node("Flatten", ["mean"], ["flat"]),
            helper.make_node("ReduceSum", ["flat", "axis"], ["ood_score"], keepdims=0),
        ]
        extra.append(helper.make_tensor_value_info("ood_score", floats, ["n"]))
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info("images", floats, ["n", 1, 193, 161])],
        [
            helper.make_tensor_value_info("logits", floats, ["n", 4]),
            helper.make_tensor_value_info("maps", floats, ["n", 4, 7, 6]),
            *extra,
        ],
        [
            numpy_helper.from_array(kernel, "weights"),
            numpy_helper.from_array(bias, "bias"),
            *[numpy_helper.from_array(np.array([1]), "axis")] * ood_score,
        ],
    )
    opset = [helper.make_opsetid("", 18)]
    model = helper.make_model(graph, opset_imports=opset, ir_version=10)
    onnx.checker.check_model(model, full_check=True)
    return bytes(model.SerializeToString())


def write_bundle(
    folder: Path,
    *,
    weights: Sequence[float] = (1.0, 0.5, -0.5, -1.0),
    biases: Sequence[float] = (0.0, 0.0, 0.0, 0.0),
    ood_score: bool = False,
    **facts: object,
) -> Path:
    """Write a bundle whose card holds these facts besides."""
    content = tiny_onnx(weights, biases, ood_score=ood_score)
    card = {
        "name": "tiny",
        "version": "7",
        **facts,
        **card_fields(InputSpec(), content),
    }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MODEL_FILE).write_bytes(content)
    (folder / CARD_FILE).write_text(json.dumps(card), encoding="utf-8")
    WRITTEN.append(folder)
    return folder
