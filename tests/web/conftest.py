"""The service with a quick model, in the test's own process or behind a port."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import uvicorn
from fastapi.testclient import TestClient

from alzer.model.bundle import load_bundle, shipped_bundle
from alzer.model.engine import Model, load_model
from alzer.settings import Settings
from alzer.web.app import server_config
from bundles import write_bundle
from served import app_with


@pytest.fixture
def client(model: Model, tmp_path: Path) -> Iterator[TestClient]:
    with TestClient(app_with(model, data_dir=tmp_path)) as client:
        yield client


@pytest.fixture(scope="session")
def silent_model(tmp_path_factory: pytest.TempPathFactory) -> Model:
    """Give a model in which no region speaks for any class."""
    folder = tmp_path_factory.mktemp("silent")
    bundle = write_bundle(folder, weights=[0.0] * 4, biases=[0.0, 1.0, 0.0, 0.0])
    return load_model(load_bundle(bundle), "openvino", "fp32", 1)


@pytest.fixture
def address(model: Model, tmp_path: Path) -> Iterator[str]:
    """Give the address of the service behind a real server."""
    with serving(model, tmp_path) as address:
        yield address


@pytest.fixture(scope="session")
def shipped_model() -> Model:
    """Give the model that people get."""
    return load_model(load_bundle(shipped_bundle()))


@pytest.fixture
def shipped_address(shipped_model: Model, tmp_path: Path) -> Iterator[str]:
    """Give the address of the service with the model that ships."""
    with serving(shipped_model, tmp_path) as address:
        yield address


@contextmanager
def serving(model: Model, folder: Path) -> Iterator[str]:
    """Serve in a thread for as long as the context lasts."""
    app = app_with(model, data_dir=folder)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = uvicorn.Server(server_config(app, Settings(port=port)))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        assert thread.is_alive()
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join()
