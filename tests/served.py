"""The service over a real model, as tests call it."""

from fastapi import FastAPI

from alzer.analysis import analyse
from alzer.model.engine import Model
from alzer.settings import Settings
from alzer.web.app import create_app


def app_with(model: Model, **changes: object) -> FastAPI:
    """Put the service together over a real model."""
    hosts = ("testserver", "127.0.0.1")
    settings = Settings.model_validate({"allowed_hosts": hosts, **changes})
    return create_app(
        lambda data: analyse(data, model, settings.limits), settings, model.identity
    )
