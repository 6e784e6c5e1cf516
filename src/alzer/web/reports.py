"""The address of an analysis's report: a page to print, or a PDF."""

from dataclasses import dataclass, field
from functools import partial
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Query, Request, Response

from alzer.backends.backend import Question
from alzer.classes import CLASS_NAMES
from alzer.errors import NoEvidence, Overloaded
from alzer.explain.faithfulness import Faithfulness
from alzer.reports.composing import compose
from alzer.reports.html import write_html
from alzer.reports.pdf import HOW_TO_GET_PDF, can_write_pdf, write_pdf
from alzer.reports.report import Report
from alzer.reports.sources import Source
from alzer.store.records import Record
from alzer.web.accounts import account_of
from alzer.web.callers import until_disconnected
from alzer.web.history import History, Identity
from alzer.web.languages import LANGUAGE_QUERY, choose_language
from alzer.web.map_audit import require_same_model
from alzer.web.openapi import (
    OTHER_PROBLEM,
    PROBLEMS,
    closed,
    keys,
    problem_response,
)
from alzer.web.record_source import card_of, source_of_record
from alzer.web.service import Service

_PDF: Final = "application/pdf"
_HTML: Final = "text/html"

# A PDF takes a third of a second of one core: more of them at once would slow down
# analyses, and who waits behind so many is sent away.
_AT_ONCE: Final = 1
_MOST_WAITING: Final = 8
_TOO_MANY: Final = "Too many reports are being made already. Try again in a moment."

# What else but its address decides how a report is answered.
_VARY: Final = "Accept, Accept-Language, Cookie"

_Check = Annotated[
    bool,
    Query(
        description="Whether the model is asked about its map for the report: 24 "
        "forward passes, as for `POST /analyses/{id}/audit`."
    ),
]


@dataclass(frozen=True)
class Reports:
    """What these addresses answer.

    Attributes:
        service: What they work with.
        card: Of the model that runs here; empty if it can't be read.
    """

    service: Service
    card: dict[str, Any]
    _printing: CapacityLimiter = field(
        default_factory=lambda: CapacityLimiter(_AT_ONCE), init=False
    )

    async def page(
        self, request: Request, identity: Identity, *, check: _Check = False
    ) -> Response:
        """Return the report of an analysis, to be printed.

        It is one page of A4 for a slice and two for a whole head, as HTML without
        scripts; as PDF where `Accept` asks for that rather than for HTML. It holds no
        name of a file or a person. Its language is that of the page: by `lang` in
        the address, the cookie of the page, or `Accept-Language`.
        """
        if _prefers_pdf(request.headers.get("accept", "")):
            return await self.pdf(request, identity, check=check)
        report = await self._report(request, identity, check=check)
        language = choose_language(request)
        asked = {"check": "true"} if check else {}
        if request.query_params.get(LANGUAGE_QUERY) == language:
            asked[LANGUAGE_QUERY] = language
        query = f"?{urlencode(asked)}" if asked else ""
        link = f"report.pdf{query}" if can_write_pdf() else ""
        write = partial(
            write_html,
            report,
            pdf_link=link,
            pdf_note="" if link else HOW_TO_GET_PDF,
            language=language,
        )
        document = await to_thread.run_sync(write)
        headers = {
            "Cache-Control": "no-store",
            "Content-Language": language,
            "Content-Security-Policy": document.content_security_policy,
            "Vary": _VARY,
        }
        return Response(document.text, 200, headers, _HTML)

    async def pdf(
        self, request: Request, identity: Identity, *, check: _Check = False
    ) -> Response:
        """Return the report of an analysis as a tagged PDF.

        Raises:
            Overloaded: Too many reports are being made.
        """
        report = await self._report(request, identity, check=check)
        if self._printing.statistics().tasks_waiting >= _MOST_WAITING:
            raise Overloaded(_TOO_MANY)
        language = choose_language(request)
        content = await to_thread.run_sync(
            partial(write_pdf, report, language), limiter=self._printing
        )
        headers = {
            "Cache-Control": "no-store",
            "Content-Language": language,
            "Content-Disposition": f'attachment; filename="report_{identity}.pdf"',
            "Vary": _VARY,
        }
        return Response(content, 200, headers, _PDF)

    async def _report(self, request: Request, identity: str, *, check: bool) -> Report:
        find = partial(History(self.service).find, request, identity)
        record = await to_thread.run_sync(find)
        source = await to_thread.run_sync(
            partial(source_of_record, self.service.store, record, self.card)
        )
        audit = partial(History(self.service).audit, request, "viewed", identity)
        await to_thread.run_sync(audit)
        if check:
            found = await self._check(request, record, source)
            source = Source(**{**vars(source), "check": found})
        return await to_thread.run_sync(compose, source)

    async def _check(
        self, request: Request, record: Record, source: Source
    ) -> Faithfulness | None:
        """Ask the model about the map; None where there is nothing to be asked."""
        if source.evidence is None or source.leading is None:
            return None
        try:
            require_same_model(self.service, record)
            question = Question(
                evidence=source.evidence,
                label=CLASS_NAMES.index(record.prediction),
                index=source.leading,
                owner=account_of(request),
                gone=partial(until_disconnected, request),
            )
            return await self.service.backend.check(question, _as_it_is)
        except NoEvidence:
            return None


def _as_it_is(check: Faithfulness) -> Faithfulness:
    return check


def _prefers_pdf(accept: str) -> bool:
    """Return whether a request asks for PDF and does not take HTML as well."""
    kinds = {each.partition(";")[0].strip().lower() for each in accept.split(",")}
    return _PDF in kinds and not kinds & {_HTML, "*/*", "text/*"}


def report_routes(service: Service) -> APIRouter:
    """Return the addresses, with their functions and documentation."""
    settings, reports = service.settings, Reports(service, card_of(service.settings))
    router = APIRouter(dependencies=keys(settings), responses=closed(settings))
    failures = {400: PROBLEMS[400], 503: PROBLEMS[503], **OTHER_PROBLEM}
    missing = problem_response(404, "no_such_analysis", "No such analysis.")
    both = {"description": "The report.", "content": {_HTML: {}, _PDF: {}}}
    router.add_api_route(
        "/analyses/{identity}/report",
        reports.page,
        methods=["GET"],
        response_class=Response,
        responses={200: both, **failures, **missing},
    )
    router.add_api_route(
        "/analyses/{identity}/report.pdf",
        reports.pdf,
        methods=["GET"],
        response_class=Response,
        responses={
            200: {"description": "The report.", "content": {_PDF: {}}},
            **failures,
            **missing,
        },
    )
    return router
