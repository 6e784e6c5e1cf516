"""What programs call."""

import base64
import io
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import httpx2 as httpx
import numpy as np
import pytest
from fastapi.testclient import TestClient
from PIL import Image

from alzer.backends.backend import ModelFacts
from alzer.backends.local import local_backend
from alzer.classes import CLASS_NAMES
from alzer.model.engine import Model
from alzer.model.second_opinion import CsfRegression, MeasuredAuc, SecondOpinionFit
from alzer.settings import Settings
from alzer.store.store import open_store
from alzer.web.app import create_app
from alzer.wiring import ServiceParts
from phantoms import (
    as_dicom,
    as_jpeg,
    as_nifti,
    as_png,
    as_png16,
    draw_brain,
    huge_png,
)
from served import app_with, steps_of

pytestmark = pytest.mark.on_every_backend

BRAIN = as_png(draw_brain())


def predict(
    client: TestClient,
    content: bytes,
    params: dict[str, str] | None = None,
    headers: dict[str, str] | None = None,
) -> httpx.Response:
    files = {"file": ("scan", content)}
    return client.post("/predict", files=files, params=params, headers=headers)


def test_the_answer_is_that_of_the_contract(client: TestClient) -> None:
    response = predict(client, BRAIN)

    answer = response.json()
    assert response.status_code == 200
    assert answer["prediction"] in CLASS_NAMES
    assert list(answer["class_probabilities"]) == list(CLASS_NAMES)
    assert all(
        re.fullmatch(r"\d{1,3}\.\d\d%", each)
        for each in answer["class_probabilities"].values()
    )
    shown = answer["class_probabilities"][answer["prediction"]]
    assert float(shown[:-1]) == pytest.approx(100.0 * answer["confidence"], abs=0.006)
    assert re.fullmatch(
        r"http://testserver/uploads/heatmaps/heatmap_[0-9a-f-]{36}\.png",
        answer["heatmap_url"],
    )
    assert answer["heatmap_missing_reason"] is None
    assert answer["model"]["name"] == "tiny"
    assert {"read", "infer", "total"} <= set(answer["timings_ms"])
    assert answer["reliable"] is None
    assert answer["possible_classes"] is None
    assert answer["calibrated"] is False
    assert answer["analysis_id"]


def test_the_heatmap_can_be_fetched_and_has_the_scans_size(
    client: TestClient, tmp_path: Path
) -> None:
    url = predict(client, as_jpeg(draw_brain((150, 240)))).json()["heatmap_url"]

    response = client.get(url)

    picture = Image.open(io.BytesIO(response.content))
    assert response.headers["content-type"] == "image/png"
    assert "private" in response.headers["cache-control"]
    assert picture.size == (240, 150)
    assert client.head(url).status_code == 200
    stored = tmp_path / "uploads" / "heatmaps" / url.rpartition("/")[2]
    assert stored.read_bytes() == response.content


def test_layers_come_inline_for_who_asks(client: TestClient) -> None:
    answer = predict(client, BRAIN, params={"layers": "true"}).json()

    for name, mode in (("original", "L"), ("heat", "RGB")):
        kind, _, data = answer["layers"][name].partition(",")
        picture = Image.open(io.BytesIO(base64.b64decode(data)))
        assert kind == "data:image/png;base64"
        assert picture.mode == mode
        assert picture.size == (176, 208)
    assert "layers" not in predict(client, BRAIN).json()


def test_a_second_opinion_comes_with_the_answer_and_is_kept(
    model: Model, tmp_path: Path
) -> None:
    auc = MeasuredAuc(0.67, 0.59, 0.74, "people of 60 and over")
    regression = CsfRegression(5.0, 1.0, auc)
    fit = SecondOpinionFit(regression, regression)
    asked = replace(model, second_opinion=fit)
    with TestClient(app_with(asked, data_dir=tmp_path)) as client:
        answer = predict(client, as_png(draw_brain())).json()
        kept = client.get(f"/analyses/{answer['analysis_id']}").json()

    opinion = answer["second_opinion"]
    assert 0.0 < opinion["csf_percent"] < 100.0
    assert opinion["impairment_probability"] > 0.99
    assert opinion["agrees"] in {True, False, None}
    assert opinion["auc"] == asdict(auc)
    assert "dark fluid (CSF)" in opinion["text"]
    assert "not a diagnosis" in opinion["caveat"]
    assert kept["second_opinion"] == opinion


def test_where_the_evidence_lies_comes_with_the_answer_and_is_kept(
    client: TestClient,
) -> None:
    answer = predict(client, as_png(draw_brain())).json()
    kept = client.get(f"/analyses/{answer['analysis_id']}").json()

    quality = answer["map_quality"]
    shares = [quality[name] for name in ("inside", "rim", "outside")]
    assert sum(shares) == pytest.approx(1.0, abs=2e-4)
    assert f"{quality['inside']:.0%} lies inside the brain" in quality["text"]
    assert answer["prediction"] in quality["text"]
    assert kept["map_quality"] == quality


