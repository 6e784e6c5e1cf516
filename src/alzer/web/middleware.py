"""What stands before every request: last resort, response headers, body limit."""

import logging
from collections.abc import Collection, Mapping
from typing import Final

import anyio
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from alzer.backends.shares import Shares
from alzer.errors import Overloaded, TooManyBytes
from alzer.web.accounts import account_of
from alzer.web.exception_handlers import answer_failure, answer_unforeseen

logger = logging.getLogger(__name__)

# Pages load scripts, styles and data from this service alone; pictures may also
# come from the page itself (previews, layers).
CONTENT_SECURITY_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' data: blob:; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)

SECURITY_HEADERS: Final[Mapping[str, str]] = {
    "Cache-Control": "no-cache",  # pages and scripts change with the software
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",  # heatmaps say otherwise
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
    "Referrer-Policy": "same-origin",  # forms tell their origin by it
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}

RAW_SECURITY_HEADERS: Final = tuple(
    (name.lower().encode(), value.encode()) for name, value in SECURITY_HEADERS.items()
)

# Browsers that came by TLS once do not come without it for half a year.
TLS_ONLY: Final[Mapping[str, str]] = {"Strict-Transport-Security": "max-age=15768000"}

# A browser reads the answer only after it has sent its body; a connection that
# is closed earlier looks to it like a network failure.
DRAIN_S: Final = 5.0

# What is no upload is read as a whole before anything else is done: 1 MiB of JSON takes
# some milliseconds, 100 MiB would keep everybody waiting.
MOST_DOCUMENT_BYTES: Final = 2**20

_TOO_LONG: Final = "The request is larger than the limit of 1 MiB."


class ErrorMiddleware:
    """Answer what nobody foresaw with a plain 500, log it and carry on.

    Args:
        app: The application behind.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or pass it on."""
        started = False

        async def watch(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, watch)
        except Exception:
            if scope["type"] != "http" or started:
                raise
            logger.exception("unforeseen failure")
            await answer_unforeseen()(scope, receive, send)


class ResponseHeaders:
    """Add the security headers that a response does not set itself.

    Args:
        app: The application behind.
        public_url: By which people come; where that is by TLS, they keep to it.
    """

    def __init__(self, app: ASGIApp, public_url: str | None = None) -> None:
        self.app = app
        by_tls = (public_url or "").startswith("https:")
        self.headers = {**SECURITY_HEADERS, **(TLS_ONLY if by_tls else {})}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or pass it on."""

        async def add(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self.headers.items():
                    headers.setdefault(name, value)
            await send(message)

        await self.app(scope, receive, add)


class _Overrun(Exception):
    """A body without a declared length went over the limit."""


class _NoRoom(Exception):
    """All bodies together went over their limit."""


class BodyLimit:
    """Refuse a request body over a limit, declared or not.

    FastAPI's `max_body_size` answers in plain text, and outside the CORS
    headers, so that a browser front end could not read why.

    Args:
        app: The application behind.
        max_bytes: Largest upload, with what the form adds to the file.
        max_bytes_together: What may be held of all bodies that are on their way.
        message: What to tell the sender of a larger one.
        paths: Addresses that take uploads; what is sent to others is small.
    """

    def __init__(
        self,
        app: ASGIApp,
        max_bytes: int,
        max_bytes_together: int,
        message: str,
        paths: Collection[str],
    ) -> None:
        self.app = app
        self.max_bytes = max_bytes
        self.message = message
        self._paths = frozenset(paths)
        self._shares = Shares(max_bytes_together)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or pass it on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        most = self._most(scope)
        if _declared_bytes(scope) > most:
            await self._refuse(scope, receive, send)
            return
        body = UploadBuffer(self, account_of(Request(scope)), receive, most)
        scope.setdefault("state", {})["upload"] = body
        try:
            await self.app(scope, body.receive, send)
        except _Overrun:
            await self._refuse(scope, receive, send)
        except _NoRoom:
            message = "Too many uploads at the same time. Try again in a moment."
            await answer_failure(Overloaded(message))(scope, receive, send)
        finally:
            if not body.is_kept:
                body.give_back()

    def _most(self, scope: Scope) -> int:
        is_upload = scope["path"] in self._paths
        return self.max_bytes if is_upload else MOST_DOCUMENT_BYTES

    def give_back(self, owner: str, count: int) -> None:
        """Count bytes that are not held any more."""
        self._shares.give_back(owner, count)

    def hold(self, owner: str, count: int) -> None:
        """Count bytes that have arrived.

        Args:
            owner: On whose account.
            count: How many.

        Raises:
            _NoRoom: With them there are too many, in all or on that account.
        """
        if not self._shares.have_room(owner, count):
            raise _NoRoom
        self._shares.take(owner, count)

    async def _refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        if "expect" not in Headers(scope=scope):  # that sender waits for us
            with anyio.move_on_after(DRAIN_S):
                await _drain(receive)
        message = self.message if scope["path"] in self._paths else _TOO_LONG
        await answer_failure(TooManyBytes(message))(scope, receive, send)


class UploadBuffer:
    """One body on its way in, and what is held of it.

    Args:
        limit: Counts what all of them hold.
        owner: On whose account.
        receive: Brings the body.
        most: How large it may be, in bytes.
    """

    def __init__(
        self, limit: BodyLimit, owner: str, receive: Receive, most: int
    ) -> None:
        self._limit = limit
        self._receive = receive
        self._most = most
        self.owner = owner
        self.held = 0
        self.is_kept = False

    def keep(self) -> None:
        """Hold the body beyond the answer; whoever does so gives it back."""
        self.is_kept = True

    def give_back(self) -> None:
        """Count the body as held no more."""
        self._limit.give_back(self.owner, self.held)
        self.held = 0

    async def receive(self) -> Message:
        """Pass on what comes, as long as it is not too much.

        Returns:
            The next part.

        Raises:
            _NoRoom: All bodies together are too large.
            _Overrun: The body is too large.
        """
        message = await self._receive()
        count = len(message.get("body", b""))
        if self.held + count > self._most:
            raise _Overrun
        self._limit.hold(self.owner, count)
        self.held += count
        return message


async def _drain(receive: Receive) -> None:
    message: Message = {"more_body": True}
    while message.get("more_body", False):
        message = await receive()


def _declared_bytes(scope: Scope) -> int:
    declared = Headers(scope=scope).get("content-length", "")
    return int(declared) if declared.isdecimal() else 0
