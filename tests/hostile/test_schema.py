"""The service does what its OpenAPI document says, whatever is asked."""

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import CHECKS
from schemathesis.core.failures import FailureGroup

from alzer.model.engine import Model
from phantoms import as_png, draw_brain
from served import app_with

# Files are bytes to the document: that most are refused is right. Unknown
# methods get 405 without a body's schema; a heatmap's address takes none but ours.
LEFT_OUT = ("positive_data_acceptance",)


@pytest.fixture(scope="module")
def app(model: Model, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FastAPI]:
    """Give a service with an analysis in it."""
    from fastapi.testclient import TestClient  # noqa: PLC0415 - of this fixture alone

    app = app_with(
        model,
        data_dir=tmp_path_factory.mktemp("schema"),
        allowed_hosts=("*",),
    )
    with TestClient(app) as client:
        client.post("/predict", files={"file": as_png(draw_brain())})
        yield app


PATHS = [
    ("POST", "/predict"),
    ("POST", "/preview"),
    ("GET", "/analyses"),
    ("GET", "/analyses/{identity}"),
    ("DELETE", "/analyses/{identity}"),
    ("GET", "/uploads/heatmaps/{name}"),
    ("GET", "/healthz"),
    ("GET", "/readyz"),
    ("GET", "/metrics"),
]


def test_every_operation_is_tried(app: FastAPI) -> None:
    documented = {
        (method.upper(), path)
        for path, methods in app.openapi()["paths"].items()
        for method in methods
    }

    assert documented == set(PATHS)


@pytest.mark.parametrize(("method", "path"), PATHS)
def test_an_operation_keeps_to_its_description(
    app: FastAPI, method: str, path: str
) -> None:
    schema = schemathesis.openapi.from_asgi("/openapi.json", app)
    checks: Any = [each for each in CHECKS.get_all() if each.__name__ not in LEFT_OUT]
    assert len(checks) > 5
    strategy = schema[path][method].as_strategy()
    failures: list[str] = []

    from hypothesis import given  # noqa: PLC0415 - made for each operation

    @given(case=strategy)
    @settings(
        max_examples=60,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def run(case: schemathesis.Case[Any]) -> None:
        response = case.call()
        assert response.status_code < 500
        try:
            case.validate_response(response, checks=checks)
        except FailureGroup as group:
            failures.extend(
                f"{each.title}: {each.message}" for each in group.exceptions
            )

    run()

    assert sorted(set(failures)) == []
