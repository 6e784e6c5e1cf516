"""The addresses of an analysis's maps: drawn, in numbers, with legends, as a bundle."""

import io
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Final

import numpy as np
from anyio import to_thread
from fastapi import APIRouter, Depends, Query, Request, Response

from alzer.analysis_bundle import pack_bundle
from alzer.backends.backend import Layer, MapQuestion
from alzer.classes import CLASS_NAMES
from alzer.errors import InvalidRequest, NoEvidence
from alzer.explain.kept_evidence import KeptEvidence
from alzer.explain.map_legend import draw_map_legend
from alzer.explain.methods import METHODS
from alzer.explain.overlay import encode_png
from alzer.explain.palettes import palettes_for
from alzer.explain.place_words import describe_place
from alzer.explain.slice_maps import SliceMaps
from alzer.store.kinds import Kind
from alzer.web.accounts import account_of
from alzer.web.callers import until_disconnected
from alzer.web.explanations import Explanations
from alzer.web.history import ExplainedClass, History, Identity
from alzer.web.map_choices import MapChoice
from alzer.web.map_schemas import CellFacts, ClassEvidence, MapFacts, MethodFacts
from alzer.web.openapi import (
    OTHER_PROBLEM,
    PROBLEMS,
    closed,
    keys,
    picture_response,
    problem_response,
)
from alzer.web.service import Service

SliceIndex = Annotated[
    int,
    Query(alias="slice", ge=0, description="Of a whole head: `index` of the slice."),
]
_Choice = Annotated[MapChoice, Depends()]

_BYTES: Final = "application/octet-stream"
_UNSTORED: Final = {"Cache-Control": "no-store"}
_NOTHING: Final = "No region of the image spoke for '{name}': there is nothing to show."
_NO_MANIFEST: Final = (
    "An earlier version made this analysis, which kept too little for a bundle. Send "
    "the scan again."
)


@dataclass(frozen=True)
class Maps:
    """What these addresses answer.

    Attributes:
        service: What they work with.
    """

    service: Service

    async def draw(
        self,
        request: Request,
        identity: Identity,
        class_name: ExplainedClass,
        choice: _Choice,
        index: SliceIndex = 0,
    ) -> Response:
        """Draw a map of any class, from what was kept of an analysis.

        It is a PNG of the size of the scan's picture, to be laid over it: transparent
        outside the head. Maps with a sign have one scale for all classes and people.
        They show what influenced the model, not where disease is.
        """
        style, name = choice.style, class_name.value
        question = MapQuestion(
            evidence=await to_thread.run_sync(self.evidence, request, identity, index),
            label=CLASS_NAMES.index(name),
            index=index,
            style=style,
            owner=account_of(request),
            gone=partial(until_disconnected, request),
        )
        return await self.service.backend.draw_map(question, partial(_answer, name))

    def values(
        self,
        request: Request,
        identity: Identity,
        class_name: ExplainedClass,
        choice: _Choice,
        index: SliceIndex = 0,
    ) -> Response:
        """Return the numbers that a map is drawn from: a .npy file for NumPy.

        float32 of shape (row, column) of the scan's picture, in the unit of the map's
        scale; not a number outside the head, where nothing is drawn. Colours and the
        range of the scale change nothing.

        Raises:
            NoEvidence: No region spoke for the class.
        """
        maps = self.evidence(request, identity, index).maps(index)
        label = CLASS_NAMES.index(class_name.value)
        values = maps.values(choice.style, label)
        if values is None:
            raise NoEvidence(_NOTHING.format(name=class_name.value))
        file = io.BytesIO()
        np.save(file, np.where(maps.head, values, np.float32(np.nan)))
        return Response(file.getvalue(), 200, _UNSTORED, _BYTES)

    def seen(
        self, request: Request, identity: Identity, index: SliceIndex = 0
    ) -> Response:
        """Show what the network saw of the scan, on the pixels of its picture."""
        maps = self.evidence(request, identity, index).maps(index)
        return Response(encode_png(maps.seen), 200, _UNSTORED, "image/png")

    def facts(
        self, request: Request, identity: Identity, index: SliceIndex = 0
    ) -> MapFacts:
        """Say how logits come about, how coarse maps are, and which there are."""
        evidence = self.evidence(request, identity, index)
        History(self.service).audit(request, "viewed", identity)
        return _facts(evidence.maps(index), index, len(evidence.slices))

    def legend(self, choice: _Choice, class_name: ExplainedClass) -> Response:
        """Draw the legend of a map: its colours, with numbers and their unit."""
        style = choice.style
        meaning = style.method.meaning.format(name=class_name.value)
        legend = encode_png(draw_map_legend(style, meaning))
        return Response(legend, 200, None, "image/png")

    def bundle(self, request: Request, identity: Identity) -> Response:
        """Return an analysis as a zip archive that `alzer verify` can replay.

        It holds digests of what was sent, of the model and of the prepared slices,
        logits and maps as .npy, the overlay, versions and the answer; no name of a
        file or a person.

        Raises:
            NoEvidence: Too little is kept of it.
        """
        explanations = Explanations(self.service)
        evidence = explanations.unpack(request, identity)
        if evidence.manifest is None:
            raise NoEvidence(_NO_MANIFEST)
        heatmap = History(self.service).find(request, identity).heatmap
        files = self.service.store.files
        overlay = None if heatmap is None else files.read(Kind.HEATMAP, heatmap)
        name = f'attachment; filename="analysis_{identity}.zip"'
        headers = {**_UNSTORED, "Content-Disposition": name}
        content = pack_bundle(evidence, evidence.manifest, overlay)
        return Response(content, 200, headers, "application/zip")

    def evidence(self, request: Request, identity: str, index: int) -> KeptEvidence:
        """Read what was kept; that the analysis was viewed has been noted before.

        Args:
            request: Tells who asks.
            identity: Of the analysis.
            index: Of the slice that is asked about.

        Returns:
            The evidence of all slices.

        Raises:
            InvalidRequest: There is no such slice.
        """
        explanations = Explanations(self.service)
        evidence = explanations.unpack(request, identity, is_noted=False)
        if index >= len(evidence.slices):
            message = (
                f"The analysis has {len(evidence.slices)} slices; the first one is 0."
            )
            raise InvalidRequest(message)
        return evidence


