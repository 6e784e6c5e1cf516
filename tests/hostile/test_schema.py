"""The service does what its OpenAPI document says, whatever is asked."""

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from fastapi import FastAPI
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS
from schemathesis.core.failures import FailureGroup
from starlette.types import ASGIApp, Receive, Scope, Send

from alzer.model.engine import Model
from phantoms import as_png, draw_brain
from served import app_with
from web.test_access import bearer, make_token

# Files are bytes to the document: that most are refused is right. Unknown
# methods get 405 without a body's schema; a heatmap's address takes none but ours.
LEFT_OUT = ("positive_data_acceptance",)

# Of requests, over all tests.
NUMBERS = itertools.count()

# A form's fields are text: a number, or an array of one text, arrives as that text.
UNTOLD = (
    "/properties/series (was string, became ",
    "/properties/reference (was string, became ",
)

BRAIN = {"file": as_png(draw_brain())}


@pytest.fixture(scope="module")
def app(model: Model, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FastAPI]:
    """Give a service with an analysis in it."""
    folder = tmp_path_factory.mktemp("schema")
    app = app_with(model, data_dir=folder, allowed_hosts=("*",))
    with TestClient(app) as client:
        assert client.post("/predict", files=BRAIN).status_code == 200
        yield app


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the data folder of a service that needs a token."""
    return tmp_path_factory.mktemp("guarded")


@pytest.fixture(scope="module")
def token(folder: Path) -> dict[str, str]:
    """Give the headers of somebody who may use it."""
    return bearer(make_token(folder))


@pytest.fixture(scope="module")
def guarded(model: Model, folder: Path, token: dict[str, str]) -> Iterator[FastAPI]:
    """Give such a service with an analysis in it."""
    app = app_with(model, data_dir=folder, allowed_hosts=("*",), auth="required")
    with TestClient(app) as client:
        assert client.post("/predict", files=BRAIN, headers=token).status_code == 200
        yield app


PATHS = [
    ("POST", "/predict"),
    ("POST", "/preview"),
    ("GET", "/analyses"),
    ("GET", "/analyses/{identity}"),
    ("DELETE", "/analyses/{identity}"),
    ("PATCH", "/analyses/{identity}"),
    ("POST", "/analyses/search"),
    ("GET", "/analyses/{identity}/thumbnail"),
    ("POST", "/analyses/{identity}/audit"),
    ("GET", "/analyses/{identity}/bundle"),
    ("GET", "/analyses/{identity}/dicom"),
    ("GET", "/analyses/{identity}/evidence"),
    ("GET", "/analyses/{identity}/fhir"),
    ("GET", "/analyses/{identity}/files/{name}"),
    ("GET", "/analyses/{identity}/heat"),
    ("GET", "/analyses/{identity}/map"),
    ("GET", "/analyses/{identity}/map/values"),
    ("GET", "/analyses/{identity}/maps"),
    ("GET", "/analyses/{identity}/occlusion"),
    ("GET", "/analyses/{identity}/report"),
    ("GET", "/analyses/{identity}/report.pdf"),
    ("GET", "/analyses/{identity}/seen"),
    ("GET", "/legend"),
    ("GET", "/jobs/{identity}"),
    ("DELETE", "/jobs/{identity}"),
    ("GET", "/uploads/heatmaps/{name}"),
    ("GET", "/healthz"),
    ("GET", "/readyz"),
    ("GET", "/metrics"),
    ("GET", "/v2"),
    ("GET", "/v2/health/live"),
    ("GET", "/v2/health/ready"),
    ("GET", "/v2/models/{name}"),
    ("GET", "/v2/models/{name}/ready"),
    ("POST", "/v2/models/{name}/infer"),
]


# Of these something can be asked that the document rules out; elsewhere there is
# nothing to say, or any text may be.
CAN_BE_WRONG = [
    ("POST", "/predict"),
    ("PATCH", "/analyses/{identity}"),
    ("POST", "/analyses/search"),
    ("POST", "/preview"),
    ("GET", "/analyses"),
    ("GET", "/analyses/{identity}/map"),
    ("GET", "/analyses/{identity}/map/values"),
    ("GET", "/analyses/{identity}/occlusion"),
    ("GET", "/analyses/{identity}/report"),
    ("GET", "/analyses/{identity}/report.pdf"),
    ("GET", "/legend"),
]

MODES = [
    *((GenerationMode.POSITIVE, *each) for each in PATHS),
    *((GenerationMode.NEGATIVE, *each) for each in CAN_BE_WRONG),
]

OPEN = {
    ("GET", "/healthz"),
    ("GET", "/readyz"),
    ("GET", "/v2/health/live"),
    ("GET", "/v2/health/ready"),
}


def operations(app: FastAPI) -> dict[tuple[str, str], dict[str, Any]]:
    """Give what the document says of each operation."""
    return {
        (method.upper(), path): operation
        for path, methods in app.openapi()["paths"].items()
        for method, operation in methods.items()
    }


def test_every_operation_is_tried(app: FastAPI, guarded: FastAPI) -> None:
    assert set(operations(app)) == set(operations(guarded)) == set(PATHS)


def test_the_document_says_what_is_closed_and_by_what_one_is_let_in(
    app: FastAPI, guarded: FastAPI
) -> None:
    schemes = guarded.openapi()["components"]["securitySchemes"]
    assert "securitySchemes" not in app.openapi()["components"]
    assert (schemes["token"]["type"], schemes["token"]["scheme"]) == ("http", "bearer")
    assert (schemes["session"]["in"], schemes["session"]["name"]) == (
        "cookie", "alzer_session",
    )  # fmt: skip
    for each, operation in operations(guarded).items():
        assert ("security" in operation) is (each not in OPEN)
        for status in ("401", "429"):
            assert (status in operation["responses"]) is (each not in OPEN)
        assert ("403" in operation["responses"]) is (each[0] != "GET")
    assert not any("security" in each for each in operations(app).values())


def from_everywhere(app: FastAPI) -> ASGIApp:
    """Let every request come from an address of its own, so that none is a guess."""

    async def ask_from_another(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            number = next(NUMBERS)
            scope["client"] = (
                f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}",
                1,
            )
        await app(scope, receive, send)

    return ask_from_another


def ask(
    app: FastAPI,
    mode: GenerationMode,
    operation: tuple[str, str],
    headers: dict[str, str] | None = None,
    *,
    examples: int = 60,
) -> tuple[set[int], list[str]]:
    """Ask what the document allows, or rules out.

    Args:
        app: The service.
        mode: Which of the two.
        operation: Method and path.
        headers: To send besides.
        examples: How many requests.

    Returns:
        The statuses that came, and where the answers break the document.
    """
    schema = schemathesis.openapi.from_asgi("/openapi.json", from_everywhere(app))
    checks: Any = [each for each in CHECKS.get_all() if each.__name__ not in LEFT_OUT]
    assert len(checks) > 5
    method, path = operation
    strategy = schema[path][method].as_strategy(generation_mode=mode)
    statuses: set[int] = set()
    failures: set[str] = set()

    @given(case=strategy)
    @settings(
        max_examples=examples,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def run(case: schemathesis.Case[Any]) -> None:
        response = case.call(headers=headers)
        statuses.add(response.status_code)
        try:
            case.validate_response(response, checks=checks)
        except FailureGroup as group:
            failures.update(
                f"{each.title}: {each.message}"
                for each in group.exceptions
                if not any(untold in each.message for untold in UNTOLD)
            )

    run()
    return statuses, sorted(failures)


@pytest.mark.parametrize(("mode", "method", "path"), MODES)
def test_an_operation_keeps_to_its_description(
    app: FastAPI, mode: GenerationMode, method: str, path: str
) -> None:
    statuses, failures = ask(app, mode, (method, path))

    assert failures == []
    assert max(statuses) < 500


@pytest.mark.parametrize(("mode", "method", "path"), MODES)
def test_whoever_has_a_token_gets_what_is_described(
    guarded: FastAPI,
    token: dict[str, str],
    mode: GenerationMode,
    method: str,
    path: str,
) -> None:
    statuses, failures = ask(guarded, mode, (method, path), token, examples=30)

    assert failures == []
    assert max(statuses) < 500
    assert 401 not in statuses


@pytest.mark.parametrize(("mode", "method", "path"), MODES)
def test_whoever_has_none_is_refused_as_described(
    guarded: FastAPI, mode: GenerationMode, method: str, path: str
) -> None:
    statuses, failures = ask(guarded, mode, (method, path), examples=20)

    assert failures == []
    assert statuses <= ({200} if (method, path) in OPEN else {401, 403})
