"""What people call an analysis by: checked, changed, and never written to a log."""

from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import APIRouter, Request
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from alzer.store.audit import AuditEntry
from alzer.web.callers import caller_of
from alzer.web.history import History, Identity
from alzer.web.openapi import (
    OTHER_PROBLEM,
    PROBLEMS,
    closed,
    keys,
    problem_response,
)
from alzer.web.reference_text import LONGEST_REFERENCE, clean_reference
from alzer.web.schemas import StoredAnalysis, StoredHeadAnalysis
from alzer.web.service import Service

Reference = Annotated[
    str,
    Field(max_length=LONGEST_REFERENCE),
    AfterValidator(clean_reference),
]

_MEANING: Final = (
    "What people call the analysis by, such as a study's number for the person; never "
    "a name. Null or empty: nothing."
)


class AnalysisChange(BaseModel):
    """What can be changed of an analysis that is kept."""

    model_config = ConfigDict(extra="forbid")

    reference: Reference | None = Field(description=_MEANING)


@dataclass(frozen=True)
class References:
    """What this address answers.

    Attributes:
        service: What it works with.
    """

    service: Service

    def change(
        self, request: Request, identity: Identity, change: AnalysisChange
    ) -> StoredHeadAnalysis | StoredAnalysis:
        """Call an analysis by another reference, or by none.

        The one before is forgotten. No log holds either of them.

        Raises:
            NoSuchAnalysis: There is none, or it is somebody else's.
        """
        history, store = History(self.service), self.service.store
        record = history.find(request, identity)
        actor, request_id = caller_of(request).actor, request.state.request_id
        entry = AuditEntry(actor, "referenced", identity, request_id)
        store.refer(record, change.reference, entry)
        return history.show(request, history.find(request, identity))


def reference_routes(service: Service) -> APIRouter:
    """Return the address, with its function and documentation."""
    settings = service.settings
    router = APIRouter(dependencies=keys(settings), responses=closed(settings))
    router.add_api_route(
        "/analyses/{identity}",
        References(service).change,
        methods=["PATCH"],
        response_model=StoredHeadAnalysis | StoredAnalysis,
        response_model_exclude={"layers"},
        responses={
            400: PROBLEMS[400],
            503: PROBLEMS[503],
            **OTHER_PROBLEM,
            **problem_response(404, "no_such_analysis", "No such analysis."),
            **closed(settings, changes=True),
        },
    )
    return router
