"""The page that lists what was analysed before."""

import math
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar, Final

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from alzer import __version__
from alzer.classes import CLASSES, ImpairmentClass
from alzer.languages.catalogue import LANGUAGES, SOURCE, texts_in, write_number
from alzer.settings import Settings
from alzer.web.languages import answer_in
from alzer.web.pages import render
from alzer.web.urls import HISTORY_PATH

_DAY: Final = timedelta(days=1)


@dataclass(frozen=True)
class HistoryPage:
    """The page that lists analyses.

    Where people sign in these are theirs; else those that were made in this browser,
    which remembers their ids.

    Attributes:
        term: How long analyses are kept, as a sentence.
        signs_in: Whether people sign in to this service.
        classes: In order of severity.
        root: Relative way from the page to the service's root.
        version: Of the software.
    """

    template: ClassVar[str] = "history.html"

    term: str
    signs_in: bool = False
    classes: tuple[ImpairmentClass, ...] = CLASSES
    root: str = ".."
    version: str = __version__


def describe_term(retention: timedelta | None, language: str = SOURCE) -> str:
    """Say how long analyses are kept.

    Args:
        retention: As the settings have it; None: until they are deleted.
        language: In which language.

    Examples:
        >>> describe_term(timedelta(days=30))
        'Each is kept for 30 days.'
        >>> describe_term(timedelta(hours=1))
        'Each is kept for 1 hour.'
        >>> describe_term(None)
        'Each is kept until it is deleted.'
    """
    texts = texts_in(language)
    if retention is None:
        return texts.gettext("Each is kept until it is deleted.")
    is_days = retention % _DAY == timedelta(0)
    count = retention / (_DAY if is_days else timedelta(hours=1))
    whole = math.ceil(count)  # parts of an hour are told as several are: 1.5 hours
    if is_days:
        sentence = texts.ngettext(
            "Each is kept for {count} day.", "Each is kept for {count} days.", whole
        )
    else:
        sentence = texts.ngettext(
            "Each is kept for {count} hour.", "Each is kept for {count} hours.", whole
        )
    return sentence.format(count=write_number(count, language=language))


def history_page_routes(settings: Settings) -> APIRouter:
    """Return a router that holds the page; it is no part of the OpenAPI document."""
    router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
    pages = {
        language: render(
            HistoryPage(
                describe_term(settings.retention, language),
                signs_in=settings.needs_token,
            ),
            language,
        )
        for language in LANGUAGES
    }

    @router.get(HISTORY_PATH)
    async def history_page(request: Request) -> HTMLResponse:
        return answer_in(request, pages.__getitem__)

    return router
