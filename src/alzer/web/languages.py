"""The language of a page: which one a person gets."""

import gzip
from collections.abc import Callable
from functools import lru_cache
from typing import Final

from fastapi import Request
from fastapi.responses import HTMLResponse

from alzer.languages.catalogue import LANGUAGES, SOURCE

LANGUAGE_COOKIE: Final = "alzer_language"
LANGUAGE_QUERY: Final = "lang"
# What else but its address decides how a page is answered.
_VARY: Final = "Accept-Encoding, Accept-Language, Cookie"

_YEAR_S: Final = 365 * 24 * 3600


def choose_language(request: Request) -> str:
    """Return the language of the page that answers a request.

    The address counts before what was chosen earlier, and that before what the browser
    prefers.
    """
    asked = request.query_params.get(LANGUAGE_QUERY, "")
    for wish in (asked, request.cookies.get(LANGUAGE_COOKIE, "")):
        if wish in LANGUAGES:
            return wish
    return _preferred(request.headers.get("accept-language", ""))


def _preferred(header: str) -> str:
    """Return the language that a browser prefers among ours.

    Source: RFC 9110, section 12.5.4 (Accept-Language), and RFC 4647, section 3.4:
    'de-AT' is content with 'de'.
    """
    weighed = [_weigh(each) for each in header.split(",")]
    known = [(weight, name) for name, weight in weighed if name in LANGUAGES]
    best = max((weight for weight, _ in known), default=0.0)
    named = (name for weight, name in known if weight == best > 0.0)
    return next(named, SOURCE)


def _weigh(part: str) -> tuple[str, float]:
    name, _, parameter = part.partition(";")
    _, _, text = parameter.partition("q=")
    try:
        weight = float(text) if text else 1.0
    except ValueError:
        weight = 0.0
    return name.strip().lower().split("-")[0], weight if weight <= 1.0 else 0.0


# Of each page in each language one is kept. Nothing in them is secret, so that how
# short they get tells nobody anything.
@lru_cache(maxsize=16)
def _pack(text: str) -> bytes:
    return gzip.compress(text.encode(), mtime=0)


def answer_in(
    request: Request, render: Callable[[str], str], status: int = 200
) -> HTMLResponse:
    """Answer with a page in the language of a request.

    Args:
        request: Which language it asks for with `?lang=` is remembered for the next.
        render: Gives the page in a language.
        status: The HTTP status.

    Returns:
        The page.
    """
    language = choose_language(request)
    text = render(language)
    answer = HTMLResponse(text, status, {"Content-Language": language, "Vary": _VARY})
    if "gzip" in request.headers.get("accept-encoding", ""):
        answer.headers["Content-Encoding"] = "gzip"
        answer.body = _pack(text)
        answer.headers["Content-Length"] = str(len(answer.body))
    if request.query_params.get(LANGUAGE_QUERY) == language:
        answer.set_cookie(
            LANGUAGE_COOKIE,
            language,
            max_age=_YEAR_S,
            path=str(request.scope.get("root_path", "")) or "/",
            samesite="lax",
        )
    return answer
