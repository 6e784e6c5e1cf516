"""From trained weights to a bundle that serving can load without torch."""

import copy
import json
import logging
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from alzer.errors import EngineUnavailable
from alzer.model.bundle import CARD_FILE, MODEL_FILE, card_fields
from alzer.model.preparation import InputSpec
from alzer.training.files import write_whole
from alzer.training.network import Bottleneck, OodScore, ResNet50, ResNet50WithMaps

# Tensors with fewer values (the biases) stay in float32: halving them saves
# nothing.
MIN_HALVED_VALUES = 1024

OPSET = 18


def export_onnx(
    network: ResNet50, spec: InputSpec, ood_score: OodScore | None = None
) -> bytes:
    """Write the network as ONNX with float16 weights.

    Batch normalisation is folded into the convolutions; arithmetic stays float32.

    Args:
        network: Trained; left as it is.
        spec: What the network expects.
        ood_score: Gives how unlike the training slices an input is.

    Raises:
        EngineUnavailable: If torch's exporter fails.

    Returns:
        The model file: input `images` (n, 1, row, column), outputs `logits`
        (n, class), `maps` (n, class, row, column) and, if asked for, `ood_score`
        (n,).
    """
    folded = fold_batch_norm(network)
    model = ResNet50WithMaps(folded, ood_score).eval()
    outputs = ["logits", "maps"] + ["ood_score"] * (ood_score is not None)
    # Two images, since an example of one would fix the batch size at one.
    example = torch.zeros(2, 1, spec.height, spec.width)
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        # The exporter's own dependencies warn of their own future changes.
        warnings.simplefilter("ignore")
        program = torch.onnx.export(
            model,
            (example,),
            dynamo=True,
            verbose=False,
            input_names=["images"],
            output_names=outputs,
            dynamic_shapes=({0: torch.export.Dim("n", min=1, max=1024)},),
            opset_version=OPSET,
        )
    if program is None:
        message = "The exporter gave no model."
        raise EngineUnavailable(message)
    proto = program.model_proto
    _drop_provenance(proto)
    halve_weights(proto)
    onnx.checker.check_model(proto, full_check=True)
    return bytes(proto.SerializeToString())


def write_bundle(
    folder: Path, model: bytes, spec: InputSpec, card: Mapping[str, Any]
) -> None:
    """Write model.onnx and card.json, each whole or not at all.

    Args:
        folder: Created if absent.
        model: The model file's bytes.
        spec: What the network expects.
        card: name, version and everything else that people should know.
    """
    write_whole(folder / MODEL_FILE, model)
    whole = {**card, **card_fields(spec, model)}
    text = json.dumps(whole, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    write_whole(folder / CARD_FILE, text.encode())


def fold_batch_norm(network: ResNet50) -> ResNet50:
    """Return a copy whose normalisation is part of the convolutions before it.

    Args:
        network: ClientDisconnected as it is.

    Returns:
        The same function for inference, in float32 on the CPU.
    """
    folded = copy.deepcopy(network).cpu().float().eval()
    _fold(folded, "conv1", "bn1")
    for block in folded.modules():
        if isinstance(block, Bottleneck):
            for index in (1, 2, 3):
                _fold(block, f"conv{index}", f"bn{index}")
            if isinstance(block.downsample, nn.Sequential):
                _fold(block.downsample, "0", "1")
    return folded


def halve_weights(proto: onnx.ModelProto) -> None:
    """Store weights as float16, each cast back to float32 where it is used.

    Args:
        proto: Changed in place.
    """
    casts = []
    for tensor in proto.graph.initializer:
        values = numpy_helper.to_array(tensor)
        if tensor.data_type != TensorProto.FLOAT or values.size < MIN_HALVED_VALUES:
            continue
        if tensor.name.startswith("ood_score."):
            continue  # distances add up small differences
        name, halved = tensor.name, f"{tensor.name}_float16"
        tensor.CopyFrom(numpy_helper.from_array(values.astype(np.float16), halved))
        casts.append(helper.make_node("Cast", [halved], [name], to=TensorProto.FLOAT))
    nodes = [*casts, *proto.graph.node]
    del proto.graph.node[:]
    proto.graph.node.extend(nodes)


def _fold(parent: nn.Module, convolution: str, norm: str) -> None:
    fused = fuse_conv_bn_eval(getattr(parent, convolution), getattr(parent, norm))
    setattr(parent, convolution, fused)
    setattr(parent, norm, nn.Identity())


def _drop_provenance(proto: onnx.ModelProto) -> None:
    """Remove stack traces, which name files of the machine that exported."""
    for node in proto.graph.node:
        del node.metadata_props[:]
        node.doc_string = ""
    del proto.graph.metadata_props[:]
    for value in (*proto.graph.value_info, *proto.graph.input, *proto.graph.output):
        del value.metadata_props[:]
    del proto.metadata_props[:]
