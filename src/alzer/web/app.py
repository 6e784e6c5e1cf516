"""The service over HTTP: put together from its parts, loading nothing itself."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final

import uvicorn
from anyio import move_on_after, to_thread
from fastapi import FastAPI
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.staticfiles import StaticFiles

from alzer import __version__
from alzer.backends.backend import Backend
from alzer.errors import StorageUnavailable
from alzer.jobs import JobQueue
from alzer.settings import Settings
from alzer.store.store import GRACE, Store
from alzer.web.access import AuthMiddleware
from alzer.web.admission import Admission, AdmissionControl
from alzer.web.connections import WatchedProtocol, room_for_connections
from alzer.web.dicom import dicom_routes
from alzer.web.exception_handlers import describe_failure, register_exception_handlers
from alzer.web.explanations import explanation_routes
from alzer.web.fhir import fhir_routes
from alzer.web.history import history_routes
from alzer.web.history_page import history_page_routes
from alzer.web.inference import inference_routes
from alzer.web.inference_body import HEADER_LENGTH
from alzer.web.inference_models import infer_paths
from alzer.web.jobs import job_routes
from alzer.web.login import login_routes
from alzer.web.logs import REQUEST_ID_HEADER, RequestLog
from alzer.web.map_audit import audit_routes
from alzer.web.maps import map_routes
from alzer.web.metrics import Metrics
from alzer.web.middleware import BodyLimit, ErrorMiddleware, ResponseHeaders
from alzer.web.occlusions import occlusion_routes
from alzer.web.pages import page_routes
from alzer.web.references import reference_routes
from alzer.web.reports import report_routes
from alzer.web.routes import routes
from alzer.web.search import search_routes
from alzer.web.service import Service
from alzer.web.signing import open_signer
from alzer.web.throttle import Throttle
from alzer.web.thumbnails import thumbnail_routes
from alzer.web.uploads import FORM_OVERHEAD_BYTES, too_large
from alzer.web.urls import PREDICT_PATH, PREVIEW_PATH
from alzer.wiring import ServiceParts

_STATIC: Final = Path(__file__).with_name("static")

_DESCRIPTION: Final = (
    "Brain MRI slices: degree of impairment with the evidence behind it. "
    "Research and education software; not a medical device."
)

_CLEAN_EVERY_S: Final = 600.0

# What an update changes in a large database may take longer; it goes on meanwhile.
_PREPARE_S: Final = 30.0

# An address that no route has.
_NOWHERE: Final = "/-/"

# Less than the ten seconds that ending the service may take.
_GRACE_S: Final = 8


def create_app(parts: ServiceParts) -> FastAPI:
    """Put the service together.

    Args:
        parts: What it consists of.

    Returns:
        The ASGI application.
    """
    settings, service = parts.settings, _open_service(parts)
    app = FastAPI(
        title="alzer",
        version=__version__,
        description=_DESCRIPTION,
        docs_url=None,  # the usual pages load scripts from elsewhere; ours is at /docs
        redoc_url=None,
        redirect_slashes=False,  # such an answer names the host of the request
        middleware=_middleware(service),
        lifespan=lambda app: _life(app, service),
    )
    app.state.service = service  # connections ask it, too
    register_exception_handlers(app)
    app.include_router(routes(service))
    app.include_router(history_routes(service))
    app.include_router(reference_routes(service))
    app.include_router(search_routes(service))
    app.include_router(thumbnail_routes(service))
    app.include_router(explanation_routes(service))
    app.include_router(audit_routes(service))
    app.include_router(map_routes(service))
    app.include_router(occlusion_routes(service))
    app.include_router(report_routes(service))
    app.include_router(dicom_routes(service))
    app.include_router(fhir_routes(service))
    app.include_router(job_routes(service))
    app.include_router(inference_routes(service))
    app.include_router(page_routes(app.openapi, settings, parts.backend.facts))
    app.include_router(history_page_routes(settings))
    if settings.needs_token:
        app.include_router(login_routes(service))
    app.mount("/static", GZipMiddleware(StaticFiles(directory=_STATIC)))
    return app


def _open_service(parts: ServiceParts) -> Service:
    settings, backend = parts.settings, parts.backend
    metrics = Metrics(backend.facts.class_mix, backend.facts.identity)
    metrics.watch_places(lambda: backend.capacity.taken)
    return Service(
        backend=backend,
        settings=settings,
        store=parts.store,
        admission=AdmissionControl(
            backend.capacity, metrics, settings, _upload_paths(backend)
        ),
        metrics=metrics,
        jobs=JobQueue(backend, parts.store, describe_failure),
        signer=open_signer(settings),
        throttle=Throttle(parts.store.refusals),
    )


def _upload_paths(backend: Backend) -> tuple[str, ...]:
    """Return the addresses that take scans."""
    return PREDICT_PATH, PREVIEW_PATH, *infer_paths(backend.facts)


@asynccontextmanager
async def _life(app: FastAPI, service: Service) -> AsyncIterator[None]:
    begun = datetime.now(UTC)  # what requests write is younger
    service.backend.start()
    _build_routes(app)
    await _prepare(service.store)
    # In a thread of its own, which ends when `ending` is set, soon after.
    cleaning = asyncio.create_task(asyncio.to_thread(_clean, service.store, begun))
    try:
        yield
    finally:
        await service.jobs.close()
        service.store.ending.set()
        await asyncio.wait([cleaning])  # however that ends, the rest follows
        await to_thread.run_sync(service.backend.stop)
        service.store.database.close()


def _build_routes(app: FastAPI) -> None:
    """Build what requests are matched against, which FastAPI else does beside them.

    That would take the first requests longer, and building is not safe beside other
    threads: for a moment it changes which warnings the process shows.
    """
    nowhere = {"type": "http", "method": "GET", "path": _NOWHERE, "root_path": ""}
    for route in app.routes:
        route.matches(nowhere)


async def _prepare(store: Store) -> None:
    """Have the database ready for the first request, or go on without it.

    Requests that need it would wait for its tables to be made, and not for long.
    """
    with move_on_after(_PREPARE_S), suppress(StorageUnavailable):
        await to_thread.run_sync(store.database.identity, abandon_on_cancel=True)


def _clean(store: Store, begun: datetime) -> None:
    """Clean up at the start and from time to time."""
    with store.in_use(begun):
        while not store.ending.wait(_CLEAN_EVERY_S):
            store.clean(datetime.now(UTC) - GRACE)


def _middleware(service: Service) -> list[Middleware]:
    """List what stands before the routes, the outermost first."""
    settings = service.settings
    largest = settings.max_upload_bytes + FORM_OVERHEAD_BYTES
    return [
        Middleware(
            CORSMiddleware,
            allow_origins=settings.allowed_origins,
            allow_methods=["GET", "POST", "PATCH", "DELETE"],
            allow_headers=["*"],
            expose_headers=[
                HEADER_LENGTH,
                "Location",
                "Preference-Applied",
                "Retry-After",
                REQUEST_ID_HEADER,
            ],
        ),
        Middleware(Admission, control=service.admission),
        Middleware(RequestLog, metrics=service.metrics),
        Middleware(ResponseHeaders, public_url=settings.public_url),
        Middleware(ErrorMiddleware),
        Middleware(AuthMiddleware, service=service),
        Middleware(
            BodyLimit,
            max_bytes=largest,
            max_bytes_together=max(settings.max_buffered_bytes, 2 * largest),
            message=too_large(settings.max_upload_bytes),
            paths=_upload_paths(service.backend),
        ),
    ]


def server_config(app: FastAPI, settings: Settings) -> uvicorn.Config:
    """Choose how the application is served.

    Args:
        app: The application.
        settings: Address, port, limits, and the proxies that are trusted.

    Returns:
        What `uvicorn.Server` takes.
    """
    protocol = partial(
        WatchedProtocol,
        admission=app.state.service.admission,
        max_connections=min(settings.max_connections, room_for_connections()),
    )
    return uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        http=protocol,  # type: ignore[arg-type]  # made like the class
        ws="none",
        h11_max_incomplete_event_size=settings.max_header_bytes,
        timeout_keep_alive=30,  # a person reads one answer before the next upload
        timeout_graceful_shutdown=_GRACE_S,  # else a half-open client blocks the end
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=list(settings.trusted_proxies),
        server_header=False,
        access_log=False,  # it would hold the unguessable addresses of heatmaps
        log_config=None,  # ours is in `logs`
        log_level="warning",
    )
