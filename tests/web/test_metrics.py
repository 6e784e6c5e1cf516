"""Figures for Prometheus."""

import math

from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families

from alzer.classes import CLASS_NAMES
from alzer.web.metrics import Metrics
from phantoms import as_png, draw_brain


def figures(client: TestClient) -> dict[tuple[str, ...], float]:
    families = text_string_to_metric_families(client.get("/metrics").text)
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in families
        for sample in family.samples
    }


def test_requests_stages_and_classes_are_counted(client: TestClient) -> None:
    for _ in range(3):
        client.post("/predict", files={"file": as_png(draw_brain())})
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
    assert found["alzer_unfamiliar_scans_total",] == 0
    assert found["alzer_places_taken",] == 0
    assert any(key[0] == "alzer_model_info" and "tiny" in key for key in found)


def test_a_mix_like_the_expected_one_has_no_drift() -> None:
    metrics = Metrics(dict.fromkeys(CLASS_NAMES, 0.25), None)
    assert math.isnan(metrics.drift())
    for name in CLASS_NAMES * 40:
        metrics._recent.append(name)  # noqa: SLF001 - what `count` does

    assert abs(metrics.drift()) < 1e-6


def test_a_mix_of_one_class_has_drifted() -> None:
    metrics = Metrics(dict.fromkeys(CLASS_NAMES, 0.25), None)
    for _ in range(60):
        metrics._recent.append(CLASS_NAMES[2])  # noqa: SLF001 - as above

    assert metrics.drift() > 1.0
