"""Turning requests away before they cost anything, while all places are taken.

In a flood each refusal takes time from the answers of those who got a place. What
comes over HTTP/1.1 in the ordinary way is therefore turned away by the connection
itself (`connections`), without a task or a route; `Admission` sees to the rest.
"""

import logging
import time
import uuid
from collections.abc import Collection
from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

from alzer.errors import Overloaded
from alzer.web.exception_handlers import answer_failure
from alzer.web.logs import REQUEST_ID_HEADER
from alzer.web.metrics import Metrics
from alzer.web.middleware import SECURITY_HEADERS
from alzer.web.workers import Workers

logger = logging.getLogger(__name__)

Headers = list[tuple[bytes, bytes]]

_TELL_EVERY_S: Final = 1.0


class AdmissionControl:
    """Says who can't be served now, and keeps count of those turned away.

    They are counted like every answer, but written to the log only once a second.

    Args:
        workers: Who has places.
        metrics: Where it is counted.
        paths: Addresses that need a place, when a form is posted to them.
    """

    def __init__(
        self, workers: Workers, metrics: Metrics, paths: Collection[str]
    ) -> None:
        self._workers = workers
        self._counted = {
            each: (
                metrics.requests.labels("POST", each, 503),
                metrics.request_seconds.labels(each),
            )
            for each in paths
        }
        self._untold = 0
        self._told_at = -_TELL_EVERY_S

    @property
    def is_closed(self) -> bool:
        """Whether nobody gets a place now."""
        return self._workers.are_full

    def needs_place(self, method: str, path: str) -> bool:
        """Say whether a request is one that waits for its turn.

        Args:
            method: Of HTTP.
            path: Without a query.

        Returns:
            Whether it is.
        """
        return method == "POST" and path in self._counted

    def turn_away(self, path: str, started: float) -> tuple[Headers, bytes]:
        """Count a refusal, and give what to answer with status 503.

        Args:
            path: Of the request.
            started: When it came, on the clock `time.perf_counter`.

        Returns:
            Headers and body.
        """
        identity = str(uuid.uuid4())
        requests, seconds = self._counted[path]
        requests.inc()
        seconds.observe(time.perf_counter() - started)
        self._untold += 1
        now = time.monotonic()
        if now - self._told_at >= _TELL_EVERY_S:
            count, self._untold, self._told_at = self._untold, 0, now
            extra = {"count": count, "route": path, "status": 503, "request": identity}
            logger.warning("turned away since the last such line", extra=extra)
        return [*_HEADERS, (_REQUEST_ID, identity.encode())], bytes(_REFUSAL.body)


class Admission:
    """Turn away who could not be served anyway.

    Args:
        app: The application behind.
        control: Who that is.
    """

    def __init__(self, app: ASGIApp, control: AdmissionControl) -> None:
        self.app = app
        self.control = control

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse one request, or pass it on."""
        is_refused = (
            self.control.is_closed
            and scope["type"] == "http"
            and self.control.needs_place(scope["method"], scope["path"])
        )
        if not is_refused:
            await self.app(scope, receive, send)
            return
        headers, body = self.control.turn_away(scope["path"], time.perf_counter())
        await send({"type": "http.response.start", "status": 503, "headers": headers})
        await send({"type": "http.response.body", "body": body})


_REFUSAL: Final = answer_failure(Overloaded(Workers.FULL))
_REQUEST_ID: Final = REQUEST_ID_HEADER.lower().encode()

_HEADERS: Final = (
    *_REFUSAL.raw_headers,
    *(
        (name.lower().encode(), value.encode())
        for name, value in SECURITY_HEADERS.items()
    ),
)
