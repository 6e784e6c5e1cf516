"""The service over a real model, as tests call it."""

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import uvicorn
from fastapi import FastAPI

from alzer.analysis import Analysis, analyse
from alzer.backends.backend import facts_of
from alzer.backends.local import Steps, local_backend
from alzer.map_check import MapChecker
from alzer.model.engine import Model
from alzer.scans.formats import read_slice
from alzer.settings import Settings
from alzer.store.store import open_store
from alzer.web.app import create_app, server_config
from alzer.wiring import ServiceParts
from replicas import contract_on_ray

# Which backend is meant where a test does not say.
BACKEND = os.environ.get("ALZER_TEST_BACKEND", "local")


# Of no analysis; the same in each process that runs tests.
ABSENT = "2f1c8a3e-5b7d-4c9a-8e6f-0a1b2c3d4e5f"


def app_with(model: Model, on: object = BACKEND, **changes: object) -> FastAPI:
    """Put the service together over a real model, on one of the backends.

    The environment's `ALZER_TEST_BACKEND=ray` runs all tests that come through here on
    replicas, as far as there is a bundle of the model.
    """
    hosts = ("testserver", "127.0.0.1")
    settings = Settings.model_validate({"allowed_hosts": hosts, **changes})
    if on == "ray" and (app := contract_on_ray(model, settings)) is not None:
        return app
    return app_of(steps_of(model, settings), settings, model)


def app_of(steps: Steps, settings: Settings, model: Model | None = None) -> FastAPI:
    """Put the service together over the steps of an analysis."""
    facts = None if model is None else facts_of(model)
    backend = local_backend(steps, settings.max_waiting, facts)
    return create_app(ServiceParts(settings, backend, open_store(settings)))


def steps_of(model: Model, settings: Settings) -> Steps:
    """Let a real model make predictions; files are read in this process.

    It is warm, as a service's is: two first runs of OpenVINO at the same time in one
    process wait for each other for ever.
    """
    model.run(np.zeros((1, 1, model.spec.height, model.spec.width), np.float32))
    return Steps(
        analyse=lambda data: analyse(data, model, settings.limits),
        read=lambda data: read_slice(data, settings.limits),
        check=MapChecker(model).check,
        run=model.run_exactly,
    )


def app_that_doubts(
    model: Model, reason: str, folder: Path, **changes: object
) -> FastAPI:
    """Put the service together over a model whose every answer is unreliable."""
    settings = Settings.model_validate(
        {"allowed_hosts": ("testserver", "127.0.0.1"), "data_dir": folder, **changes}
    )
    steps = steps_of(model, settings)
    doubting = replace(steps, analyse=lambda data: doubt(steps.analyse(data), reason))
    return app_of(doubting, settings, model)


def doubt(analysis: Analysis, reason: str) -> Analysis:
    """Return an analysis that is not to be relied on, for this reason."""
    return replace(
        analysis,
        reliable=False,
        unreliable_reason=reason,
        possible_classes=None,
        warnings=(reason,),
    )


@contextmanager
def serving(model: Model, folder: Path, **changes: object) -> Iterator[str]:
    """Serve in a thread for as long as the context lasts."""
    with serving_app(app_with(model, data_dir=folder, **changes)) as address:
        yield address


@contextmanager
def serving_app(app: FastAPI, kept_s: int | None = None) -> Iterator[str]:
    """Serve an application likewise; idle connections are kept for `kept_s`."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    settings: Settings = app.state.service.settings
    config = server_config(app, settings.model_copy(update={"port": port}))
    config.timeout_keep_alive = kept_s or config.timeout_keep_alive
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        assert thread.is_alive()
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()
