"""The service with a quick model, in the test's own process or behind a port."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from playwright.sync_api import Browser, Page, sync_playwright

from alzer.model.bundle import load_bundle, shipped_bundle
from alzer.model.engine import Model, load_model
from bundles import write_bundle
from served import BACKEND, app_with, serving
from web.browsers import ARGUMENTS, CHROMIUM


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run what is marked so on each of the backends: same bodies, same statuses."""
    is_marked = metafunc.definition.get_closest_marker("on_every_backend")
    if is_marked and "backend" in metafunc.fixturenames:
        metafunc.parametrize("backend", ["local", "ray"], indirect=True)


@pytest.fixture
def backend(request: pytest.FixtureRequest) -> str:
    """Return on which backend the service of a test runs."""
    return str(getattr(request, "param", BACKEND))


@pytest.fixture
def client(model: Model, backend: str, tmp_path: Path) -> Iterator[TestClient]:
    with TestClient(app_with(model, backend, data_dir=tmp_path)) as client:
        yield client


@pytest.fixture(scope="session")
def silent_model(tmp_path_factory: pytest.TempPathFactory) -> Model:
    """Return a model in which no region speaks for any class."""
    folder = tmp_path_factory.mktemp("silent")
    bundle = write_bundle(folder, weights=[0.0] * 4, biases=[0.0, 1.0, 0.0, 0.0])
    return load_model(load_bundle(bundle), "openvino", "fp32", 1)


@pytest.fixture
def address(model: Model, tmp_path: Path) -> Iterator[str]:
    """Return the address of the service behind a real server."""
    with serving(model, tmp_path) as address:
        yield address


@pytest.fixture(scope="session")
def shipped_model() -> Model:
    """Return the model that people get; but drawn heads are to it as real ones."""
    model = load_model(load_bundle(shipped_bundle()))
    return replace(model, decision=replace(model.decision, ood_limit=None))


@pytest.fixture
def shipped_address(shipped_model: Model, tmp_path: Path) -> Iterator[str]:
    """Return the address of the service with the model that ships."""
    with serving(shipped_model, tmp_path) as address:
        yield address


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Return the browser that a person would use."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    """Open the page; whatever its scripts complain of fails the test."""
    page = browser.new_page(viewport={"width": 1200, "height": 900}, base_url=address)
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(address)
    yield page
    page.close()
    assert complaints == []
