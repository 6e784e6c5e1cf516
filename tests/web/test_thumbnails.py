"""Small pictures for lists: of the heatmap, and in grey where it says nothing."""

import io
from pathlib import Path

import numpy as np
import pytest
from fastapi.testclient import TestClient
from PIL import Image

from alzer.model.engine import Model
from phantoms import as_png, draw_brain
from served import ABSENT, app_that_doubts, app_with


def predict(client: TestClient) -> str:
    response = client.post("/predict", files={"file": as_png(draw_brain())})
    assert response.status_code == 200, response.text
    return str(response.json()["analysis_id"])


def thumbnail(client: TestClient, identity: str) -> Image.Image:
    response = client.get(f"/analyses/{identity}/thumbnail")
    assert response.status_code == 200, response.text
    assert response.headers["cache-control"] == "no-store"
    return Image.open(io.BytesIO(response.content))


def colourfulness(picture: Image.Image) -> float:
    pixels = np.asarray(picture.convert("RGB")).astype(int)
    return float(np.ptp(pixels, axis=2).mean())


def test_a_thumbnail_is_the_heatmap_reduced(client: TestClient) -> None:
    identity = predict(client)
    small = thumbnail(client, identity)
    answer = client.get(f"/analyses/{identity}").json()
    heatmap_url = answer["heatmap_url"]
    heatmap = Image.open(io.BytesIO(client.get(heatmap_url).content)).convert("RGB")

    assert small.size == (135, 160)
    close = np.asarray(heatmap.resize(small.size, Image.Resampling.BOX)).astype(int)
    assert np.abs(close - np.asarray(small).astype(int)).mean() < 6.0
    assert colourfulness(small) > 10.0


def test_an_answer_that_is_not_reliable_has_no_colours(
    model: Model, tmp_path: Path
) -> None:
    with TestClient(app_that_doubts(model, "A photograph.", tmp_path)) as client:
        small = thumbnail(client, predict(client))

    assert colourfulness(small) == 0.0
    assert np.asarray(small).std() > 20.0


def test_without_its_heatmap_an_analysis_is_shown_by_its_evidence(
    client: TestClient, tmp_path: Path
) -> None:
    identity = predict(client)
    (heatmap,) = tmp_path.rglob("heatmap_*.png")
    heatmap.write_bytes(heatmap.read_bytes()[:-20])  # as after a power failure

    assert colourfulness(thumbnail(client, identity)) == 0.0


def test_where_no_picture_is_kept_there_is_none(model: Model, tmp_path: Path) -> None:
    app = app_with(model, data_dir=tmp_path, keep_evidence=False)
    with TestClient(app) as client:
        identity = predict(client)
        colourful = thumbnail(client, identity)
        (heatmap,) = tmp_path.rglob("heatmap_*.png")
        heatmap.unlink()
        response = client.get(f"/analyses/{identity}/thumbnail")

    assert colourfulness(colourful) > 10.0
    assert response.status_code == 404
    assert response.json()["code"] == "no_evidence"


@pytest.mark.parametrize("name", [ABSENT, "x"])
def test_what_is_not_there_has_no_thumbnail(client: TestClient, name: str) -> None:
    assert client.get(f"/analyses/{name}/thumbnail").status_code == 404


def test_a_deleted_analysis_has_no_thumbnail(client: TestClient) -> None:
    identity = predict(client)
    thumbnail(client, identity)
    client.delete(f"/analyses/{identity}")

    assert client.get(f"/analyses/{identity}/thumbnail").status_code == 404
