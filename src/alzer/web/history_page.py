"""The page that lists what was analysed before."""

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar, Final

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from alzer import __version__
from alzer.classes import CLASSES, ImpairmentClass
from alzer.settings import Settings
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


def describe_term(retention: timedelta | None) -> str:
    """Say how long analyses are kept.

    Args:
        retention: As the settings have it; None: until they are deleted.

    Examples:
        >>> describe_term(timedelta(days=30))
        'Each is kept for 30 days.'
        >>> describe_term(timedelta(hours=1))
        'Each is kept for 1 hour.'
        >>> describe_term(None)
        'Each is kept until it is deleted.'
    """
    if retention is None:
        return "Each is kept until it is deleted."
    is_days = retention % _DAY == timedelta(0)
    unit = _DAY if is_days else timedelta(hours=1)
    count, name = retention / unit, "day" if is_days else "hour"
    return f"Each is kept for {count:g} {name}{'' if count == 1 else 's'}."


def history_page_routes(settings: Settings) -> APIRouter:
    """Return a router that holds the page; it is no part of the OpenAPI document."""
    router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
    term = describe_term(settings.retention)
    page = render(HistoryPage(term, signs_in=settings.needs_token))

    @router.get(HISTORY_PATH)
    async def history_page() -> HTMLResponse:
        return HTMLResponse(page)

    return router
