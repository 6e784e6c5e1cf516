"""The service: put together from a function and settings, loading nothing itself."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

import uvicorn
from fastapi import FastAPI
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.staticfiles import StaticFiles

from alzer import __version__
from alzer.analysis import Analysis
from alzer.model.engine import ModelIdentity
from alzer.settings import Settings
from alzer.web.api import Api, routes
from alzer.web.failures import register_failures
from alzer.web.guards import BodyLimit, LastResort, ResponseHeaders
from alzer.web.pages import page_routes
from alzer.web.storage import HeatmapFolder
from alzer.web.uploads import FORM_OVERHEAD_BYTES, too_large
from alzer.web.workers import Workers, usable_cores

_STATIC: Final = Path(__file__).with_name("static")

_DESCRIPTION: Final = (
    "Brain MRI slices: degree of impairment with the evidence behind it. "
    "Research and education software; not a medical device."
)


def create_app(
    analyse: Callable[[bytes], Analysis],
    settings: Settings,
    model: ModelIdentity | None = None,
) -> FastAPI:
    """Put the service together.

    Args:
        analyse: From a file's bytes to what the model makes of them; raises
            UnusableScan. It is called in several threads at once.
        settings: What the deployment chose.
        model: What `/readyz` names as the model that is loaded.

    Returns:
        The ASGI application.
    """
    app = FastAPI(
        title="alzer",
        version=__version__,
        description=_DESCRIPTION,
        docs_url=None,  # the usual pages load scripts from elsewhere; ours is at /docs
        redoc_url=None,
        middleware=_middleware(settings),
    )
    register_failures(app)
    heatmaps = HeatmapFolder(settings.data_dir / "uploads" / "heatmaps")
    workers = Workers(usable_cores(), settings.max_waiting)
    app.include_router(routes(Api(analyse, settings, heatmaps, workers, model)))
    app.include_router(page_routes(app.openapi, settings))
    app.mount("/static", StaticFiles(directory=_STATIC))
    return app


def _middleware(settings: Settings) -> list[Middleware]:
    """List what stands before the routes, the outermost first."""
    return [
        Middleware(
            CORSMiddleware,
            allow_origins=settings.allowed_origins,
            allow_methods=["GET", "POST"],
            allow_headers=["*"],
            expose_headers=["Retry-After"],
        ),
        Middleware(ResponseHeaders),
        Middleware(LastResort),
        Middleware(
            BodyLimit,
            max_bytes=settings.max_upload_bytes + FORM_OVERHEAD_BYTES,
            message=too_large(settings.max_upload_bytes),
        ),
    ]


def server_config(app: FastAPI, settings: Settings) -> uvicorn.Config:
    """Choose how the application is served.

    Args:
        app: The application.
        settings: Address and port.

    Returns:
        What `uvicorn.Server` takes.
    """
    return uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        http="h11",  # the one implementation whose header size can be limited
        ws="none",
        h11_max_incomplete_event_size=32 * 1024,
        timeout_keep_alive=30,  # a person reads one answer before the next upload
        timeout_graceful_shutdown=10,  # else a half-open client blocks the end
        server_header=False,
        access_log=False,  # it would hold the unguessable addresses of heatmaps
        log_level="warning",
    )
