"""The address that asks the network about a slice again, without a part of it."""

from dataclasses import dataclass
from functools import partial
from typing import Annotated, Final

from anyio import to_thread
from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field

from alzer.backends.backend import OcclusionQuestion
from alzer.classes import CLASS_NAMES
from alzer.explain.box_fills import fill_named
from alzer.explain.choices import FILL_HELP, USUAL_FILL, FillName
from alzer.explain.occlusion import Asked, Occlusion
from alzer.web.accounts import account_of
from alzer.web.callers import until_disconnected
from alzer.web.history import Identity
from alzer.web.maps import Maps, SliceIndex
from alzer.web.openapi import (
    OTHER_PROBLEM,
    PROBLEMS,
    closed,
    keys,
    problem_response,
)
from alzer.web.service import Service

_Fill = Annotated[FillName, Query(description=FILL_HELP)]

_MEANING: Final = "Edge of the box, in pixels of the picture; 0 is the picture's own."
_Edge = Annotated[float, Query(allow_inf_nan=False, description=_MEANING)]


class Answered(BaseModel):
    """What the network said of the slice alone."""

    class_probabilities: dict[str, float] = Field(description="0 to 1.")
    logits: dict[str, float]
    margin: float = Field(
        description="The logit of `class_name` less the highest of the others."
    )


class OcclusionAnswer(BaseModel):
    """What the network said with and without a part of a slice."""

    class_name: str = Field(
        description="The most probable class of the slice as it is; `margin` is its."
    )
    before: Answered = Field(description="As the analysis has it.")
    after: Answered = Field(description="With the box filled in.")
    fall: float = Field(
        description="By how much the margin fell; above 0, the box spoke for the class."
    )
    head_share: float = Field(description="How much of the head the box covers.")
    fill: str


@dataclass(frozen=True)
class Occlusions:
    """What this address answers.

    Attributes:
        service: What it works with.
    """

    service: Service

    async def ask(  # noqa: PLR0913 - an address's parameters
        self,
        request: Request,
        identity: Identity,
        *,
        top: _Edge,
        left: _Edge,
        bottom: _Edge,
        right: _Edge,
        fill: _Fill = USUAL_FILL,
        index: SliceIndex = 0,
    ) -> OcclusionAnswer:
        """Ask the network about a slice again, without a box of it.

        The box is filled in on the input that was kept; the scan is not needed, and
        nothing is kept. What moves shows on what the network relies, not disease.
        """
        maps = Maps(self.service)
        evidence = await to_thread.run_sync(maps.evidence, request, identity, index)
        question = OcclusionQuestion(
            maps=evidence.maps(index),
            edges=(top, left, bottom, right),
            fill=fill_named(fill.value),
            owner=account_of(request),
            gone=partial(until_disconnected, request),
        )
        finish = partial(_describe, fill.value)
        return await self.service.backend.ask_without(question, finish)


def _describe(fill: str, occlusion: Occlusion) -> OcclusionAnswer:
    return OcclusionAnswer(
        class_name=CLASS_NAMES[occlusion.label],
        before=_describe_asked(occlusion.before),
        after=_describe_asked(occlusion.after),
        fall=occlusion.fall,
        head_share=occlusion.head_share,
        fill=fill,
    )


def _describe_asked(asked: Asked) -> Answered:
    return Answered(
        class_probabilities=dict(zip(CLASS_NAMES, asked.probabilities, strict=True)),
        logits=dict(zip(CLASS_NAMES, asked.logits, strict=True)),
        margin=asked.margin,
    )


def occlusion_routes(service: Service) -> APIRouter:
    """Return the address, with its function and documentation."""
    settings = service.settings
    router = APIRouter(dependencies=keys(settings), responses=closed(settings))
    router.add_api_route(
        "/analyses/{identity}/occlusion",
        Occlusions(service).ask,
        methods=["GET"],
        response_model=OcclusionAnswer,
        responses={
            400: PROBLEMS[400],
            503: PROBLEMS[503],
            **OTHER_PROBLEM,
            **problem_response(404, "no_evidence", "No such analysis, or no evidence."),
        },
    )
    return router
