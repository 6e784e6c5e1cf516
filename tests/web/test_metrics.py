"""Figures for Prometheus."""

import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families

from alzer.analysis import analyse
from alzer.backends.backend import ModelFacts
from alzer.backends.local import local_backend
from alzer.classes import CLASS_NAMES
from alzer.model.bundle import load_bundle
from alzer.model.decision import Decision
from alzer.model.engine import Model, load_model
from alzer.settings import Settings
from alzer.store.store import open_store
from alzer.web.app import create_app
from alzer.web.metrics import Metrics
from alzer.wiring import ServiceParts
from bundles import write_bundle
from phantoms import as_png, draw_brain
from served import app_with, steps_of

BRAIN = as_png(draw_brain())


@pytest.fixture(scope="module")
def novel_model(tmp_path_factory: pytest.TempPathFactory) -> Model:
    """Return a model that tells how novel an image is."""
    bundle = write_bundle(tmp_path_factory.mktemp("novel"), ood_score=True)
    return load_model(load_bundle(bundle), "openvino", "fp32", 1)


def figures(client: TestClient) -> dict[tuple[str, ...], float]:
    families = text_string_to_metric_families(client.get("/metrics").text)
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in families
        for sample in family.samples
    }


def test_requests_stages_and_classes_are_counted(client: TestClient) -> None:
    for _ in range(3):
        client.post("/predict", files={"file": BRAIN})
    client.post("/predict", files={"file": b"text"})
    client.get("/nowhere/at/all")
    found = figures(client)

    assert found["alzer_requests_total", "POST", "/predict", "200"] == 3
    assert found["alzer_requests_total", "POST", "/predict", "400"] == 1
    assert found["alzer_requests_total", "GET", "other", "404"] == 1
    assert found["alzer_request_seconds_count", "/predict"] == 4
    for stage in ("read", "validate", "infer", "explain", "encode", "total"):
        assert found["alzer_stage_seconds_count", stage] == 3
    classes = [found["alzer_analyses_total", name] for name in CLASS_NAMES]
    assert sum(classes) == 3
    assert found["alzer_refused_files_total", "not_an_image"] == 1
    assert found["alzer_unreliable_answers_total",] == 0
    assert found["alzer_places_taken",] == 0
    assert any(key[0] == "alzer_model_info" and "tiny" in key for key in found)


@pytest.mark.parametrize(
    ("limit", "unreliable"), [(-1e9, 3), (1e9, 0), (None, 0)], ids=str
)
def test_scans_unlike_those_of_the_training_are_counted(
    novel_model: Model, tmp_path: Path, *, limit: float | None, unreliable: int
) -> None:
    judging = replace(novel_model, decision=Decision(ood_limit=limit))
    with TestClient(app_with(judging, data_dir=tmp_path)) as client:
        answers = [client.post("/predict", files={"file": BRAIN}) for _ in range(3)]
        found = figures(client)

    reliable = None if limit is None else not unreliable
    assert [each.json()["reliable"] for each in answers] == [reliable] * 3
    assert found["alzer_unreliable_answers_total",] == unreliable


EXPECTED = dict(zip(CLASS_NAMES, (0.4, 0.3, 0.2, 0.1), strict=True))


@pytest.fixture
def watched(model: Model, tmp_path: Path) -> Iterator[TestClient]:
    """Return a service that knows which mix of classes to expect."""
    settings = Settings(data_dir=tmp_path, allowed_hosts=("testserver",))
    facts = ModelFacts(model.identity, class_mix=EXPECTED)
    backend = local_backend(steps_of(model, settings), 1, facts)
    parts = ServiceParts(settings, backend, open_store(settings))
    with TestClient(create_app(parts)) as client:
        yield client


def test_the_drift_is_measured_from_the_fiftieth_analysis_on(
    watched: TestClient,
) -> None:
    drifts = []
    for _ in range(50):
        drifts.append(figures(watched)["alzer_class_mix_drift",])
        assert watched.post("/predict", files={"file": BRAIN}).status_code == 200

    assert all(map(math.isnan, drifts))
    # One brain, again and again: one class alone.
    assert figures(watched)["alzer_class_mix_drift",] > 0.25


def drift_after(model: Model, counts: dict[str, int]) -> float:
    """Count so many analyses of each class."""
    made = analyse(BRAIN, model)
    metrics = Metrics(EXPECTED, None)
    for name, count in counts.items():
        certain = tuple(float(each == name) for each in CLASS_NAMES)
        analysis = replace(made, probabilities=certain)
        for _ in range(count):
            metrics.count(analysis)
    return metrics.drift()


def test_a_mix_like_the_expected_one_has_no_drift(model: Model) -> None:
    expected = {name: round(100 * share) for name, share in EXPECTED.items()}

    assert 0.0 <= drift_after(model, expected) < 0.01


@pytest.mark.parametrize("name", CLASS_NAMES)
def test_a_mix_of_one_class_has_drifted(model: Model, name: str) -> None:
    assert math.isnan(drift_after(model, {name: 49}))
    assert drift_after(model, {name: 50}) > 0.25


def test_without_an_expected_mix_there_is_no_drift(model: Model) -> None:
    metrics, made = Metrics({}, None), analyse(BRAIN, model)
    for _ in range(60):
        metrics.count(made)

    assert math.isnan(metrics.drift())
