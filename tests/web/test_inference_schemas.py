"""The schema of a request stands alone."""

import json

from jsonschema import Draft202012Validator

from alzer.web.inference_schemas import InferenceRequest, request_schema


def test_it_refers_to_nothing_and_knows_its_parts() -> None:
    schema = request_schema()
    Draft202012Validator.check_schema(schema)
    given = {"name": "input", "shape": [1], "datatype": "FP32", "data": [1.0]}
    validator = Draft202012Validator(schema)

    assert "$ref" not in json.dumps(schema)
    assert validator.is_valid({"inputs": [given]})
    assert not validator.is_valid({"inputs": [{**given, "shape": [-1]}]})
    assert not validator.is_valid({"inputs": []})


def test_its_example_is_a_request() -> None:
    (example,) = InferenceRequest.model_config["json_schema_extra"]["examples"]  # type: ignore[index,call-overload]  # pydantic's types

    assert InferenceRequest.model_validate(example).inputs[0].name == "image"
