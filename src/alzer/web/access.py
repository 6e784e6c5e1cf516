"""Who is let in: nobody by default, except where nobody else can come."""

from collections.abc import Collection
from typing import Final
from urllib.parse import urlsplit

from anyio import to_thread
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection, cookie_parser
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from alzer.errors import (
    AlzerError,
    Forged,
    InvalidHost,
    NotAllowed,
    NotSignedIn,
    TooManyGuesses,
)
from alzer.settings import Settings
from alzer.store import tokens
from alzer.store.audit import LOCAL
from alzer.web.callers import Caller
from alzer.web.exception_handlers import answer_failure
from alzer.web.service import Service
from alzer.web.urls import (
    HEATMAPS_PATH,
    HISTORY_PATH,
    LIVE_PATH,
    READY_PATH,
    STRANGE_HOST,
    goes_by,
)

SESSION_COOKIE: Final = "alzer_session"
CSRF_COOKIE: Final = "alzer_csrf"
CSRF_HEADER: Final = "x-csrf-token"
LOGIN_PATH: Final = "/login"
METRICS_PATH: Final = "/metrics"

# Without anything of a person: open to everybody who reaches the service.
_PROBES: Final = frozenset({"/healthz", "/readyz", LIVE_PATH, READY_PATH})
_OPEN: Final = _PROBES | {"/docs", "/openapi.json", LOGIN_PATH}
_OPEN_BELOW: Final = "/static/"

# Shown to a person: who is not signed in is led to where one can.
_PAGES: Final = frozenset({"/", "/assessment/mri-upload", HISTORY_PATH})

# Probes come by any name. Everything else another site's page could reach by a
# name of its own that leads here, were names not checked where no token is needed.
_BY_ANY_NAME: Final = _PROBES

_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})


_ANYBODY: Final = Caller(LOCAL, None)


class AuthMiddleware:
    """Admit who may come, and name the caller to the routes.

    Args:
        app: The application behind.
        service: Knows whether a token is needed, who has one, and which addresses
            and forms are ours.
    """

    def __init__(self, app: ASGIApp, service: Service) -> None:
        self.app = app
        self.service = service
        self.settings = service.settings
        self.tokens = service.store.tokens
        self.signer = service.signer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or pass it on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if self.settings.needs_token and not _is_open(str(scope["path"])):
            send = _uncached(send)
        try:
            caller = await self._admit(scope)
        except AlzerError as error:
            await self._refuse(error, scope, receive, send)
            return
        scope.setdefault("state", {})["caller"] = caller
        await self.app(scope, receive, send)

    async def _admit(self, scope: Scope) -> Caller:
        path, headers = str(scope["path"]), Headers(scope=scope)
        if not self.settings.needs_token:
            if path not in _BY_ANY_NAME and not goes_by(headers, self.settings):
                raise InvalidHost(STRANGE_HOST)
            return _ANYBODY
        if _is_open(path) or await self._is_signed(scope):
            return _ANYBODY
        scheme, _, token = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            return await self._by_token(scope, token.strip())
        return await self._by_session(scope, headers)

    async def _by_token(self, scope: Scope, token: str) -> Caller:
        # A proxy may have added it to whatever a browser sends.
        if scope["method"] not in _SAFE and is_foreign(
            Headers(scope=scope), self.settings, self.settings.allowed_origins
        ):
            raise Forged(FORGED)
        identity = await to_thread.run_sync(self.tokens.identify, token)
        if identity is None:
            await self._count_guess(scope)
            raise NotSignedIn(SIGN_IN)
        _require(identity.scope, str(scope["path"]))
        return Caller(identity.id, identity.id)

    async def _count_guess(self, scope: Scope) -> None:
        """Count a bearer token that is not valid.

        Raises:
            TooManyGuesses: If its address has to wait.
        """
        connection = HTTPConnection(scope)
        if await self.service.throttle.refuse("token refused", connection) > 0.0:
            raise TooManyGuesses(TOO_MANY_GUESSES)

    async def _by_session(self, scope: Scope, headers: Headers) -> Caller:
        path, session = str(scope["path"]), cookie(headers, SESSION_COOKIE)
        owner = await to_thread.run_sync(self.tokens.session_owner, session)
        if owner is None:
            raise NotSignedIn(SIGN_IN)
        if scope["method"] not in _SAFE and path != "/logout":
            sent = headers.get(CSRF_HEADER, "")
            if not self.signer.matches(sent, "csrf", session) or is_foreign(
                headers, self.settings
            ):
                raise Forged(FORGED)
        _require(tokens.Scope.ANALYSES, path)
        return Caller(owner, owner, session)

    async def _is_signed(self, scope: Scope) -> bool:
        folder, _, name = str(scope["path"]).rpartition("/")
        if folder != HEATMAPS_PATH or scope["method"] not in _SAFE:
            return False
        query = HTTPConnection(scope).query_params
        expires, signature = query.get("expires", ""), query.get("signature", "")
        # The database last: only what was signed is looked up.
        return self.signer.opens_heatmap(
            name, expires, signature
        ) and await to_thread.run_sync(self.tokens.opens_heatmap, name)

    async def _refuse(
        self, error: AlzerError, scope: Scope, receive: Receive, send: Send
    ) -> None:
        is_page = scope["path"] in _PAGES and scope["method"] in _SAFE
        if isinstance(error, NotSignedIn) and is_page:
            depth = str(scope["path"]).count("/") - 1
            leads = RedirectResponse("../" * depth + LOGIN_PATH.removeprefix("/"), 303)
            await leads(scope, receive, send)
            return
        await answer_failure(error)(scope, receive, send)


