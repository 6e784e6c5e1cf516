"""Turning requests away before they cost anything, while all places are taken."""

import logging
import time
import uuid
from collections.abc import Collection
from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

from alzer.errors import Overloaded
from alzer.web.failures import answer_failure
from alzer.web.guards import SECURITY_HEADERS
from alzer.web.logs import REQUEST_ID_HEADER
from alzer.web.metrics import Metrics
from alzer.web.workers import Workers

logger = logging.getLogger(__name__)

_TELL_EVERY_S: Final = 1.0


class Admission:
    """Turn away who could not be served anyway.

    In a flood each refusal takes time from the answers of those who got a place,
    so this one goes through nothing that it does not need. It is counted like every
    answer, but written to the log only once a second.

    Args:
        app: The application behind.
        workers: Who has places.
        metrics: Where it is counted.
        paths: Addresses that need a place, when a form is posted to them.
    """

    def __init__(
        self, app: ASGIApp, workers: Workers, metrics: Metrics, paths: Collection[str]
    ) -> None:
        self.app = app
        self.workers = workers
        self.metrics = metrics
        self.paths = frozenset(paths)
        self._untold = 0
        self._told_at = -_TELL_EVERY_S

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse one request, or pass it on."""
        if not self.workers.are_full or not self._needs_place(scope):
            await self.app(scope, receive, send)
            return
        started, identity = time.perf_counter(), str(uuid.uuid4())
        headers = [*_HEADERS, (REQUEST_ID_HEADER.lower().encode(), identity.encode())]
        await send({"type": "http.response.start", "status": 503, "headers": headers})
        await send({"type": "http.response.body", "body": bytes(_REFUSAL.body)})
        self._tell(scope["path"], identity, time.perf_counter() - started)

    def _needs_place(self, scope: Scope) -> bool:
        return (
            scope["type"] == "http"
            and scope["method"] == "POST"
            and scope["path"] in self.paths
        )

    def _tell(self, route: str, identity: str, spent_s: float) -> None:
        self.metrics.requests.labels("POST", route, 503).inc()
        self.metrics.request_seconds.labels(route).observe(spent_s)
        self._untold += 1
        now = time.monotonic()
        if now - self._told_at >= _TELL_EVERY_S:
            count, self._untold, self._told_at = self._untold, 0, now
            extra = {"count": count, "route": route, "status": 503, "request": identity}
            logger.warning("turned away since the last such line", extra=extra)


_REFUSAL: Final = answer_failure(Overloaded(Workers.FULL))

_HEADERS: Final = (
    *_REFUSAL.raw_headers,
    *(
        (name.lower().encode(), value.encode())
        for name, value in SECURITY_HEADERS.items()
    ),
)
