"""Who is let in: nobody by default, except where nobody else can come."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import partial
from http.cookies import CookieError, SimpleCookie
from typing import Final
from urllib.parse import urlsplit

from anyio import to_thread
from fastapi import Request
from starlette.datastructures import Headers
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from alzer.errors import AlzerError, Forged, InvalidHost, NotSignedIn
from alzer.settings import Settings
from alzer.store.audit import LOCAL
from alzer.store.tokens import Tokens
from alzer.web.exception_handlers import answer_failure
from alzer.web.signing import Signer
from alzer.web.urls import HEATMAPS_PATH, STRANGE_HOST, goes_by

SESSION_COOKIE: Final = "alzer_session"
CSRF_COOKIE: Final = "alzer_csrf"
CSRF_HEADER: Final = "x-csrf-token"
LOGIN_PATH: Final = "/login"

# Without anything of a person: open to everybody who reaches the service.
_OPEN: Final = frozenset({"/healthz", "/readyz", "/docs", "/openapi.json", LOGIN_PATH})
_OPEN_BELOW: Final = "/static/"

# Shown to a person: who is not signed in is led to where one can.
_PAGES: Final = frozenset({"/", "/assessment/mri-upload"})

# Probes come by any name. Everything else another site's page could reach by a
# name of its own that leads here, were names not checked where no token is needed.
_BY_ANY_NAME: Final = frozenset({"/healthz", "/readyz"})

_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True)
class Caller:
    """Whoever makes a request.

    Attributes:
        actor: The token's id, or LOCAL; for the audit log.
        owner: Whose analyses may be seen; None: all.
        session: The session's secret, if a browser is signed in.
    """

    actor: str
    owner: str | None
    session: str | None = None


_ANYBODY: Final = Caller(LOCAL, None)


def caller_of(request: Request) -> Caller:
    """Tell who makes a request that was let in."""
    caller: Caller = request.scope["state"]["caller"]
    return caller


class AuthMiddleware:
    """Let in who may come, and tell the routes who it is.

    Args:
        app: The application behind.
        settings: Whether a token is needed, and by which names the service goes.
        tokens: Who has one.
        signer: Knows the addresses and forms that are ours.
    """

    def __init__(
        self, app: ASGIApp, settings: Settings, tokens: Tokens, signer: Signer
    ) -> None:
        self.app = app
        self.settings = settings
        self.tokens = tokens
        self.signer = signer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or pass it on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
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
        if path in _OPEN or path.startswith(_OPEN_BELOW) or self._is_signed(scope):
            return _ANYBODY
        scheme, _, token = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            # A proxy may have added it to whatever a browser sends.
            if scope["method"] not in _SAFE and is_foreign(
                headers, self.settings, self.settings.allowed_origins
            ):
                raise Forged(FORGED)
            return await self._by(partial(self.tokens.check, token.strip()), None)
        session = cookie(headers, SESSION_COOKIE)
        caller = await self._by(partial(self.tokens.session_owner, session), session)
        if scope["method"] not in _SAFE and path != "/logout":
            sent = headers.get(CSRF_HEADER, "")
            if not self.signer.matches(sent, "csrf", session) or is_foreign(
                headers, self.settings
            ):
                raise Forged(FORGED)
        return caller

    def _is_signed(self, scope: Scope) -> bool:
        folder, _, name = str(scope["path"]).rpartition("/")
        if folder != HEATMAPS_PATH or scope["method"] not in _SAFE:
            return False
        query = Request(scope).query_params
        return self.signer.opens_heatmap(
            name, query.get("expires", ""), query.get("signature", "")
        )

    async def _by(self, ask: Callable[[], str | None], session: str | None) -> Caller:
        identity = await to_thread.run_sync(ask)
        if identity is None:
            raise NotSignedIn(SIGN_IN)
        return Caller(identity, identity, session)

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


SIGN_IN: Final = "Sign in first, or send a valid token: 'Authorization: Bearer ...'."

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
    try:
        found = SimpleCookie(headers.get("cookie", "")).get(name)
    except CookieError:
        return ""
    return found.value if found else ""


def is_foreign(
    headers: Headers, settings: Settings, allowed: Collection[str] = ()
) -> bool:
    """Say whether a browser tells that another site's page sends a request.

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
