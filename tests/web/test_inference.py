"""The Open Inference Protocol, asked as its clients ask."""

import json
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient
from numpy.typing import ArrayLike

from alzer import __version__
from alzer.analysis import analyse
from alzer.classes import CLASS_NAMES
from alzer.model.bundle import load_bundle
from alzer.model.decision import Decision
from alzer.model.engine import Model, load_model
from bundles import write_bundle
from phantoms import as_png, draw_brain
from served import app_with
from web.test_access import bearer, make_token
from web.test_admission import all_taken
from web.v2_client import ask_binary, read_binary, tensors_of

SCAN = as_png(draw_brain())
NETWORK = "/v2/models/tiny"
FILES = "/v2/models/tiny-scan"


def drawn(count: int = 2) -> np.ndarray[Any, np.dtype[np.float32]]:
    values = np.random.default_rng(4).normal(size=(count, 1, 193, 161))
    return values.round(2).astype(np.float32)  # short in JSON


def in_base64(*files: bytes, **parameters: str) -> dict[str, Any]:
    given = {
        "name": "image",
        "shape": [len(files)],
        "datatype": "BYTES",
        "parameters": {"content_type": "base64"},
        "data": [b64encode(file).decode() for file in files],
    }
    return {"inputs": [given], "parameters": parameters}


def input_of(values: ArrayLike, **changes: object) -> dict[str, Any]:
    given = {
        "name": "input",
        "shape": list(np.shape(values)),
        "datatype": "FP32",
        "data": np.asarray(values, np.float64).round(2).ravel().tolist(),
        **changes,
    }
    return {"inputs": [given]}


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Model:
    """Return a model that says how unlike its training an input is."""
    folder = write_bundle(tmp_path_factory.mktemp("strict"), ood_score=True)
    model = load_model(load_bundle(folder), "openvino", "fp32", 1)
    return replace(model, decision=Decision(ood_limit=0.0))


@pytest.fixture
def strict_client(strict: Model, tmp_path: Path) -> Iterator[TestClient]:
    with TestClient(app_with(strict, data_dir=tmp_path)) as client:
        yield client


def test_the_server_says_who_it_is_and_how_it_is(client: TestClient) -> None:
    server = client.get("/v2").json()

    assert server["name"] == "alzer"
    assert server["version"] == __version__
    assert server["extensions"] == ["binary_tensor_data"]
    assert client.get("/v2/health/live").json()["live"] is True
    assert client.get("/v2/health/ready").json()["ready"] is True


@pytest.mark.parametrize("path", [NETWORK, f"{NETWORK}/versions/7"])
def test_a_model_describes_its_tensors(client: TestClient, path: str) -> None:
    told = client.get(path).json()
    outputs = {one["name"]: one for one in told["outputs"]}

    assert told["name"] == "tiny"
    assert told["versions"] == ["7"]
    assert told["platform"] == "openvino_onnx"
    (given,) = told["inputs"]
    assert given == {"name": "input", "datatype": "FP32", "shape": [-1, 1, 193, 161]}
    assert outputs["maps"]["shape"] == [-1, 4, 7, 6]
    assert "not a medical device" in told["parameters"]["disclaimer"]
    assert client.get(f"{path}/ready").json() == {"name": "tiny", "ready": True}


@pytest.mark.parametrize(
    "path", ["/v2/models/other", f"{NETWORK}/versions/8", f"{NETWORK}/versions/8/ready"]
)
def test_other_models_are_not_there(client: TestClient, path: str) -> None:
    response = client.get(path)

    assert response.status_code == 404
    assert response.json()["code"] == "no_such_model"
    assert "tiny" in response.json()["error"]


def test_the_network_answers_as_the_engine_does(
    client: TestClient, model: Model
) -> None:
    batch = drawn()
    evidence = model.run_exactly(batch)
    response = client.post(f"{NETWORK}/infer", json={"id": "42", **input_of(batch)})
    found, told = tensors_of(response), response.json()

    assert (told["id"], told["model_name"], told["model_version"]) == (
        "42",
        "tiny",
        "7",
    )
    assert response.headers["cache-control"] == "no-store"
    assert set(found) == {"logits", "probabilities", "maps"}
    np.testing.assert_array_equal(found["logits"].astype(np.float32), evidence.logits)
    np.testing.assert_array_equal(found["maps"].astype(np.float32), evidence.maps)
    powers = np.exp(evidence.logits)
    expected = powers / powers.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(found["probabilities"], expected, rtol=1e-5)


