"""A client of the Open Inference Protocol, as its own text and Triton's have it."""

import json
import struct
from typing import Any

import numpy as np
from fastapi.testclient import TestClient
from httpx2 import Response
from numpy.typing import NDArray

LENGTH = "Inference-Header-Content-Length"
Values = NDArray[np.float32] | list[bytes]


def as_bytes(values: Values) -> bytes:
    if isinstance(values, list):
        return b"".join(struct.pack("<I", len(each)) + each for each in values)
    return values.astype("<f4").tobytes()


def binary_input(name: str, values: Values) -> dict[str, Any]:
    files = isinstance(values, list)
    return {
        "name": name,
        "shape": [len(values)] if files else list(np.shape(values)),
        "datatype": "BYTES" if files else "FP32",
        "parameters": {"binary_data_size": len(as_bytes(values))},
    }


def ask_binary(client: TestClient, path: str, name: str, values: Values) -> Response:
    """Send a tensor as bytes, and ask for bytes."""
    asked = {
        "inputs": [binary_input(name, values)],
        "parameters": {"binary_data_output": True},
    }
    text = json.dumps(asked).encode()
    return client.post(
        path, content=text + as_bytes(values), headers={LENGTH: str(len(text))}
    )


def read_binary(response: Response) -> dict[str, Any]:
    """Return the tensors of an answer whose values follow its JSON."""
    length = int(response.headers[LENGTH])
    answer, rest = json.loads(response.content[:length]), response.content[length:]
    tensors: dict[str, Any] = {}
    for output in answer["outputs"]:
        size = output["parameters"]["binary_data_size"]
        part, rest = rest[:size], rest[size:]
        if output["datatype"] == "BYTES":
            tensors[output["name"]] = split(part)
        else:
            kind = {"FP32": "<f4", "BOOL": "?"}[output["datatype"]]
            values = np.frombuffer(part, kind).reshape(output["shape"])
            tensors[output["name"]] = values
    assert not rest
    return tensors


def split(content: bytes) -> list[bytes]:
    found = []
    while content:
        (size,) = struct.unpack("<I", content[:4])
        found.append(content[4 : 4 + size])
        content = content[4 + size :]
    return found


def tensors_of(response: Response) -> dict[str, Any]:
    """Return the tensors of an answer in JSON."""
    assert response.status_code == 200, response.text
    return {
        output["name"]: output["data"]
        if output["datatype"] == "BYTES"
        else np.array(output["data"]).reshape(output["shape"])
        for output in response.json()["outputs"]
    }