def _is_open(path: str) -> bool:
    return path in _OPEN or path.startswith(_OPEN_BELOW)


def _uncached(send: Send) -> Send:
    """Forbid browsers and proxies to keep what only those see who have signed in.

    Without it the button 'Back' shows pages and pictures after signing out.
    """

    async def send_uncached(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message)["Cache-Control"] = "no-store"
        await send(message)

    return send_uncached


def _require(scope: tokens.Scope, path: str) -> None:
    """Check that a token is good for an address.

    Raises:
        NotAllowed: It is good for something else.
    """
    if path == METRICS_PATH and scope is not tokens.Scope.METRICS:
        raise NotAllowed(_FOR_ALL)
    if path != METRICS_PATH and scope is not tokens.Scope.ANALYSES:
        raise NotAllowed(_FOR_METRICS)


SIGN_IN: Final = "Sign in first, or send a valid token: 'Authorization: Bearer ...'."

TOO_MANY_GUESSES: Final = (
    "Too many tokens from your address were not valid. Wait a minute before the next; "
    "a valid one is taken at any time."
)

_FOR_ALL: Final = (
    "These figures are about everybody's analyses, and your token is good for its own. "
    "The operator makes one for them: alzer tokens create NAME --metrics."
)
_FOR_METRICS: Final = f"This token is good for {METRICS_PATH}, and nothing else."

FORGED: Final = (
    "The request does not come from this service's own page. Open the page again."
)


def cookie(headers: Headers, name: str) -> str:
    """Read one cookie; none is an empty text.

    Args:
        headers: Of a request.
        name: Of the cookie.

    Returns:
        Its value.
    """
    return cookie_parser(headers.get("cookie", "")).get(name, "")


def is_foreign(
    headers: Headers, settings: Settings, allowed: Collection[str] = ()
) -> bool:
    """Return whether a browser tells that another site's page sends a request.

    Args:
        headers: Of the request.
        settings: The addresses that the service goes by.
        allowed: Origins of other sites that may.

    Returns:
        Whether it does.
    """
    origin = headers.get("origin")
    if origin is None:
        return headers.get("sec-fetch-site", "same-origin") not in {
            "same-origin",
            "none",
        }
    if origin in allowed:
        return False
    ours = {headers.get("host", "").lower()}
    if settings.public_url is not None:
        ours.add(urlsplit(settings.public_url).netloc.lower())
    try:
        return urlsplit(origin.lower()).netloc not in ours
    except ValueError:  # nothing that a browser sends
        return True
