"""The address of an analysis as FHIR R4 resources."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from fastapi import APIRouter, Request, Response
from starlette.exceptions import HTTPException

from alzer.fhir_r4.bundle import MEDIA_TYPE, fhir_bundle
from alzer.web.history import History, Identity
from alzer.web.openapi import (
    OTHER_PROBLEM,
    PROBLEMS,
    closed,
    keys,
    problem_response,
)
from alzer.web.record_source import card_of, source_of_record
from alzer.web.service import Service

_TAKEN: Final = frozenset({MEDIA_TYPE, "application/json", "application/*", "*/*"})


@dataclass(frozen=True)
class FhirResources:
    """What this address answers.

    Attributes:
        service: The parts of the service.
        card: Of its model.
    """

    service: Service
    card: Mapping[str, Any]

    def bundle(self, request: Request, identity: Identity) -> Response:
        """Return an analysis as a FHIR R4 Bundle, in JSON.

        It holds a DiagnosticReport, its Observations and the model as a Device, of
        the status `preliminary`. Of the person it holds the reference alone, as an
        identifier. Where the answer is not reliable, the resources say why, in place
        of classes and probabilities.

        Raises:
            HTTPException: The request takes no JSON.
        """
        if not _takes_json(request.headers.get("accept", "*/*")):
            raise HTTPException(406)
        history = History(self.service)
        record = history.find(request, identity)
        found = fhir_bundle(source_of_record(self.service.store, record, self.card))
        history.audit(request, "viewed", identity)
        text = json.dumps(found, ensure_ascii=False, allow_nan=False)
        return Response(text, 200, {"Cache-Control": "no-store"}, MEDIA_TYPE)


def _takes_json(accept: str) -> bool:
    kinds = {each.partition(";")[0].strip().lower() for each in accept.split(",")}
    return bool(kinds & _TAKEN)


def fhir_routes(service: Service) -> APIRouter:
    """Return the address, with its function and documentation."""
    settings = service.settings
    resources = FhirResources(service, card_of(settings))
    router = APIRouter(dependencies=keys(settings), responses=closed(settings))
    router.add_api_route(
        "/analyses/{identity}/fhir",
        resources.bundle,
        methods=["GET"],
        response_class=Response,
        responses={
            200: {
                "description": "The resources.",
                "content": {MEDIA_TYPE: {"schema": {"type": "object"}}},
            },
            400: PROBLEMS[400],
            503: PROBLEMS[503],
            **OTHER_PROBLEM,
            **problem_response(404, "no_such_analysis", "No such analysis."),
        },
    )
    return router
