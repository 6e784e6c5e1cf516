"""A model on disk: model.onnx beside card.json; load and verify.

The card says what the network expects, what it was trained on and how good it
is. Nothing in a bundle is code, and nothing is unpickled.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from alzer.classes import CLASS_NAMES
from alzer.errors import DamagedBundle, UnsafeModel
from alzer.model.answer_facts import AnswerFacts
from alzer.model.card import CardFields
from alzer.model.decision import Decision
from alzer.model.person import PersonLimits
from alzer.model.preparation import InputSpec
from alzer.model.second_opinion import SecondOpinionFit

MODEL_FILE = "model.onnx"
CARD_FILE = "card.json"

# Which fields of which ONNX message hold which messages that may hold tensors.
# Source: onnx.proto3 of ONNX IR version 10.
_CHILDREN: Mapping[str, Mapping[int, str]] = {
    "model": {7: "graph", 20: "training", 25: "function"},
    "training": {1: "graph", 2: "graph"},
    "graph": {1: "node", 5: "tensor", 15: "sparse"},
    "function": {7: "node", 11: "attribute"},
    "node": {5: "attribute"},
    "attribute": {
        5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 22: "sparse", 23: "sparse"
    },
    "sparse": {1: "tensor", 2: "tensor"},
    "tensor": {},
}  # fmt: skip
_EXTERNAL_DATA, _DATA_LOCATION = 13, 14

_DIGITS = re.compile(r"([0-9]+)")


@dataclass(frozen=True)
class Bundle:
    """A verified model.

    Attributes:
        name: What the model is called.
        version: Its version.
        sha256: Of the model file, hexadecimal.
        spec: What the network expects.
        onnx: The model file's bytes.
        decision: What may be made of a prediction.
        person: What may be made of all slices of a person.
        card: Everything that the card says, as plain values.
        second_opinion: The simple measure beside the network's answer; None if the
            card has none.
        answer_facts: What the card tells those who read an answer.
    """

    name: str
    version: str
    sha256: str
    spec: InputSpec
    onnx: bytes
    decision: Decision
    person: PersonLimits
    card: Mapping[str, Any]
    second_opinion: SecondOpinionFit | None = None
    answer_facts: AnswerFacts = field(default_factory=AnswerFacts)


def shipped_bundle() -> Path:
    """Return the folder of the model that ships with the package.

    Returns:
        The folder; of several, the one whose name has the highest version.

    Raises:
        DamagedBundle: If the installation holds none.
    """
    folder = Path(str(resources.files("alzer.model"))) / "bundles"
    found = [card.parent for card in folder.glob(f"*/{CARD_FILE}")]
    if not found:
        message = "This installation ships no model; set ALZER_MODEL to a bundle."
        raise DamagedBundle(message)
    return max(found, key=_by_version)


def _by_version(folder: Path) -> tuple[list[str | int], str]:
    """Return what orders names by the numbers in them: model-9 before model-10.

    Texts and numbers alternate, so that only like is compared with like.
    """
    parts = _DIGITS.split(folder.name)
    return [int(part) if part.isdecimal() else part for part in parts], folder.name


def load_bundle(folder: Path) -> Bundle:
    """Read a bundle and check it against its own card.

    Args:
        folder: Holds model.onnx and card.json.

    Returns:
        The verified bundle.

    Raises:
        DamagedBundle: If a file is missing or unreadable, the model is not the
            one that the card describes, or its classes are others.
        UnsafeModel: If the model refers to files outside itself.
    """
    card = read_card(folder)
    try:
        onnx = (folder / MODEL_FILE).read_bytes()
    except OSError as error:
        message = f"The bundle's {MODEL_FILE} can't be read; get the bundle again."
        raise DamagedBundle(message) from error
    digest = hashlib.sha256(onnx).hexdigest()
    needed = _check_card(card)
    if digest != needed.model_sha256:
        message = (
            f"The bundle's {MODEL_FILE} is not the one that its card describes "
            "(SHA-256 differs); get the bundle again."
        )
        raise DamagedBundle(message)
    if needed.classes != CLASS_NAMES:
        message = f"The bundle's classes are {needed.classes}, expected {CLASS_NAMES}."
        raise DamagedBundle(message)
    _require_bound_per_class(needed)
    require_self_contained(onnx)
    return Bundle(
        name=needed.name,
        version=needed.version,
        sha256=digest,
        spec=needed.input,
        onnx=onnx,
        decision=needed.decision,
        person=needed.person_limits,
        card=card,
        second_opinion=needed.second_opinion_fit,
        answer_facts=needed.answer_facts,
    )


def read_card(folder: Path) -> Mapping[str, Any]:
    """Read a bundle's card without loading the model.

    Args:
        folder: Holds card.json.

    Returns:
        What the card says, as plain values.

    Raises:
        DamagedBundle: If it is missing or not a JSON object.
    """
    try:
        card = json.loads((folder / CARD_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        message = f"There is no readable {CARD_FILE} in the bundle's folder."
        raise DamagedBundle(message) from error
    if not isinstance(card, dict):
        message = f"The bundle's {CARD_FILE} is not a JSON object."
        raise DamagedBundle(message)
    return card


def card_fields(spec: InputSpec, onnx: bytes) -> dict[str, Any]:
    """Return the fields of a card that loading depends on.

    Args:
        spec: What the network expects.
        onnx: The model file's bytes.

    Returns:
        classes, input and model_sha256.
    """
    return {
        "classes": list(CLASS_NAMES),
        "input": asdict(spec),
        "model_sha256": hashlib.sha256(onnx).hexdigest(),
    }


def require_self_contained(onnx: bytes) -> None:
    """Refuse a model that would make the engine open other files.

    Args:
        onnx: The model file's bytes.

    Raises:
        UnsafeModel: If a tensor's data lie outside.
        DamagedBundle: If the bytes are not protocol buffers.
    """
    try:
        external = _refers_outside(memoryview(onnx), "model")
    except (IndexError, ValueError, RecursionError) as error:
        message = f"The bundle's {MODEL_FILE} is not an ONNX model."
        raise DamagedBundle(message) from error
    if external:
        message = (
            "The model keeps tensors in files of their own, which could be any file "
            "of this machine; export it into one file."
        )
        raise UnsafeModel(message)


def _check_card(card: Mapping[str, Any]) -> CardFields:
    try:
        return CardFields.model_validate(card)
    except ValidationError as error:
        places = (".".join(map(str, each["loc"])) for each in error.errors())
        message = (
            f"The bundle's {CARD_FILE} lacks what a model needs, or it makes no "
            f"sense: {', '.join(places)}."
        )
        raise DamagedBundle(message) from error


def _require_bound_per_class(needed: CardFields) -> None:
    sections = {"calibration": needed.calibration, "person": needed.person}
    for name, section in sections.items():
        bounds = None if section is None else section.thresholds
        if bounds is not None and len(bounds) != len(CLASS_NAMES):
            count = len(bounds)
            message = f"The bundle's {name} has {count} bounds, not one per class."
            raise DamagedBundle(message)


def _refers_outside(message: memoryview, kind: str) -> bool:
    children = _CHILDREN[kind]
    for number, value in _fields(message):
        if isinstance(value, int):
            if kind == "tensor" and number == _DATA_LOCATION and value:
                return True
        elif (kind == "tensor" and number == _EXTERNAL_DATA) or (
            number in children and _refers_outside(value, children[number])
        ):
            return True
    return False


def _fields(message: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    # Source: protobuf.dev, Encoding, "Message Structure". Gives field numbers and
    # values; numbers of fixed width count as bytes.
    place = 0
    while place < len(message):
        key, place = _varint(message, place)
        if key >= 2**32:
            # Some parsers ignore the upper bits and would read another field.
            detail = "a field's number has more than 29 bits"
            raise ValueError(detail)
        field, wire = key >> 3, key & 7
        if wire == 0:
            value, place = _varint(message, place)
            yield field, value
            continue
        if wire == 2:
            size, place = _varint(message, place)
        elif wire in {1, 5}:
            size = 8 if wire == 1 else 4
        else:
            detail = f"wire type {wire}"
            raise ValueError(detail)
        if place + size > len(message):
            detail = "a field ends behind its message"
            raise ValueError(detail)
        yield field, message[place : place + size]
        place += size


def _varint(message: memoryview, place: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = message[place]
        place += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, place
        shift += 7
        if shift > 63:
            detail = "a number has more than ten bytes"
            raise ValueError(detail)
