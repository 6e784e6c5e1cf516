"""The JSON of the Open Inference Protocol, version 2.

Source: github.com/kserve/open-inference-protocol, inference_rest.md; the binary
tensor data extension of Triton for `parameters`.
"""

from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field

BINARY: Final = "binary_tensor_data"

# Tensors here have four axes at most.
_Shape = Annotated[
    list[Annotated[int, Field(ge=0, le=2**31 - 1)]],
    Field(max_length=8, description="Rows first, as in NumPy."),
]
_Parameters = Annotated[
    dict[str, Any], Field(default_factory=dict, description="Those known are used.")
]


class RequestInput(BaseModel):
    """One tensor that is sent."""

    name: str
    shape: _Shape
    datatype: str = Field(description="FP32, or BYTES for files.")
    parameters: _Parameters
    data: list[Any] | None = Field(
        None,
        description="Values, flat or nested; text for BYTES, in base64 where "
        "`parameters.content_type` is `base64`. Null where the bytes follow the JSON "
        "(`parameters.binary_data_size`).",
    )


class RequestOutput(BaseModel):
    """One tensor that is asked for."""

    name: str
    parameters: _Parameters


class InferenceRequest(BaseModel):
    """What is asked of a model."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "inputs": [
                        {
                            "name": "image",
                            "shape": [1],
                            "datatype": "BYTES",
                            "parameters": {"content_type": "base64"},
                            "data": ["iVBORw0KGgo..."],
                        }
                    ]
                }
            ]
        }
    )

    id: str | None = Field(None, description="Comes back in the answer.")
    parameters: _Parameters
    inputs: list[RequestInput] = Field(min_length=1, max_length=8)
    outputs: list[RequestOutput] | None = Field(
        None, max_length=16, description="Which are wanted; all if none is named."
    )


class ResponseOutput(BaseModel):
    """One tensor of an answer."""

    name: str
    shape: list[int]
    datatype: str
    parameters: dict[str, Any] | None = None
    data: list[Any] | None = Field(
        None, description="Row by row; null where the bytes follow the JSON."
    )


class InferenceResponse(BaseModel):
    """What a model answers."""

    # Its own prefix `model_` is the protocol's.
    model_config = ConfigDict(protected_namespaces=())

    model_name: str
    model_version: str
    id: str | None = None
    parameters: dict[str, Any] | None = None
    outputs: list[ResponseOutput]


class TensorMetadata(BaseModel):
    """One tensor that a model takes or gives."""

    name: str
    datatype: str
    shape: list[int] = Field(description="-1 where the size varies.")


class ModelMetadata(BaseModel):
    """What a model takes and gives."""

    name: str
    versions: list[str]
    platform: str
    inputs: list[TensorMetadata]
    outputs: list[TensorMetadata]
    parameters: dict[str, str] = Field(
        description="Digest of the model's file, and what it is not."
    )


class ServerMetadata(BaseModel):
    """Which server this is."""

    name: str
    version: str
    extensions: list[str]


class ServerLive(BaseModel):
    """The process answers."""

    live: bool = True


class ServerReady(ServerLive):
    """Predictions can be made and kept."""

    ready: bool = True


class ModelReady(BaseModel):
    """Whether a model can be asked."""

    name: str
    ready: bool = True


def request_schema() -> dict[str, Any]:
    """Return the schema of a request without references.

    The body is read by hand, as bytes may follow its JSON, so that FastAPI keeps none
    of the schemas that it would refer to.
    """
    schema = InferenceRequest.model_json_schema()
    parts = schema.pop("$defs", {})
    found: dict[str, Any] = _without_references(schema, parts)
    return found


def _without_references(part: Any, parts: dict[str, Any]) -> Any:  # noqa: ANN401 - JSON
    if isinstance(part, list):
        return [_without_references(each, parts) for each in part]
    if not isinstance(part, dict):
        return part
    if isinstance(reference := part.get("$ref"), str):
        return _without_references(parts[reference.rpartition("/")[2]], parts)
    return {name: _without_references(each, parts) for name, each in part.items()}
