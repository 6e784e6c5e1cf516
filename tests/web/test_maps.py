"""Maps of an analysis by HTTP: drawn, in numbers, with legends, as a bundle."""

import base64
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient
from numpy.typing import NDArray
from PIL import Image

from alzer.analysis_bundle import digests_of, read_bundle
from alzer.classes import CLASS_NAMES
from alzer.explain.kept_evidence import pack_evidence, unpack_evidence
from alzer.explain.methods import METHODS, Method
from alzer.explain.palettes import combinations
from alzer.explain.slice_maps import choose_style
from alzer.model.engine import Model
from phantoms import as_dicom, draw_brain
from served import app_with

SCAN = as_dicom(draw_brain((150, 240)), PixelSpacing=[0.9, 0.9])

Picture = NDArray[np.uint8]


def predict(client: TestClient, **params: str) -> dict[str, Any]:
    response = client.post("/predict", files={"file": SCAN}, params=params)
    answer: dict[str, Any] = response.json()
    assert response.status_code == 200, answer
    return answer


def picture(content: bytes) -> Picture:
    return np.asarray(Image.open(io.BytesIO(content)))


@pytest.fixture
def root(client: TestClient) -> str:
    return f"/analyses/{predict(client)['analysis_id']}"


@pytest.mark.parametrize(
    ("method", "palette"),
    [(method.name, palette.name) for method, palette in combinations()],
)
def test_every_map_in_every_palette_is_drawn_as_the_library_draws_it(
    client: TestClient, root: str, method: str, palette: str
) -> None:
    chosen = {"method": method, "palette": palette, "cells": "true"}
    answer = client.get(f"{root}/map", params={"class": CLASS_NAMES[0], **chosen})
    maps = unpack_evidence(client.get(f"{root}/evidence").content).maps()
    row = next(each for each in METHODS if each.name == method)

    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    drawn = maps.draw(choose_style(row, palette, cells=True), 0)
    assert drawn is not None
    assert np.array_equal(picture(answer.content), drawn)


@pytest.mark.parametrize("cells", ["false", "true"])
@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.name)
def test_the_numbers_of_a_map_are_the_library_s(
    client: TestClient, root: str, method: Method, cells: str
) -> None:
    chosen = {"class": CLASS_NAMES[0], "method": method.name, "cells": cells}
    answer = client.get(f"{root}/map/values", params=chosen)
    maps = unpack_evidence(client.get(f"{root}/evidence").content).maps()
    numbers = np.load(io.BytesIO(answer.content), allow_pickle=False)
    expected = maps.values(choose_style(method, cells=cells == "true"), 0)

    assert answer.headers["cache-control"] == "no-store"
    assert numbers.dtype == np.dtype("<f4")
    assert expected is not None
    assert np.array_equal(numbers[maps.head], expected[maps.head])
    assert np.isnan(numbers[~maps.head]).all()


def test_facts_add_up_and_tell_the_size_of_a_cell(
    client: TestClient, root: str
) -> None:
    facts = client.get(f"{root}/maps").json()
    cell = facts["cell"]

    for one in facts["classes"]:
        assert one["mean"] + one["bias"] == pytest.approx(one["logit"])
    assert sum(one["lead"] for one in facts["classes"]) == pytest.approx(0.0, abs=1e-5)
    assert [one["name"] for one in facts["classes"]] == list(CLASS_NAMES)
    assert [one["name"] for one in facts["methods"]] == [one.name for one in METHODS]
    assert cell["mm"] == pytest.approx(
        [0.9 * side for side in cell["pixels"]], rel=0.01
    )
    assert "mm" in cell["text"]


def test_a_map_comes_with_the_answer_if_it_is_asked_for(client: TestClient) -> None:
    params = {"map": "contrastive", "map_class": CLASS_NAMES[2], "range": "5"}
    answer = predict(client, **params)
    plain = predict(client)
    asked = {"class": CLASS_NAMES[2], "method": "contrastive", "range": "5"}
    root = f"/analyses/{answer['analysis_id']}"
    again = client.get(f"{root}/map", params=asked)

    drawn = picture(base64.b64decode(answer["layers"]["map"].partition(",")[2]))
    assert np.array_equal(drawn, picture(again.content))
    assert "layers" not in plain
    assert plain.keys() == answer.keys() - {"layers"}


