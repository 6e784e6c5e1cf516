"""Bodies of the Open Inference Protocol: JSON, and bytes of tensors behind it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import anyio
from fastapi import Request, Response
from pydantic import ValidationError
from starlette.requests import ClientDisconnect

from alzer.backends.backend import ClientDisconnected
from alzer.errors import InvalidRequest, TooManyBytes
from alzer.web.inference_schemas import (
    InferenceRequest,
    InferenceResponse,
    RequestOutput,
)
from alzer.web.middleware import MOST_DOCUMENT_BYTES
from alzer.web.tensors import Tensor, write_tensor
from alzer.web.uploads import READ_TIMEOUT_S

# Source: Triton's binary tensor data extension, "HTTP/REST".
HEADER_LENGTH: Final = "Inference-Header-Content-Length"

_TOO_LONG: Final = (
    "The JSON of the request is larger than the limit of 1 MiB. Send larger tensors as "
    f"binary tensor data, behind the JSON, with the header {HEADER_LENGTH}."
)


@dataclass(frozen=True)
class Asked:
    """A request, with what followed its JSON.

    Attributes:
        request: Its JSON.
        contents: Bytes of inputs by name, where they came so.
    """

    request: InferenceRequest
    contents: Mapping[str, bytes]

    def wants(self, known: Sequence[str]) -> list[str]:
        """Return the names of the outputs that are wanted.

        Args:
            known: Those that the model has.

        Raises:
            InvalidRequest: One of them is unknown, or asked for twice.
        """
        if not self.request.outputs:
            return list(known)
        names = [output.name for output in self.request.outputs]
        if len(set(names)) < len(names) or set(names) - set(known):
            message = f"The model's outputs are {', '.join(known)}; ask once for each."
            raise InvalidRequest(message)
        return names

    def is_binary(self, name: str) -> bool:
        """Return whether an output is to follow the JSON as bytes."""
        found = {each.name: each for each in self.request.outputs or ()}
        usual = self.request.parameters.get("binary_data_output", False)
        output = found.get(name, RequestOutput(name=name, parameters={}))
        return bool(output.parameters.get("binary_data", usual))


async def read_body(request: Request) -> Asked:
    """Read a request to a model.

    Args:
        request: Its body has not been read yet.

    Returns:
        The request.

    Raises:
        InvalidRequest: It is no such request, or did not arrive in time.
        TooManyBytes: Its JSON is larger than is parsed at once.
        ClientDisconnected: The sender has gone.
    """
    try:
        with anyio.fail_after(READ_TIMEOUT_S):
            body = await request.body()
    except TimeoutError as error:
        message = "The request took too long. Send it again."
        raise InvalidRequest(message) from error
    except ClientDisconnect as error:
        raise ClientDisconnected from error
    return parse_body(body, request.headers.get(HEADER_LENGTH))


def parse_body(body: bytes, header_length: str | None) -> Asked:
    """Take a body apart.

    Args:
        body: JSON, and perhaps bytes of tensors behind it.
        header_length: How many bytes the JSON has; None: all of them.

    Returns:
        The request.

    Raises:
        InvalidRequest: It is no such body.
        TooManyBytes: Its JSON is larger than is parsed at once.
    """
    count = len(body)
    if header_length is not None:
        if not (header_length.isascii() and header_length.isdecimal()):
            message = f"{HEADER_LENGTH} has to be a number of bytes."
            raise InvalidRequest(message)
        # More digits than any length has would take long to read.
        count = min(int(header_length[:20]), len(body) + 1)
    if count > len(body):
        message = f"The body is shorter than {HEADER_LENGTH} says."
        raise InvalidRequest(message)
    if count > MOST_DOCUMENT_BYTES:
        raise TooManyBytes(_TOO_LONG)
    asked = _parse(body[:count])
    return Asked(asked, _contents(asked, body[count:]))


def _parse(text: bytes) -> InferenceRequest:
    try:
        return InferenceRequest.model_validate_json(text)
    except ValidationError as error:
        places = {".".join(map(str, each["loc"])) for each in error.errors()}
        where = ", ".join(sorted(filter(None, places))) or "its JSON"
        message = f"The request is none of the Open Inference Protocol: see {where}."
        raise InvalidRequest(message) from error


def _contents(asked: InferenceRequest, rest: bytes) -> Mapping[str, bytes]:
    """Deal out the bytes behind the JSON to the inputs, in their order.

    Raises:
        InvalidRequest: There are more or fewer than the inputs say.
    """
    contents, place = {}, 0
    for each in asked.inputs:
        size = each.parameters.get("binary_data_size")
        if size is None:
            continue
        is_size = type(size) is int and size >= 0  # True is no size
        if not is_size or place + size > len(rest):
            message = f"Input '{each.name}' has fewer bytes than it says."
            raise InvalidRequest(message)
        contents[each.name] = rest[place : place + size]
        place += size
    if place < len(rest):
        message = "More bytes follow the JSON than the inputs account for."
        raise InvalidRequest(message)
    return contents


def write_body(
    asked: Asked, tensors: Sequence[Tensor], model: Mapping[str, Any]
) -> Response:
    """Write an answer.

    Args:
        asked: What was asked.
        tensors: The outputs that were wanted.
        model: `model_name`, `model_version`, and `parameters` if there are any.

    Returns:
        JSON, with bytes of tensors behind it where that was asked for.
    """
    written = [write_tensor(one, binary=asked.is_binary(one.name)) for one in tensors]
    answer = InferenceResponse(
        **model, id=asked.request.id, outputs=[output for output, _ in written]
    )
    text = json.dumps(answer.model_dump(exclude_none=True), allow_nan=False).encode()
    headers = {"Cache-Control": "no-store"}
    if not any(asked.is_binary(one.name) for one in tensors):
        return Response(text, 200, headers, "application/json")
    headers[HEADER_LENGTH] = str(len(text))
    body = b"".join((text, *(content for _, content in written)))
    return Response(body, 200, headers, "application/octet-stream")
