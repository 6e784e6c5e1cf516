"""The model for other runtimes: one ONNX file that answers as alzer does, and says so.

A bundle's own graph gives what the network makes of an input. alzer averages that with
what it makes of the mirror image, and turns logits into probabilities. Here both are
part of the graph, so that every runtime gives alzer's numbers.
"""

import json
from dataclasses import asdict
from typing import Any, Final

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from alzer.classes import CLASS_NAMES
from alzer.model.bundle import Bundle
from alzer.model.preparation import InputSpec

DISCLAIMER: Final = (
    "Research and education software. Not a medical device and not a diagnosis; "
    "nothing in the care of anyone may rest on it."
)

# The last index of an axis that is read backwards ends before its first.
_BEFORE_FIRST: Final = np.iinfo(np.int64).min


def describe_preparation(spec: InputSpec) -> str:
    """Return how an input is made of a slice, for a person.

    Args:
        spec: What the network expects.
    """
    values = (
        "black and white by landmarks of the tissue (Otsu's cut between grey and white "
        "matter)"
        if spec.standardisation == "tissue"
        else f"the percentiles {spec.black_percentile:g} and {spec.white_percentile:g}"
    )
    return (
        f"One axial T1-weighted slice of a skull-stripped head, the back of the head "
        f"up. The head's box is centred in {spec.height} x {spec.width} pixels, its "
        f"proportions kept, with {spec.margin:.0%} free on each side, and resampled "
        f"once (bilinear, antialiased). Values: {values} become 0 and 1, at most "
        f"{spec.ceiling:g} is kept; then minus {spec.mean:g}, divided by "
        f"{spec.deviation:g}. alzer.model.preparation.prepare does this; the inputs of "
        "an analysis are in its evidence (inputs)."
    )


def provenance(bundle: Bundle, licence: str) -> dict[str, str]:
    """Return what whoever gets the model has to know of it.

    Args:
        bundle: The model.
        licence: Under which it may be used.

    Returns:
        Texts by name; what is no text is JSON.
    """
    data: dict[str, Any] = bundle.card.get("data") or {}
    return {
        "name": bundle.name,
        "version": bundle.version,
        "sha256": bundle.sha256,
        "classes": json.dumps(CLASS_NAMES),
        "input": json.dumps(asdict(bundle.spec)),
        "preparation": describe_preparation(bundle.spec),
        "outputs": "logits and probabilities (n, class), calibrated for slices where "
        "the card says so; maps (n, class, row, column) in logit units; ood_score (n,) "
        "where there is one. All are means over the input and its mirror image.",
        "data": str(data.get("source") or "not stated"),
        "acknowledgement": str(data.get("acknowledgement") or ""),
        "limitations": json.dumps(list(bundle.card.get("limitations") or ())),
        "licence": licence,
        "disclaimer": DISCLAIMER,
    }


def portable_onnx(bundle: Bundle, licence: str) -> bytes:
    """Write a model for runtimes that know nothing of alzer.

    Args:
        bundle: The model.
        licence: Under which it may be used.

    Returns:
        An ONNX file: input `images` (n, 1, row, column); outputs `logits`,
        `probabilities`, `maps` and, where the bundle has it, `ood_score`. What
        `provenance` tells is in its metadata.
    """
    proto = onnx.load_from_string(bundle.onnx)
    graph = proto.graph
    outputs = [value.name for value in graph.output]
    nodes = [*_doubling(graph), *_rename_outputs(graph, outputs), *_averaging(outputs)]
    _set_order(graph, nodes)
    shape: list[str | int | None] = ["n", len(CLASS_NAMES)]
    floats = TensorProto.FLOAT
    graph.output.insert(
        1, helper.make_tensor_value_info("probabilities", floats, shape)
    )
    # Sizes within are those of twice as many inputs now.
    del graph.value_info[:]
    proto.producer_name, proto.doc_string = "alzer", DISCLAIMER
    helper.set_model_props(proto, provenance(bundle, licence))
    onnx.checker.check_model(proto, full_check=True)
    return bytes(proto.SerializeToString())


def _doubling(graph: onnx.GraphProto) -> list[onnx.NodeProto]:
    """Let the network see each input and its mirror image."""
    (images,) = (value.name for value in graph.input)
    for node in graph.node:
        for index, name in enumerate(node.input):
            if name == images:
                node.input[index] = "both"
    numbers = {"mirror_from": -1, "mirror_to": _BEFORE_FIRST, "mirror_axis": 3}
    numbers["mirror_step"] = -1
    graph.initializer.extend(
        numpy_helper.from_array(np.array([value], np.int64), name)
        for name, value in numbers.items()
    )
    half = numpy_helper.from_array(np.array(0.5, np.float32), "mirror_half")
    graph.initializer.append(half)
    return [
        helper.make_node("Slice", [images, *numbers], ["mirrored"]),
        helper.make_node("Concat", [images, "mirrored"], ["both"], axis=0),
    ]


def _rename_outputs(graph: onnx.GraphProto, outputs: list[str]) -> list[onnx.NodeProto]:
    """Return the network's own nodes, whose outputs are those of both images."""
    for node in graph.node:
        for names in (node.input, node.output):
            for index, name in enumerate(names):
                if name in outputs:
                    names[index] = f"{name}_both"
    return list(graph.node)


def _averaging(outputs: list[str]) -> list[onnx.NodeProto]:
    """Average what the network makes of the two; maps are mirrored back."""
    nodes = []
    for name in outputs:
        halves = [f"{name}_own", f"{name}_mirrored"]
        nodes.append(
            helper.make_node("Split", [f"{name}_both"], halves, axis=0, num_outputs=2)
        )
        if name == "maps":
            back = [halves[1], "mirror_from", "mirror_to", "mirror_axis", "mirror_step"]
            nodes.append(helper.make_node("Slice", back, ["maps_back"]))
            halves[1] = "maps_back"
        nodes.append(helper.make_node("Add", halves, [f"{name}_sum"]))
        nodes.append(helper.make_node("Mul", [f"{name}_sum", "mirror_half"], [name]))
    nodes.append(helper.make_node("Softmax", ["logits"], ["probabilities"], axis=1))
    return nodes


def _set_order(graph: onnx.GraphProto, nodes: list[onnx.NodeProto]) -> None:
    kept = [onnx.NodeProto.FromString(node.SerializeToString()) for node in nodes]
    del graph.node[:]
    graph.node.extend(kept)
