"""Turning away costs next to nothing, and lacks nothing of an ordinary answer."""

import logging
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from alzer.model.engine import Model
from alzer.web.guards import SECURITY_HEADERS
from alzer.web.workers import Workers
from phantoms import as_png, draw_brain
from served import app_with

BRAIN = as_png(draw_brain())
ORIGIN = "http://localhost:3000"


@pytest.fixture
def full(model: Model, tmp_path: Path) -> Iterator[TestClient]:
    """Give a service whose places are all taken."""
    app = app_with(model, data_dir=tmp_path, max_waiting=1, allowed_origins=[ORIGIN])
    workers = next(
        given for each in app.user_middleware
        if isinstance(given := each.kwargs.get("workers"), Workers)
    )  # fmt: skip
    with TestClient(app) as client, ExitStack() as places:
        while not workers.are_full:
            places.enter_context(workers.place())
        yield client


@pytest.mark.parametrize("path", ["/predict", "/preview"])
def test_who_is_turned_away_is_told_so(full: TestClient, path: str) -> None:
    answer = full.post(path, files={"file": BRAIN}, headers={"Origin": ORIGIN})

    assert answer.status_code == 503
    assert answer.json()["code"] == "overloaded"
    assert int(answer.headers["retry-after"]) > 0
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    assert len(answer.headers["x-request-id"]) == 36
    for name, value in SECURITY_HEADERS.items():
        assert answer.headers[name] == value


def test_what_needs_no_place_is_answered(full: TestClient) -> None:
    assert full.get("/healthz").status_code == 200
    assert full.get("/predict").status_code == 405
    assert full.get("/metrics").status_code == 200


def test_every_refusal_is_counted_and_few_are_logged(
    full: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        for _ in range(50):
            full.post("/predict", files={"file": BRAIN})

    counter = 'alzer_requests_total{method="POST",route="/predict",status="503"} 50.0'
    assert counter in full.get("/metrics").text
    told = [each for each in caplog.records if each.name == "alzer.web.admission"]
    assert 1 <= len(told) < 25