def test_bytes_in_and_out_are_the_same_tensors(client: TestClient) -> None:
    batch = drawn(3)
    text = tensors_of(client.post(f"{NETWORK}/infer", json=input_of(batch)))
    response = ask_binary(client, f"{NETWORK}/infer", "input", batch)
    found = read_binary(response)

    assert response.headers["content-type"] == "application/octet-stream"
    for name, values in found.items():
        np.testing.assert_array_equal(values, text[name].astype(np.float32))


def test_nested_data_and_single_outputs_are_taken(client: TestClient) -> None:
    batch = drawn(1)
    asked = {**input_of(batch, data=batch.tolist()), "outputs": [{"name": "logits"}]}
    found = tensors_of(client.post(f"{NETWORK}/versions/7/infer", json=asked))

    assert list(found) == ["logits"]
    assert found["logits"].shape == (1, 4)


def test_what_is_unlike_the_training_is_told(strict_client: TestClient) -> None:
    bright, dark = np.ones((1, 1, 193, 161)), -np.ones((1, 1, 193, 161))
    both = np.concatenate((bright, dark)).astype(np.float32)
    declared = strict_client.get(NETWORK).json()["outputs"]
    found = tensors_of(strict_client.post(f"{NETWORK}/infer", json=input_of(both)))

    np.testing.assert_allclose(found["ood_score"], [1.0, -1.0], atol=1e-4)
    assert found["in_distribution"].tolist() == [False, True]
    assert set(found) == {one["name"] for one in declared}


def test_an_input_without_a_finite_answer_is_refused(client: TestClient) -> None:
    huge = np.full((1, 1, 193, 161), 3e38, np.float32)
    asked = input_of(huge, data=[3e38] * huge.size)
    text = client.post(f"{NETWORK}/infer", json=asked)
    binary = ask_binary(client, f"{NETWORK}/infer", "input", huge)

    for response in (text, binary):
        assert response.status_code == 400
        assert "not finite; prepare it" in response.json()["error"]


def test_a_file_is_answered_as_predict_does(client: TestClient, model: Model) -> None:
    usual = client.post("/predict", files={"file": SCAN}).json()
    response = client.post(f"{FILES}/infer", json=in_base64(SCAN, reference="S-0042"))
    found = tensors_of(response)
    answer = json.loads(found["answer"][0])
    kept = client.get(f"/analyses/{answer['analysis_id']}").json()
    analysis = analyse(SCAN, model)

    own = {"analysis_id", "heatmap_url", "timings_ms"}
    for name in set(usual) - own:
        assert answer[name] == usual[name], name
    assert set(answer) == set(usual)
    assert found["headline"] == [usual["headline"]]
    assert kept["reference"] == "S-0042"
    assert client.get(answer["heatmap_url"]).status_code == 200
    shares = list(analysis.class_probabilities.values())
    np.testing.assert_allclose(found["probabilities"], [shares], atol=1e-6)
    np.testing.assert_allclose(found["maps"][0], analysis.slices[0].evidence.maps)


def test_a_file_comes_as_bytes_too(client: TestClient) -> None:
    found = read_binary(ask_binary(client, f"{FILES}/infer", "image", [SCAN]))
    declared = client.get(FILES).json()["outputs"]

    assert json.loads(found["answer"][0])["headline"].encode() == found["headline"][0]
    assert set(found) == {one["name"] for one in declared}
    assert found["probabilities"].shape == (1, len(CLASS_NAMES))