@pytest.mark.parametrize(
    ("params", "told"),
    [
        ({"method": "rainbow"}, "method"),
        ({"palette": "blue-orange"}, "jet, viridis, cividis, contours"),
        ({"method": "additive", "palette": "jet"}, "blue-orange, contours"),
        ({"method": "additive", "range": "-1"}, "range"),
        ({"method": "additive", "range": "nan"}, "range"),
        ({"slice": "1"}, "1 slices"),
        ({"slice": "-1"}, "slice"),
    ],
)
def test_what_cannot_be_drawn_is_refused_with_what_can(
    client: TestClient, root: str, params: dict[str, str], told: str
) -> None:
    answer = client.get(f"{root}/map", params={"class": CLASS_NAMES[0], **params})

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_request")
    assert told in answer.json()["detail"]


def test_a_wrong_choice_is_refused_before_anything_is_analysed(
    client: TestClient,
) -> None:
    params = {"map": "additive", "palette": "viridis"}
    answer = client.post("/predict", files={"file": SCAN}, params=params)

    assert answer.status_code == 400
    assert client.get("/analyses").json()["analyses"] == []


def test_what_the_network_saw_has_the_size_of_the_map(
    client: TestClient, root: str
) -> None:
    seen = picture(client.get(f"{root}/seen").content)

    assert seen.shape == (150, 240)
    assert seen[75, 120] > 20
    assert not seen[0, 0]


def test_legends_need_no_analysis(client: TestClient) -> None:
    params = {"class": CLASS_NAMES[3], "method": "additive", "range": "40"}
    legend = client.get("/legend", params=params)

    assert legend.status_code == 200
    assert picture(legend.content).shape[1] > 500


def test_the_bundle_is_of_what_was_sent(client: TestClient, root: str) -> None:
    answer = client.get(f"{root}/bundle")
    bundle = read_bundle(answer.content)
    told = client.get(root).json()
    overlay = client.get(told["heatmap_url"])

    assert answer.headers["content-type"] == "application/zip"
    assert "attachment" in answer.headers["content-disposition"]
    assert bundle.manifest["input"]["sha256"] == list(digests_of([SCAN]))
    assert bundle.manifest["answer"]["headline"] == told["headline"]
    assert bundle.manifest["model"] == told["model"]
    assert bundle.overlay_png == overlay.content
    assert b"SECRET" not in json.dumps(bundle.manifest).encode()


def test_analyses_of_earlier_versions_have_maps_but_no_bundle(
    client: TestClient, root: str, tmp_path: Path
) -> None:
    (file,) = tmp_path.rglob("evidence_*.npz")
    with np.load(file) as arrays:
        before = {name: arrays[name] for name in arrays.files}
    before.pop("manifest")
    before.pop("spacing_mm")
    before["format"] = np.int32(2)
    before["maps"] = before["maps"].astype(np.float16)
    content = io.BytesIO()
    np.savez(content, **before)
    file.write_bytes(content.getvalue())

    params = {"class": CLASS_NAMES[0], "method": "additive"}
    assert client.get(f"{root}/map", params=params).status_code == 200
    assert client.get(f"{root}/maps").json()["cell"]["mm"] is None
    missing = client.get(f"{root}/bundle")
    assert (missing.status_code, missing.json()["code"]) == (404, "no_evidence")
    again = unpack_evidence(pack_evidence(unpack_evidence(file.read_bytes())))
    assert again.spacing_mm is None


def test_without_evidence_there_are_no_maps(model: Model, tmp_path: Path) -> None:
    with TestClient(app_with(model, data_dir=tmp_path, keep_evidence=False)) as client:
        answer = predict(client, map="additive")
        root = f"/analyses/{answer['analysis_id']}"
        codes = [
            client.get(f"{root}/{what}").json()["code"]
            for what in ("maps", "bundle", "seen")
        ]

    assert answer["layers"]["map"].startswith("data:image/png")
    assert codes == ["no_evidence"] * 3
