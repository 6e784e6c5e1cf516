"""Which models the Open Inference Protocol finds here: the network, and the service.

Both are the one model that is loaded. As one name with inputs to choose from, no
client could tell from its metadata which of them to send.
"""

import re
from typing import Final

from alzer.backends.backend import ModelFacts
from alzer.classes import CLASS_NAMES
from alzer.errors import NoSuchModel
from alzer.model.engine import ModelIdentity
from alzer.web.inference_schemas import ModelMetadata, TensorMetadata
from alzer.web.tensors import BOOL, BYTES, FP32
from alzer.web.urls import INFERENCE_PATH

INPUT: Final = "input"
IMAGE: Final = "image"

# A whole head has as many slices; more of them would keep others waiting.
MOST_INPUTS: Final = 32

_DISCLAIMER: Final = "Research and education software; not a medical device."

_STRANGE: Final = re.compile(r"[^A-Za-z0-9._-]+")


def network_name(identity: ModelIdentity) -> str:
    """Return the name under which the network alone answers."""
    return _STRANGE.sub("-", identity.name) or "model"


def scan_name(identity: ModelIdentity) -> str:
    """Return the name under which whole files are answered, as by `/predict`."""
    return f"{network_name(identity)}-scan"


def infer_paths(facts: ModelFacts) -> tuple[str, ...]:
    """Return the addresses to which inputs are sent.

    Args:
        facts: Of the model that is loaded.
    """
    if facts.identity is None or facts.spec is None:
        return ()
    version = facts.identity.version
    roots = [
        f"{INFERENCE_PATH}/models/{name}"
        for name in (network_name(facts.identity), scan_name(facts.identity))
    ]
    return tuple(
        path
        for root in roots
        for path in (f"{root}/infer", f"{root}/versions/{version}/infer")
    )


def find_model(facts: ModelFacts, name: str, version: str | None) -> ModelMetadata:
    """Find a model by its name.

    Args:
        facts: Of the model that is loaded.
        name: As a request has it.
        version: Likewise; None: whichever there is.

    Returns:
        What is told of it.

    Raises:
        NoSuchModel: There is none.
    """
    identity = facts.identity
    known: dict[str, ModelMetadata] = {}
    if identity is not None and facts.spec is not None:
        known = {one.name: one for one in (_network(facts), _scan(facts))}
    found = known.get(name)
    if found is None or version not in {None, *found.versions}:
        names = " and ".join(known) or "none"
        message = f"No model of that name and version answers here; there are: {names}."
        raise NoSuchModel(message)
    return found


def _network(facts: ModelFacts) -> ModelMetadata:
    spec, outputs = facts.spec, _common(facts)
    shape = [-1, 1, spec.height, spec.width] if spec else []
    if facts.decision.ood_limit is not None:
        outputs.append(_tensor("ood_score", FP32, [-1]))
        outputs.append(_tensor("in_distribution", BOOL, [-1]))
    name = "" if facts.identity is None else network_name(facts.identity)
    return _metadata(facts, name, [_tensor(INPUT, FP32, shape)], outputs)


def _scan(facts: ModelFacts) -> ModelMetadata:
    texts = [_tensor(name, BYTES, [1]) for name in ("answer", "headline")]
    name = "" if facts.identity is None else scan_name(facts.identity)
    outputs = [*texts, *_common(facts)]
    return _metadata(facts, name, [_tensor(IMAGE, BYTES, [-1])], outputs)


def _common(facts: ModelFacts) -> list[TensorMetadata]:
    cells = list(facts.spec.cells) if facts.spec else []
    classes = len(CLASS_NAMES)
    return [
        _tensor("probabilities", FP32, [-1, classes]),
        _tensor("logits", FP32, [-1, classes]),
        _tensor("maps", FP32, [-1, classes, *cells]),
    ]


def _tensor(name: str, datatype: str, shape: list[int]) -> TensorMetadata:
    return TensorMetadata(name=name, datatype=datatype, shape=shape)


def _metadata(
    facts: ModelFacts,
    name: str,
    inputs: list[TensorMetadata],
    outputs: list[TensorMetadata],
) -> ModelMetadata:
    identity = facts.identity
    told = {"classes": ", ".join(CLASS_NAMES), "disclaimer": _DISCLAIMER}
    return ModelMetadata(
        name=name,
        versions=[identity.version] if identity else [],
        platform=f"{identity.engine}_onnx" if identity else "",
        inputs=inputs,
        outputs=outputs,
        parameters={**({"sha256": identity.sha256} if identity else {}), **told},
    )
