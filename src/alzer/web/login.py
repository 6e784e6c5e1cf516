"""Signing in and out with a browser."""

import math
from functools import partial
from typing import Final
from urllib.parse import parse_qs, urlsplit

from anyio import to_thread
from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from alzer.errors import Forged
from alzer.store.tokens import SESSION_TERM
from alzer.web.access import (
    CSRF_COOKIE,
    FORGED,
    LOGIN_PATH,
    SESSION_COOKIE,
    TOO_MANY_GUESSES,
    cookie,
    is_foreign,
)
from alzer.web.languages import answer_in
from alzer.web.pages import LoginPage, render
from alzer.web.service import Service

_MAX_BODY_BYTES: Final = 4096

# Source: W3C, Clear Site Data, section 3.1. Cookies are deleted one by one instead:
# "cookies" would sign the person out of every service of the same domain.
_FORGET: Final = {"Clear-Site-Data": '"cache"'}

_REFUSED: Final = "This token is not valid. Check it, or ask for another."


def login_routes(service: Service) -> APIRouter:
    """Return the addresses of the pages for signing in and out."""
    router = APIRouter(include_in_schema=False)

    @router.get(LOGIN_PATH)
    async def show(request: Request) -> HTMLResponse:
        return answer_in(request, partial(render, LoginPage()))

    @router.post(LOGIN_PATH)
    async def sign_in(request: Request) -> Response:
        return await _sign_in(request, service)

    @router.post("/logout")
    async def sign_out(request: Request) -> Response:
        fields = await _form(request, service)
        session = cookie(request.headers, SESSION_COOKIE)
        if not service.signer.matches(fields.get("csrf", ""), "csrf", session):
            raise Forged(FORGED)
        await to_thread.run_sync(
            service.store.tokens.close_session, session, request.state.request_id
        )
        answer = RedirectResponse(LOGIN_PATH.removeprefix("/"), 303, _FORGET)
        for name in (SESSION_COOKIE, CSRF_COOKIE):
            answer.delete_cookie(name, path=_path(request, service))
        return answer

    return router


async def _sign_in(request: Request, service: Service) -> Response:
    token = (await _form(request, service)).get("token", "").strip()
    session = await to_thread.run_sync(
        service.store.tokens.open_session, token, request.state.request_id
    )
    if session is not None:
        return _let_in(request, service, session)
    wait_s = await service.throttle.refuse("sign-in refused", request)
    if wait_s > 0.0:
        answer = _refuse(request, 429, TOO_MANY_GUESSES)
        answer.headers["Retry-After"] = str(math.ceil(wait_s))
        return answer
    return _refuse(request, 401, _REFUSED)


def _refuse(request: Request, status: int, problem: str) -> Response:
    return answer_in(request, partial(render, LoginPage(problem=problem)), status)


def _let_in(request: Request, service: Service, session: str) -> Response:
    answer = RedirectResponse("assessment/mri-upload", 303)
    csrf = service.signer.sign("csrf", session)
    for name, value in ((SESSION_COOKIE, session), (CSRF_COOKIE, csrf)):
        answer.set_cookie(
            name,
            value,
            max_age=int(SESSION_TERM.total_seconds()),
            path=_path(request, service),
            secure=_is_encrypted(request, service),
            httponly=name == SESSION_COOKIE,
            samesite="strict",
        )
    return answer


async def _form(request: Request, service: Service) -> dict[str, str]:
    if is_foreign(request.headers, service.settings):
        raise Forged(FORGED)
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > _MAX_BODY_BYTES:
            return {}
    try:
        parsed = parse_qs(body.decode("utf-8", "replace"), max_num_fields=8)
    except ValueError:  # more fields than that
        return {}
    return {name: values[0] for name, values in parsed.items()}


def _is_encrypted(request: Request, service: Service) -> bool:
    public = service.settings.public_url or ""
    return request.url.scheme == "https" or public.startswith("https:")


def _path(request: Request, service: Service) -> str:
    below = urlsplit(service.settings.public_url or "").path
    return below or str(request.scope.get("root_path", "")) or "/"
