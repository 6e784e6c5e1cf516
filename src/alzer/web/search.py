"""The address by which people find analyses again, a short row of each.

It is asked by a form's body, not by an address: what somebody looks for may be a
reference, and proxies and browsers keep addresses.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt

from alzer.store.filters import Filter
from alzer.store.records import Record
from alzer.web.callers import caller_of
from alzer.web.documents import from_document
from alzer.web.history import ClassName, History, Moment, in_utc
from alzer.web.openapi import OTHER_PROBLEM, PROBLEMS, closed, keys
from alzer.web.references import Reference
from alzer.web.service import Service
from alzer.web.urls import ANALYSES_PATH, base_url

# As many as a browser remembers; they arrive as some 20 kB.
MOST_IDENTITIES: Final = 500

_Identity = Annotated[
    str, Field(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")
]


class AnalysisSearch(BaseModel):
    """Which analyses are wanted; what is null does not matter."""

    model_config = ConfigDict(extra="forbid")

    identities: list[_Identity] | None = Field(
        None, max_length=MOST_IDENTITIES, description="Only these, by `analysis_id`."
    )
    reference: Reference | None = Field(
        None, description="Called by something in which this text is."
    )
    answer: ClassName | None = Field(
        None, description="Whose headline names this class."
    )
    reliable: StrictBool | None = Field(
        None, description="False: without a reliable answer; true: all others."
    )
    since: Moment = Field(None, description="Not before; UTC if unsaid.")
    until: Moment = Field(None, description="Before; UTC if unsaid.")
    limit: StrictInt = Field(20, ge=1, le=200, description="At most so many.")
    cursor: str | None = Field(
        None, max_length=40, description="`next_cursor` of the page before."
    )


class AnalysisRow(BaseModel):
    """What a list shows of one analysis."""

    analysis_id: str
    created_at: datetime
    kind: Literal["slice", "volume"] = Field(
        description="Whether a slice was analysed, or a whole head."
    )
    headline: str = Field(
        description="As in the answer; it names no class where that is not reliable."
    )
    reliable: bool | None
    unreliable_reason: str | None
    confidence: float | None = Field(
        description="As in the answer; null where that is not reliable."
    )
    reference: str | None = Field(description="What people call it by.")
    thumbnail_url: str | None = Field(
        description="A small picture; null where no picture is kept."
    )


class AnalysisRows(BaseModel):
    """Rows of a list, the newest analysis first."""

    analyses: list[AnalysisRow]
    next_cursor: str | None = Field(
        description="`cursor` of the next page; null on the last."
    )


@dataclass(frozen=True)
class Searches:
    """What this address answers.

    Attributes:
        service: What it works with.
    """

    service: Service

    def search(self, request: Request, search: AnalysisSearch) -> AnalysisRows:
        """Find analyses again, the newest first, page by page: a row of each.

        Where a token is needed, each token finds its own analyses only.
        """
        base = base_url(request, self.service.settings)
        page = self.service.store.records.page(
            _filter_of(search, caller_of(request).owner), search.limit, search.cursor
        )
        History(self.service).audit(request, "listed", None)
        rows = [_row_of(record, base) for record in page.records]
        return AnalysisRows(analyses=rows, next_cursor=page.cursor)


def _filter_of(search: AnalysisSearch, owner: str | None) -> Filter:
    return Filter(
        owner=owner,
        since=in_utc(search.since),
        until=in_utc(search.until),
        reliable=search.reliable,
        answer=None if search.answer is None else search.answer.value,
        reference=search.reference,
        identities=search.identities,
    )


def _row_of(record: Record, base: str) -> AnalysisRow:
    document: dict[str, Any] = from_document(record.answer)
    has_picture = record.heatmap is not None or record.evidence is not None
    root = f"{base}{ANALYSES_PATH}/{record.id}"
    return AnalysisRow(
        analysis_id=record.id,
        created_at=record.created_at,
        kind=document.get("kind") or "slice",
        headline=document["headline"],
        reliable=record.reliable,
        unreliable_reason=document["unreliable_reason"],
        confidence=None if record.reliable is False else document["confidence"],
        reference=record.reference,
        thumbnail_url=f"{root}/thumbnail" if has_picture else None,
    )


def search_routes(service: Service) -> APIRouter:
    """Return the address, with its function and documentation."""
    settings = service.settings
    router = APIRouter(dependencies=keys(settings), responses=closed(settings))
    router.add_api_route(
        "/analyses/search",
        Searches(service).search,
        methods=["POST"],
        response_model=AnalysisRows,
        responses={
            400: PROBLEMS[400],
            503: PROBLEMS[503],
            **OTHER_PROBLEM,
            **closed(settings, changes=True),
        },
    )
    return router
