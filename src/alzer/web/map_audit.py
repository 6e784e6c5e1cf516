"""The address by which the map of an analysis is checked."""

from dataclasses import dataclass
from functools import partial
from typing import Annotated, Final

from anyio import to_thread
from fastapi import APIRouter, Query, Request, Response

from alzer.backends.backend import Question
from alzer.classes import CLASS_NAMES
from alzer.errors import InvalidRequest, NoEvidence
from alzer.explain.faithfulness import Faithfulness
from alzer.store.records import Record
from alzer.web.accounts import account_of
from alzer.web.callers import until_disconnected
from alzer.web.explanations import Explanations
from alzer.web.history import ClassName, History, Identity
from alzer.web.map_schemas import MapAudit, describe_check
from alzer.web.openapi import (
    OTHER_PROBLEM,
    PROBLEMS,
    closed,
    keys,
    problem_response,
)
from alzer.web.service import Service

_Class = Annotated[
    ClassName | None,
    Query(alias="class", description="Whose map; by default that of the prediction."),
]
_Slice = Annotated[
    int | None,
    Query(
        alias="slice",
        ge=0,
        description="Of a whole head; by default the one that says most.",
    ),
]

_OTHER_MODEL: Final = (
    "The analysis was made by another model than the one that runs now, which can't be "
    "asked about its map. Send the scan again."
)
_NO_SLICE: Final = "The analysis has no slice of that number; it has {count}."


@dataclass(frozen=True)
class MapAudits:
    """What this address answers.

    Attributes:
        service: What it works with.
    """

    service: Service

    async def audit(
        self,
        request: Request,
        identity: Identity,
        class_name: _Class = None,
        index: _Slice = None,
    ) -> Response:
        """Check whether what a map marks is what mattered to the model.

        Parts of the kept input are filled in, and the model is asked again: 24 forward
        passes. Nothing of the result is kept.

        Raises:
            InvalidRequest: There is no slice of that number.
        """
        find = partial(History(self.service).find, request, identity)
        record = await to_thread.run_sync(find)
        require_same_model(self.service, record)
        unpack = Explanations(self.service).unpack
        evidence = await to_thread.run_sync(unpack, request, identity)
        index = record.answer.get("leading_slice", 0) if index is None else index
        if index >= len(evidence.slices):
            raise InvalidRequest(_NO_SLICE.format(count=len(evidence.slices)))
        name = record.prediction if class_name is None else class_name.value
        question = Question(
            evidence=evidence,
            label=CLASS_NAMES.index(name),
            index=index,
            owner=account_of(request),
            gone=partial(until_disconnected, request),
        )
        return await self.service.backend.check(question, partial(_answer, index))


def require_same_model(service: Service, record: Record) -> None:
    """Check that the model that runs is the one that made an analysis.

    Args:
        service: Whose model runs.
        record: Of the analysis.

    Raises:
        NoEvidence: It is another one, which can't be asked about this analysis.
    """
    running = service.model
    made_by = (record.answer.get("model") or {}).get("sha256")
    if running is not None and made_by != running.sha256:
        raise NoEvidence(_OTHER_MODEL)


def _answer(index: int, check: Faithfulness) -> Response:
    body = describe_check(check, index).model_dump_json(by_alias=True)
    headers = {"Cache-Control": "no-store"}
    return Response(body, 200, headers, "application/json")


def audit_routes(service: Service) -> APIRouter:
    """Return the address, with its function and documentation."""
    settings = service.settings
    router = APIRouter(dependencies=keys(settings))
    router.add_api_route(
        "/analyses/{identity}/audit",
        MapAudits(service).audit,
        methods=["POST"],
        response_model=MapAudit,
        response_description="How the map did.",
        responses={
            400: PROBLEMS[400],
            503: PROBLEMS[503],
            **OTHER_PROBLEM,
            **problem_response(404, "no_evidence", "No such analysis, or no evidence."),
            **closed(settings, changes=True),
        },
    )
    return router
