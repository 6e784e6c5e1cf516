"""Turning requests away before they cost anything, while there is no place for them.

In a flood each refusal takes time from the answers of those who got a place. What
comes over HTTP/1.1 in the ordinary way is therefore turned away by the connection
itself (`connections`), without a task or a route; `Admission` sees to the rest.
"""

import logging
import time
import uuid
from collections import OrderedDict
from collections.abc import Collection
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from alzer.backends.backend import TOO_MANY, Capacity
from alzer.errors import Overloaded
from alzer.settings import Settings
from alzer.web.accounts import RawHeaders, fingerprint
from alzer.web.exception_handlers import (
    RETRY_AFTER_S,
    answer_failure,
    with_error,
)
from alzer.web.logs import REQUEST_ID_HEADER
from alzer.web.metrics import Metrics
from alzer.web.middleware import RAW_SECURITY_HEADERS
from alzer.web.urls import INFERENCE_PATH

logger = logging.getLogger(__name__)

Client = tuple[str, int] | None

# Clients of which is remembered on whose account they come; the one that was quiet
# the longest is forgotten, and turned away a little later than the others.
_MOST_REMEMBERED: Final = 1_000

_TELL_EVERY_S: Final = 1.0


class AdmissionControl:
    """Decides who can't be served now, and keeps count of those turned away.

    They are counted like every answer, but written to the log only once a second.

    Args:
        capacity: Who may ask.
        metrics: Where it is counted.
        settings: How clients are known.
        paths: Addresses that need a place, when a form is posted to them.
    """

    def __init__(
        self,
        capacity: Capacity,
        metrics: Metrics,
        settings: Settings,
        paths: Collection[str],
    ) -> None:
        self._capacity = capacity
        self._settings = settings
        self._counted = {
            path: (
                metrics.requests.labels("POST", path, 503),
                metrics.request_seconds.labels(path),
            )
            for path in paths
        }
        self._owners: OrderedDict[bytes, str] = OrderedDict()
        self._untold = 0
        self._told_at = -_TELL_EVERY_S

    def remember(self, request: Request, owner: str) -> None:
        """Note on whose account the requests of a client go, which was let in.

        Args:
            request: One of them.
            owner: As `account_of` names it.
        """
        client = self._known_by(request.scope["headers"], request.scope["client"])
        self._owners[client] = owner
        self._owners.move_to_end(client)
        if len(self._owners) > _MOST_REMEMBERED:
            self._owners.popitem(last=False)

    def refuses(
        self, method: str, path: str, headers: RawHeaders, client: Client
    ) -> bool:
        """Check whether a request would wait for a turn and can't.

        Args:
            method: Of HTTP.
            path: Without a query.
            headers: Names in lower case.
            client: Address and port.

        Returns:
            Whether all places are taken, or all that this client may have.
        """
        if method != "POST" or path not in self._counted:
            return False
        if self._capacity.are_full:
            return True
        owner = self._owners.get(self._known_by(headers, client))
        return owner is not None and not self._capacity.have_place_for(owner)

    def _known_by(self, headers: RawHeaders, client: Client) -> bytes:
        return fingerprint(headers, client[0] if client else "", self._settings)

    def turn_away(self, path: str, started: float) -> tuple[RawHeaders, bytes]:
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
        refusal = _OPEN_REFUSAL if path.startswith(INFERENCE_PATH) else _REFUSAL
        headers = [*refusal.raw_headers, *RAW_SECURITY_HEADERS]
        return [*headers, (_REQUEST_ID, identity.encode())], bytes(refusal.body)


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
        is_refused = scope["type"] == "http" and self.control.refuses(
            scope["method"], scope["path"], scope["headers"], scope["client"]
        )
        if not is_refused:
            await self.app(scope, receive, send)
            return
        headers, body = self.control.turn_away(scope["path"], time.perf_counter())
        await send({"type": "http.response.start", "status": 503, "headers": headers})
        await send({"type": "http.response.body", "body": body})


_REFUSAL: Final = answer_failure(Overloaded(TOO_MANY))
_OPEN_REFUSAL: Final = JSONResponse(
    with_error(_REFUSAL.body), 503, {"Retry-After": str(RETRY_AFTER_S)}
)
_REQUEST_ID: Final = REQUEST_ID_HEADER.lower().encode()
