"""The addresses of analyses that were made before."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Final

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BeforeValidator

from alzer.classes import CLASS_NAMES
from alzer.errors import InvalidRequest, NoSuchAnalysis
from alzer.store.audit import Action, AuditEntry
from alzer.store.filters import Filter
from alzer.store.records import Record
from alzer.web.callers import caller_of
from alzer.web.documents import from_document
from alzer.web.openapi import (
    OTHER_PROBLEM,
    PROBLEMS,
    closed,
    keys,
    problem_response,
)
from alzer.web.schemas import AnalysisPage, StoredAnalysis, StoredHeadAnalysis
from alzer.web.service import Service
from alzer.web.urls import base_url

_IDENTITY: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

ClassName = StrEnum("ClassName", {name: name for name in CLASS_NAMES})  # type: ignore[misc]  # one list of names

ExplainedClass = Annotated[
    ClassName, Query(alias="class", description="The class to be explained.")
]
Identity = Annotated[str, Path(description="`analysis_id` of a prediction.")]
# Source: RFC 3339, section 5.6 (full-date). A mere number would else be taken for
# seconds, or milliseconds, since 1970.
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _begins_with_date(value: object) -> object:
    if value is not None and not _DATE.match(str(value)):
        message = "give a date such as 2026-01-31 or 2026-01-31T12:00:00Z"
        raise ValueError(message)
    return value


Moment = Annotated[datetime | None, BeforeValidator(_begins_with_date)]
_Since = Annotated[Moment, Query(description="Not before; UTC if unsaid.")]
_Until = Annotated[Moment, Query(description="Before; UTC if unsaid.")]
_Class = Annotated[
    ClassName | None,
    Query(description="Of this most probable class, reliable or not."),
]
_Warning = Annotated[bool | None, Query(description="With, or without, warnings.")]
_Reliable = Annotated[
    bool | None,
    Query(description="False: without a reliable answer; true: all others."),
]
_Limit = Annotated[int, Query(ge=1, le=200, description="At most so many.")]
_Cursor = Annotated[
    str | None, Query(max_length=40, description="`next_cursor` of the page before.")
]


@dataclass(frozen=True)
class History:
    """What these addresses answer.

    Attributes:
        service: What they work with.
    """

    service: Service

    def page(  # noqa: PLR0913 - an address's parameters
        self,
        request: Request,
        *,
        since: _Since = None,
        until: _Until = None,
        prediction: _Class = None,
        warning: _Warning = None,
        reliable: _Reliable = None,
        limit: _Limit = 50,
        cursor: _Cursor = None,
    ) -> AnalysisPage:
        """List analyses, the newest first, page by page.

        Show people the headline of each: it names no class where the answer is not
        reliable.

        Where a token is needed, each token sees its own analyses only.
        """
        base = base_url(request, self.service.settings)
        wanted = Filter(
            owner=caller_of(request).owner,
            since=in_utc(since),
            until=in_utc(until),
            prediction=None if prediction is None else prediction.value,
            warning=warning,
            reliable=reliable,
        )
        page = self.service.store.records.page(wanted, limit, cursor)
        self.audit(request, "listed", None)
        shown = [self._show(record, base) for record in page.records]
        return AnalysisPage(analyses=shown, next_cursor=page.cursor)

    def one(
        self, request: Request, identity: Identity
    ) -> StoredHeadAnalysis | StoredAnalysis:
        """Return one analysis, with an address of its heatmap that is good now."""
        base = base_url(request, self.service.settings)
        record = self.find(request, identity)
        self.audit(request, "viewed", identity)
        return self._show(record, base)

    def show(
        self, request: Request, record: Record
    ) -> StoredHeadAnalysis | StoredAnalysis:
        """Return the answer of a record, as the caller may see it."""
        return self._show(record, base_url(request, self.service.settings))

    def delete(self, request: Request, identity: Identity) -> Response:
        """Delete one analysis for good: its record and its files."""
        record = self.find(request, identity)
        entry = _entry(request, "deleted", identity)
        self.service.store.delete(record, entry)
        return Response(status_code=204)

    def find(self, request: Request, identity: str) -> Record:
        """Find an analysis that the caller may see.

        Args:
            request: Tells who asks.
            identity: Of the analysis.

        Returns:
            Its record.

        Raises:
            NoSuchAnalysis: There is none, or it is somebody else's.
        """
        record = None
        if _IDENTITY.fullmatch(identity):
            owner = caller_of(request).owner
            record = self.service.store.records.find(identity, owner)
        if record is None:
            message = "There is no such analysis."
            raise NoSuchAnalysis(message)
        return record

    def audit(self, request: Request, action: Action, subject: str | None) -> None:
        """Note in the audit log what a request has seen.

        Args:
            request: Tells who asks.
            action: What was done.
            subject: The analysis; None: many.
        """
        self.service.store.records.audit(_entry(request, action, subject))

    def _show(self, record: Record, base: str) -> StoredHeadAnalysis | StoredAnalysis:
        document = from_document(record.answer)
        told = {
            **document,
            "heatmap_url": None,
            "created_at": record.created_at,
            "reference": record.reference,
        }
        is_head = document.get("kind") == "volume"
        kind = StoredHeadAnalysis if is_head else StoredAnalysis
        answer = kind.model_validate(told)
        self.service.refer(answer, record, base)
        return answer


def _entry(request: Request, action: Action, subject: str | None) -> AuditEntry:
    actor, request_id = caller_of(request).actor, request.state.request_id
    return AuditEntry(actor, action, subject, request_id)


def in_utc(moment: datetime | None) -> datetime | None:
    """Return a moment in UTC, which it is in if it says nothing else.

    Raises:
        InvalidRequest: There is no such moment in UTC.
    """
    if moment is None:
        return None
    if moment.tzinfo is None:
        return moment.replace(tzinfo=UTC)
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        message = "The request has an unusable value for: since, until."
        raise InvalidRequest(message) from error


def history_routes(service: Service) -> APIRouter:
    """Return the addresses, with their functions and documentation."""
    settings, history = service.settings, History(service)
    router = APIRouter(dependencies=keys(settings), responses=closed(settings))
    failures = {400: PROBLEMS[400], 503: PROBLEMS[503], **OTHER_PROBLEM}
    missing = problem_response(404, "no_such_analysis", "No such analysis.")
    router.add_api_route(
        "/analyses",
        history.page,
        methods=["GET"],
        response_model=AnalysisPage,
        response_model_exclude={"analyses": {"__all__": {"layers"}}},
        responses=failures,
    )
    router.add_api_route(
        "/analyses/{identity}",
        history.one,
        methods=["GET"],
        response_model=StoredHeadAnalysis | StoredAnalysis,
        response_model_exclude={"layers"},
        responses={**failures, **missing},
    )
    router.add_api_route(
        "/analyses/{identity}",
        history.delete,
        methods=["DELETE"],
        status_code=204,
        response_class=Response,
        responses={
            204: {"description": "Deleted."},
            **failures,
            **missing,
            **closed(settings, changes=True),
        },
    )
    return router