@pytest.mark.parametrize(
    ("path", "asked", "word"),
    [
        (NETWORK, {}, "inputs"),
        (NETWORK, {"inputs": []}, "inputs"),
        (NETWORK, input_of(drawn(1), name="images"), "one input, 'input'"),
        (NETWORK, input_of(drawn(1), datatype="FP16"), "FP32"),
        (NETWORK, input_of(drawn(1)[:, :, 1:]), "[n, 1, 193, 161]"),
        (NETWORK, input_of(np.zeros((0, 1, 193, 161))), "n from 1 to 32"),
        (NETWORK, input_of(drawn(1), shape=[1, 193, 161]), "[n, 1, 193, 161]"),
        (NETWORK, input_of(drawn(1), data=[0.0]), "as many values"),
        (NETWORK, input_of(drawn(1), data=None), "no data"),
        (NETWORK, input_of(drawn(1), data=["1"] * 193 * 161), "no tensor of FP32"),
        (NETWORK, input_of(drawn(1), data=[1e300] * 193 * 161), "not finite"),
        (NETWORK, {**input_of(drawn(1)), "outputs": [{"name": "x"}]}, "logits"),
        (NETWORK, {**input_of(drawn(1)), "outputs": [{"name": "maps"}] * 2}, "once"),
        (FILES, in_base64(), "1 to"),
        (FILES, in_base64(b"no picture"), "plain text"),
        (FILES, in_base64(SCAN, reference="x" * 65), "reference"),
    ],
)
def test_what_can_not_be_answered_is_refused_as_the_protocol_has_it(
    client: TestClient, path: str, asked: dict[str, Any], word: str
) -> None:
    response = client.post(f"{path}/infer", json=asked)
    told = response.json()

    assert response.status_code == 400
    assert word in told["error"]
    assert told["error"] == told["detail"]
    assert told["code"]


def test_a_refused_file_has_the_code_of_predict(client: TestClient) -> None:
    file = b"%PDF-1.7 no picture"
    usual = client.post("/predict", files={"file": file}).json()
    told = client.post(f"{FILES}/infer", json=in_base64(file)).json()

    assert told == {"error": usual["detail"], **usual}


def test_large_tensors_come_as_bytes_alone(client: TestClient) -> None:
    batch = drawn(12)
    too_long = client.post(f"{NETWORK}/infer", json=input_of(batch))
    as_bytes = ask_binary(client, f"{NETWORK}/infer", "input", batch)

    assert too_long.status_code == 413
    assert "binary tensor data" in too_long.json()["error"]
    assert as_bytes.status_code == 200


def test_files_are_limited_as_by_predict(model: Model, tmp_path: Path) -> None:
    app = app_with(model, data_dir=tmp_path, max_upload_bytes=len(SCAN) - 1)
    with TestClient(app) as client:
        response = ask_binary(client, f"{FILES}/infer", "image", [SCAN])

    assert response.status_code == 413
    assert response.json()["code"] == "too_many_bytes"


@pytest.mark.parametrize("path", [NETWORK, FILES])
def test_overload_is_answered_as_by_predict(
    model: Model, tmp_path: Path, path: str
) -> None:
    app = app_with(model, data_dir=tmp_path, max_waiting=1)
    with TestClient(app) as client, all_taken(app):
        usual = client.post("/predict", files={"file": SCAN})
        refused = client.post(f"{path}/infer", json=in_base64(SCAN))

    assert refused.status_code == usual.status_code == 503
    assert refused.headers["retry-after"] == usual.headers["retry-after"]
    assert refused.json() == {"error": usual.json()["detail"], **usual.json()}


def test_a_place_is_needed_for_each_request(model: Model, tmp_path: Path) -> None:
    app = app_with(model, data_dir=tmp_path, max_waiting=1)
    batch = drawn(1)
    with TestClient(app) as client:
        client.post(f"{NETWORK}/infer", json=input_of(batch))
        with all_taken(app):
            versioned = f"{NETWORK}/versions/7/infer"
            refused = client.post(versioned, json=input_of(batch))
        answered = client.post(f"{NETWORK}/infer", json=input_of(batch))

    assert refused.status_code == 503
    assert answered.status_code == 200


def test_tokens_are_needed_as_by_predict(model: Model, tmp_path: Path) -> None:
    app = app_with(model, data_dir=tmp_path, auth="required")
    with TestClient(app) as client:
        own = bearer(make_token(tmp_path))
        refused = client.post(f"{FILES}/infer", json=in_base64(SCAN))
        answered = client.post(f"{FILES}/infer", json=in_base64(SCAN), headers=own)
        listed = client.get("/analyses", headers=own).json()["analyses"]
        probes = [client.get(f"/v2/health/{kind}") for kind in ("live", "ready")]
        described = client.get(NETWORK)

    assert refused.status_code == described.status_code == 401
    assert "token" in refused.json()["error"]
    assert [probe.status_code for probe in probes] == [200, 200]
    (kept,) = listed
    answer = json.loads(tensors_of(answered)["answer"][0])
    assert kept["analysis_id"] == answer["analysis_id"]
