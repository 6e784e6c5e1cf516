"""The log: one JSON object per line, with the request's id and nobody's name."""

import logging
import sys
import threading
import time
import traceback
import uuid
from collections.abc import MutableMapping
from typing import Any, Final, TextIO

import structlog
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from alzer.web.metrics import Metrics
from alzer.web.urls import LIVE_PATH, READY_PATH

logger = logging.getLogger(__name__)
access_log = logging.getLogger("alzer.access")

REQUEST_ID_HEADER: Final = "X-Request-ID"

_QUIET: Final = frozenset({"/healthz", "/readyz", "/metrics", LIVE_PATH, READY_PATH})


def configure_logging(level: str, stream: TextIO | None = None) -> None:
    """Send everything that is logged to one stream, as JSON.

    Args:
        level: The least level that is logged.
        stream: Where to; the standard error if None.
    """
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _frames_only,
        _first_line,
    ]
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.JSONRenderer(),
        ],
    )
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers = [handler]
    # What libraries say in detail can name files.
    root.setLevel(logging.WARNING)
    # One line per malformed form, with bytes of it.
    logging.getLogger("python_multipart").setLevel(logging.ERROR)
    logging.getLogger("alzer").setLevel(level.upper())
    threading.excepthook = _log_end_of_thread


def _log_end_of_thread(ended: threading.ExceptHookArgs) -> None:
    failure = (ended.exc_type, ended.exc_value, ended.exc_traceback)
    logger.error("a thread has ended", exc_info=failure)  # type: ignore[arg-type]  # as logging takes it


def _frames_only(
    _: object, __: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Name where a failure came from, but not its message or any value.

    A decoder's message can quote what a file says of a person.
    """
    given = event.pop("exc_info", None)
    if given is True:
        given = sys.exc_info()
    if isinstance(given, tuple) and given[0] is not None:
        event["exception"] = given[0].__name__
        event["frames"] = [
            f"{frame.filename.rpartition('/')[2]}:{frame.lineno} {frame.name}"
            for frame in traceback.extract_tb(given[2])
        ]
    return event


def _first_line(
    _: object, __: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Leave out what libraries append to a message: tracebacks, what they held."""
    event["event"] = str(event["event"]).partition("\n")[0]
    return event


class RequestLog:
    """Assign each request an id, count it, time it, and write a line about it.

    The line names the route and never the address: heatmaps have secret ones.

    Args:
        app: The application behind.
        metrics: Where it is counted.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app = app
        self.metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request by what is behind."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        identity, started, status = str(uuid.uuid4()), time.perf_counter(), 0
        scope.setdefault("state", {})["request_id"] = identity

        async def watch(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[REQUEST_ID_HEADER] = identity
            await send(message)

        with structlog.contextvars.bound_contextvars(request=identity):
            try:
                await self.app(scope, receive, watch)
            finally:
                self._tell(scope, status, time.perf_counter() - started)

    def _tell(self, scope: Scope, status: int, spent_s: float) -> None:
        route = getattr(scope.get("route"), "path", None) or "other"
        method = scope["method"] if scope["method"] in _METHODS else "other"
        self.metrics.requests.labels(method, route, status).inc()
        self.metrics.request_seconds.labels(route).observe(spent_s)
        if route in _QUIET and status < 400:
            return
        caller = scope["state"].get("caller")
        access_log.info(
            "answered",
            extra={
                "method": method,
                "route": route,
                "status": status,
                "milliseconds": round(spent_s * 1000.0, 1),
                "actor": getattr(caller, "actor", None),
            },
        )


_METHODS: Final = frozenset(
    {"GET", "HEAD", "POST", "DELETE", "OPTIONS", "PUT", "PATCH"}
)
