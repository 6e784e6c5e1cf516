"""What every answer carries, whatever it answers."""

import re
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from alzer.model.engine import Model
from alzer.web.guards import SECURITY_HEADERS
from phantoms import as_png, draw_brain
from served import app_with

PATHS = ["/assessment/mri-upload", "/docs", "/healthz", "/static/alzer.css", "/nowhere"]


@pytest.mark.parametrize("path", PATHS)
def test_every_answer_has_the_headers_that_close_a_browser(
    client: TestClient, path: str
) -> None:
    answer = client.get(path)

    for name, value in SECURITY_HEADERS.items():
        assert answer.headers[name] == value
    assert "strict-transport-security" not in answer.headers


def test_a_heatmap_may_be_shown_by_a_front_end_elsewhere(client: TestClient) -> None:
    answer = client.post("/predict", files={"file": as_png(draw_brain())}).json()
    picture = client.get(answer["heatmap_url"])

    assert picture.headers["cross-origin-resource-policy"] == "cross-origin"
    assert picture.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    ("public_url", "expected"),
    [("https://mri.example.org", True), ("http://mri.example.org", False)],
)
def test_browsers_that_came_by_tls_keep_to_it(
    model: Model, tmp_path: Path, *, public_url: str, expected: bool
) -> None:
    app = app_with(model, data_dir=tmp_path, public_url=public_url)
    with TestClient(app) as client:
        answer = client.get("/healthz")

    assert ("strict-transport-security" in answer.headers) is expected


@pytest.mark.parametrize("path", ["/assessment/mri-upload", "/docs"])
def test_the_policy_needs_no_exception_for_what_stands_in_the_page(
    client: TestClient, path: str
) -> None:
    answer = client.get(path)
    scripts = re.findall(r"<script\b([^>]*)>(.*?)</script>", answer.text, re.DOTALL)

    policy = answer.headers["content-security-policy"]
    assert "unsafe" not in policy
    assert "script-src 'self'" in policy
    assert all("src=" in given and not inside for given, inside in scripts)
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", answer.text)