def test_a_map_that_speaks_for_nothing_has_no_verdict(
    silent_model: Model, tmp_path: Path
) -> None:
    with TestClient(app_with(silent_model, data_dir=tmp_path)) as client:
        answer = predict(client, as_png(draw_brain())).json()

    assert answer["map_quality"] is None
    assert answer["heatmap_url"] is None


def test_a_model_without_a_second_opinion_gives_none(client: TestClient) -> None:
    assert predict(client, as_png(draw_brain())).json()["second_opinion"] is None


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b"", 400, "empty_file"),
        (b"no picture" * 50, 400, "not_an_image"),
        (BRAIN[:2000], 400, "damaged_file"),
        (huge_png(7000), 400, "too_many_pixels"),
        (as_png(np.full((90, 90), 0.5)), 400, "constant_image"),
        (as_png(np.random.default_rng(0).random((90, 90))), 400, "not_brain_like"),
        (as_dicom(draw_brain(), Modality="CT"), 400, "not_magnetic_resonance"),
        (as_dicom(draw_brain(), NumberOfFrames=3), 400, "not_one_slice"),
        (as_dicom(draw_brain(), RescaleSlope=0.0), 400, "invalid_values"),
        (as_nifti(np.zeros((5, 6, 7), np.uint8)), 400, "not_one_slice"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_file_that_cannot_be_used_gets_a_sentence_and_a_code(
    client: TestClient, tmp_path: Path, content: bytes, status: int, code: str
) -> None:
    response = predict(client, content)

    problem = response.json()
    assert response.status_code == status
    assert problem["code"] == code
    assert problem["detail"].endswith(".")
    assert not list(tmp_path.rglob("*.p*"))
    assert predict(client, BRAIN).status_code == 200


@pytest.mark.parametrize(
    "request_parts",
    [
        {},
        {"json": {"file": "x"}},
        {"data": {"file": "text"}},
        {"files": {"other": BRAIN}},
        {
            "content": b"--x\r\nbroken",
            "headers": {"content-type": "multipart/form-data; boundary=x"},
        },
        {"content": b"x", "headers": {"content-type": "multipart/form-data"}},
    ],
    ids=["nothing", "JSON", "a field", "another name", "broken", "no boundary"],
)
def test_a_wrong_call_is_told_what_to_send(
    client: TestClient, request_parts: dict[str, Any]
) -> None:
    response = client.post("/predict", **request_parts)

    assert response.status_code == 400
    assert response.json()["code"] == "invalid_request"
    assert "'file'" in response.json()["detail"]


def test_an_unusable_option_is_named(client: TestClient) -> None:
    response = predict(client, BRAIN, params={"layers": "perhaps"})

    assert response.status_code == 400
    assert "layers" in response.json()["detail"]


def test_bodies_over_the_limit_are_refused(model: Model, tmp_path: Path) -> None:
    app = app_with(model, data_dir=tmp_path, max_upload_bytes=len(BRAIN))
    with TestClient(app) as client:
        declared = predict(client, BRAIN + bytes(100_000))

        def chunks() -> Iterator[bytes]:
            yield b"--x\r\nContent-Disposition: form-data; "
            yield b'name="file"; filename="f"\r\n\r\n'
            for _ in range(40):
                yield bytes(65536)

        kind = {"content-type": "multipart/form-data; boundary=x"}
        chunked = client.post("/predict", content=chunks(), headers=kind)
        slightly = predict(client, BRAIN + b"x")
        exactly = predict(client, BRAIN)

    for refused in (declared, chunked, slightly):
        assert refused.status_code == 413
        assert refused.json()["code"] == "too_many_bytes"
    assert exactly.status_code == 200


def test_without_a_place_for_heatmaps_the_prediction_still_comes(
    model: Model, tmp_path: Path
) -> None:
    (tmp_path / "uploads").write_text("in the way", encoding="utf-8")
    with TestClient(app_with(model, data_dir=tmp_path)) as client:
        response = predict(client, BRAIN)

    answer = response.json()
    assert response.status_code == 200
    assert answer["prediction"] in CLASS_NAMES
    assert answer["heatmap_url"] is None
    assert "saved" in answer["heatmap_missing_reason"]


def test_a_class_without_regions_has_no_heatmap_and_says_so(
    silent_model: Model, tmp_path: Path
) -> None:
    with TestClient(app_with(silent_model, data_dir=tmp_path)) as client:
        answer = predict(client, BRAIN, params={"layers": "true"}).json()

    assert answer["heatmap_url"] is None
    assert "No region" in answer["heatmap_missing_reason"]
    assert answer["layers"]["heat"] is None
    assert not list(tmp_path.rglob("*.png"))


def test_thirty_two_at_once_get_the_answers_of_one_by_one(address: str) -> None:
    scans = [as_png(draw_brain(ventricle=0.04 + 0.02 * each)) for each in range(4)]

    def ask(index: int) -> dict[str, Any]:
        files = {"file": ("scan", scans[index % 4])}
        response = httpx.post(f"{address}/predict", files=files, timeout=60)
        answer: dict[str, Any] = response.json()
        return answer

    serial = [ask(index) for index in range(4)]
    with ThreadPoolExecutor(32) as pool:
        parallel = list(pool.map(ask, range(32)))

    for index, answer in enumerate(parallel):
        for key in ("prediction", "confidence", "class_probabilities"):
            assert answer[key] == serial[index % 4][key]
    assert len({answer["heatmap_url"] for answer in parallel}) == 32


def test_too_many_waiting_are_turned_away_at_once(model: Model, tmp_path: Path) -> None:
    app = app_with(model, data_dir=tmp_path, max_waiting=1)
    with TestClient(app) as client, ThreadPoolExecutor(40) as pool:
        answers = list(pool.map(lambda _: predict(client, BRAIN), range(120)))

    refused = [each for each in answers if each.status_code == 503]
    assert {each.status_code for each in answers} <= {200, 503}
    assert refused
    assert all(each.json()["code"] == "overloaded" for each in refused)
    assert all(int(each.headers["retry-after"]) > 0 for each in refused)
    assert predict(TestClient(app), BRAIN).status_code == 200


@pytest.mark.parametrize(
    "content",
    [BRAIN, as_png16(draw_brain()), as_dicom(draw_brain()),
     as_nifti((draw_brain().T * 4000).astype(np.uint16))],
    ids=["PNG", "16 bits", "DICOM", "NIfTI"],
)  # fmt: skip
def test_a_preview_is_the_scan_as_it_was_read(
    client: TestClient, tmp_path: Path, content: bytes
) -> None:
    response = client.post("/preview", files={"file": content})

    picture = Image.open(io.BytesIO(response.content))
    assert picture.mode == "L"
    assert picture.size == (176, 208)
    assert response.headers["cache-control"] == "no-store"
    assert not (tmp_path / "uploads" / "heatmaps").exists()


def test_a_preview_of_what_is_no_scan_is_refused(client: TestClient) -> None:
    response = client.post("/preview", files={"file": b"text"})

    assert response.status_code == 400
    assert response.json()["code"] == "not_an_image"


def test_health_and_readiness(client: TestClient) -> None:
    assert client.get("/healthz").json()["status"] == "ok"
    assert client.get("/readyz").json()["model"]["name"] == "tiny"


def test_readiness_tells_how_fast_each_engine_is(model: Model, tmp_path: Path) -> None:
    settings = Settings.model_validate({"data_dir": tmp_path})
    timings_ms = {"openvino fp32": 23.5, "onnxruntime fp32": 26.0}
    facts = ModelFacts(model.identity, timings_ms)
    backend = local_backend(steps_of(model, settings), 1, facts)
    parts = ServiceParts(settings, backend, open_store(settings))

    with TestClient(create_app(parts), "http://localhost") as client:
        ready = client.get("/readyz").json()

    assert ready["engine_timings_ms"] == timings_ms
    assert ready["model"]["precision"] == "fp32"


def test_front_ends_on_allowed_origins_may_call(client: TestClient) -> None:
    origin = {"origin": "http://localhost:3000"}

    allowed = predict(client, BRAIN, headers=origin)
    refused = predict(client, b"", headers=origin)
    other = predict(client, BRAIN, headers={"origin": "https://evil.example"})

    assert allowed.headers["access-control-allow-origin"] == origin["origin"]
    assert refused.headers["access-control-allow-origin"] == origin["origin"]
    assert "access-control-allow-origin" not in other.headers


def test_the_public_address_is_that_of_the_settings(
    model: Model, tmp_path: Path
) -> None:
    app = app_with(model, data_dir=tmp_path, public_url="https://mri.example.org/")
    with TestClient(app) as client:
        url = predict(client, BRAIN).json()["heatmap_url"]

    assert url.startswith("https://mri.example.org/uploads/heatmaps/heatmap_")


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1@evil", "a b", ""])
def test_a_host_that_is_not_ours_is_never_reflected(
    client: TestClient, host: str
) -> None:
    response = predict(client, BRAIN, headers={"host": host})

    assert response.status_code == 400
    assert response.json()["code"] == "invalid_host"
    assert "evil" not in response.text


@pytest.mark.parametrize(
    "name",
    [
        "../../secret.png",
        "..%2f..%2fsecret.png",
        "%2e%2e/secret.png",
        "heatmap_x.png",
        "heatmap_00000000-0000-4000-8000-000000000000.png",
        "heatmap_00000000-0000-4000-8000-000000000000.png%00",
        "",
    ],
)
def test_nothing_but_heatmaps_is_served(
    client: TestClient, tmp_path: Path, name: str
) -> None:
    (tmp_path / "secret.png").write_bytes(b"secret")

    response = client.get(f"/uploads/heatmaps/{name}")

    assert response.status_code == 404
    assert b"secret" not in response.content


def test_the_documentation_has_examples(client: TestClient) -> None:
    document = client.get("/openapi.json").json()

    predict_answers = document["paths"]["/predict"]["post"]["responses"]
    example = document["components"]["schemas"]["Prediction"]["examples"][0]
    assert set(example["class_probabilities"]) == set(CLASS_NAMES)
    assert {"200", "400", "413", "503"} <= set(predict_answers)
    assert "/predict" in client.get("/docs").text