def _facts(maps: SliceMaps, index: int, count: int) -> MapFacts:
    sums = [maps.sum_of(label) for label in range(len(CLASS_NAMES))]
    middle = sum(one.logit for one in sums) / len(sums)
    size, (_, rows, columns) = maps.cell_size, maps.evidence.maps.shape
    return MapFacts(
        slice=index,
        slices=count,
        cell=CellFacts(
            rows=rows, columns=columns, pixels=size.pixels, mm=size.mm, text=size.text
        ),
        classes=[
            ClassEvidence(
                name=name,
                logit=one.logit,
                mean=one.mean,
                bias=one.bias,
                lead=one.logit - middle,
                places={
                    method.name: describe_place(maps, method, label)
                    for method in METHODS
                },
            )
            for label, (name, one) in enumerate(zip(CLASS_NAMES, sums, strict=True))
        ],
        methods=[
            MethodFacts(
                name=method.name,
                title=method.title,
                meaning=method.meaning,
                unit=method.scale.unit,
                low=method.scale.low,
                high=method.scale.high,
                palettes=[palette.name for palette in palettes_for(method)],
            )
            for method in METHODS
        ],
    )


def _answer(name: str, layer: Layer | None) -> Response:
    if layer is None:
        raise NoEvidence(_NOTHING.format(name=name))
    return Response(encode_png(layer), 200, _UNSTORED, "image/png")


def map_routes(service: Service) -> APIRouter:
    """Return the addresses, with their functions and documentation."""
    settings, maps = service.settings, Maps(service)
    router = APIRouter(dependencies=keys(settings), responses=closed(settings))
    failures = {400: PROBLEMS[400], 503: PROBLEMS[503], **OTHER_PROBLEM}
    missing = problem_response(404, "no_evidence", "No such analysis, or no evidence.")
    archive = {"description": "The archive.", "content": {"application/zip": {}}}
    root = "/analyses/{identity}"
    for path, function, meaning in (
        (f"{root}/map", maps.draw, "The map."),
        (f"{root}/seen", maps.seen, "The picture."),
    ):
        router.add_api_route(
            path,
            function,
            methods=["GET"],
            response_class=Response,
            responses={**picture_response(meaning), **failures, **missing},
        )
    numbers = {"description": "The numbers.", "content": {_BYTES: {}}}
    router.add_api_route(
        f"{root}/map/values",
        maps.values,
        methods=["GET"],
        response_class=Response,
        responses={200: numbers, **failures, **missing},
    )
    router.add_api_route(
        f"{root}/maps",
        maps.facts,
        methods=["GET"],
        response_model=MapFacts,
        responses={**failures, **missing},
    )
    router.add_api_route(
        f"{root}/bundle",
        maps.bundle,
        methods=["GET"],
        response_class=Response,
        responses={200: archive, **failures, **missing},
    )
    router.add_api_route(
        "/legend",
        maps.legend,
        methods=["GET"],
        response_class=Response,
        responses={**picture_response("The legend."), **failures},
    )
    return router
