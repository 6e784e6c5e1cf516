"""The schema of a request stands alone."""

import json

from alzer.web.inference_schemas import InferenceRequest, request_schema


def test_it_refers_to_nothing_and_knows_its_parts() -> None:
    schema = request_schema()
    given = schema["properties"]["inputs"]["items"]

    assert "$ref" not in json.dumps(schema)
    assert {"name", "shape", "datatype"} <= set(given["required"])
    assert given["properties"]["shape"]["items"]["minimum"] == 0


def test_its_example_is_a_request() -> None:
    (example,) = request_schema()["examples"]

    assert InferenceRequest.model_validate(example).inputs[0].name == "image"
