"""Tensors of the Open Inference Protocol: from JSON or bytes to arrays, and back.

Source: Open Inference Protocol, REST, "Tensor Data"; Triton's binary tensor data
extension: values little-endian in rows, each element of BYTES behind its length.
"""

import math
from base64 import b64decode
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from alzer.errors import InvalidRequest
from alzer.web.inference_schemas import RequestInput, ResponseOutput

FP32: Final = "FP32"
BOOL: Final = "BOOL"
BYTES: Final = "BYTES"

_LENGTH_BYTES: Final = 4

_DTYPES: Final = {FP32: np.dtype("<f4"), BOOL: np.dtype("?")}


@dataclass(frozen=True)
class Tensor:
    """A tensor of an answer.

    Attributes:
        name: What it is called.
        values: Numbers, truths, or a list of bytes.
    """

    name: str
    values: NDArray[Any] | list[bytes]

    @property
    def datatype(self) -> str:
        """Its data type, by the protocol's name."""
        if isinstance(self.values, list):
            return BYTES
        return BOOL if self.values.dtype == np.bool_ else FP32

    @property
    def shape(self) -> list[int]:
        """Its shape."""
        if isinstance(self.values, list):
            return [len(self.values)]
        return list(self.values.shape)


def read_floats(given: RequestInput, content: bytes | None) -> NDArray[np.float32]:
    """Read a tensor of FP32.

    Args:
        given: As it is described.
        content: Its bytes, where they follow the JSON.

    Returns:
        Of the shape that it says.

    Raises:
        InvalidRequest: It is of another data type or size, or holds what is no number.
    """
    if given.datatype != FP32:
        message = f"Input '{given.name}' has to be {FP32}."
        raise InvalidRequest(message)
    values = _decode_floats(given, content)
    if values.size != math.prod(given.shape):
        message = f"Input '{given.name}' has not as many values as its shape says."
        raise InvalidRequest(message)
    if not np.isfinite(values).all():
        message = f"Input '{given.name}' holds values that are not finite numbers."
        raise InvalidRequest(message)
    return values.reshape(given.shape)


def require_finite(*answers: NDArray[Any] | None) -> None:
    """Refuse what no number can be told of.

    Args:
        answers: What the network gives for an input.

    Raises:
        InvalidRequest: The input has led to infinite values, or to none at all.
    """
    if not all(np.isfinite(each).all() for each in answers if each is not None):
        message = (
            "The network's answer to this input is not finite; prepare it as the "
            "model's card says."
        )
        raise InvalidRequest(message)


def _decode_floats(given: RequestInput, content: bytes | None) -> NDArray[np.float32]:
    if content is None and given.data is None:
        message = f"Input '{given.name}' has no data."
        raise InvalidRequest(message)
    try:
        if content is not None:
            return np.frombuffer(content, _DTYPES[FP32]).astype(np.float32)
        values = np.asarray(given.data)
    except ValueError:
        values = np.array("unequal rows")
    if values.dtype.kind not in "iuf":
        message = f"Input '{given.name}' holds what is no tensor of {FP32}."
        raise InvalidRequest(message)
    # What is nested has the shape twice over; the one that is said counts. What
    # float32 can't hold becomes infinite, and is refused as such.
    with np.errstate(over="ignore"):
        return values.astype(np.float32).ravel()


def read_files(given: RequestInput, content: bytes | None) -> list[bytes]:
    """Read a tensor of BYTES, each of which is a file.

    Args:
        given: As it is described.
        content: Its bytes, where they follow the JSON.

    Returns:
        The files.

    Raises:
        InvalidRequest: It is of another data type or size, or is not written as such.
    """
    if given.datatype != BYTES:
        message = f"Input '{given.name}' has to be {BYTES}."
        raise InvalidRequest(message)
    files = _split(content) if content is not None else _decode_texts(given)
    if files is None or len(files) != math.prod(given.shape):
        message = (
            f"Input '{given.name}' is not written as {BYTES}, or has not as many "
            "elements as its shape says. Send files in base64 with the parameter "
            "content_type 'base64', or as binary tensor data."
        )
        raise InvalidRequest(message)
    return files


def _decode_texts(given: RequestInput) -> list[bytes] | None:
    texts = given.data or []
    if not all(isinstance(text, str) for text in texts):
        return None
    try:
        if given.parameters.get("content_type") == "base64":
            return [b64decode(text, validate=True) for text in texts]
        return [text.encode() for text in texts]
    except ValueError:
        return None


def _split(content: bytes) -> list[bytes] | None:
    """Take elements apart, each behind its length; None if they don't fit."""
    found, place = [], 0
    while place < len(content):
        start = place + _LENGTH_BYTES
        place = start + int.from_bytes(content[place:start], "little")
        if place > len(content) or start > len(content):
            return None
        found.append(content[start:place])
    return found


def write_tensor(tensor: Tensor, *, binary: bool) -> tuple[ResponseOutput, bytes]:
    """Write a tensor for an answer.

    Args:
        tensor: What to write.
        binary: Whether its values follow the JSON as bytes.

    Returns:
        Its description, and the bytes that follow; none if its values are in it.
    """
    content = _join(tensor) if binary else b""
    output = ResponseOutput(
        name=tensor.name,
        shape=tensor.shape,
        datatype=tensor.datatype,
        parameters={"binary_data_size": len(content)} if binary else None,
        data=None if binary else _as_list(tensor),
    )
    return output, content


def _join(tensor: Tensor) -> bytes:
    if isinstance(tensor.values, list):
        return b"".join(
            len(each).to_bytes(_LENGTH_BYTES, "little") + each for each in tensor.values
        )
    return tensor.values.astype(_DTYPES[tensor.datatype]).tobytes()


def _as_list(tensor: Tensor) -> list[Any]:
    if isinstance(tensor.values, list):
        return [each.decode() for each in tensor.values]
    return list(tensor.values.ravel().tolist())
