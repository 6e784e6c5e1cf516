"""Small pictures of analyses, for lists of them."""

import io
from dataclasses import dataclass
from typing import Final

import numpy as np
from fastapi import APIRouter, Request, Response
from numpy.typing import NDArray
from PIL import Image

from alzer.errors import NoEvidence
from alzer.explain.kept_evidence import UnreadableEvidence, unpack_evidence
from alzer.explain.overlay import encode_png, is_whole
from alzer.store.kinds import Kind
from alzer.store.records import Record
from alzer.web.history import History, Identity
from alzer.web.openapi import (
    OTHER_PROBLEM,
    PROBLEMS,
    closed,
    keys,
    picture_response,
    problem_response,
)
from alzer.web.service import Service

# Longest side, in pixels: as lists show it, on screens with two dots a pixel.
THUMBNAIL_PIXELS: Final = 160

_UNSTORED: Final = {"Cache-Control": "no-store"}
_NO_PICTURE: Final = "Of this analysis no picture is kept."


@dataclass(frozen=True)
class Thumbnails:
    """What this address answers.

    Attributes:
        service: What it works with.
    """

    service: Service

    def thumbnail(self, request: Request, identity: Identity) -> Response:
        """Show an analysis as a small picture: its heatmap, at most 160 pixels wide.

        Where the answer is not reliable it is the scan in grey, without any colours.

        Raises:
            NoEvidence: No picture is kept.
        """
        record = History(self.service).find(request, identity)
        is_doubted = record.reliable is False
        ways = (self._seen,) if is_doubted else (self._heatmap, self._seen)
        found = (picture for way in ways if (picture := way(record)) is not None)
        picture = next(found, None)
        if picture is None:
            raise NoEvidence(_NO_PICTURE)
        return Response(encode_png(_reduce(picture)), 200, _UNSTORED, "image/png")

    def _heatmap(self, record: Record) -> Image.Image | None:
        if record.heatmap is None:
            return None
        content = self.service.store.files.read(Kind.HEATMAP, record.heatmap)
        if content is None or not is_whole(content):
            return None
        return Image.open(io.BytesIO(content))

    def _seen(self, record: Record) -> Image.Image | None:
        """Return what the network saw, of a head in the slice that the answer shows."""
        if record.evidence is None:
            return None
        content = self.service.store.files.read(Kind.EVIDENCE, record.evidence)
        index = record.answer.get("leading_slice", 0)
        try:
            evidence = unpack_evidence(content or b"")
        except UnreadableEvidence:
            return None
        return Image.fromarray(evidence.maps(index).seen)


def _reduce(picture: Image.Image) -> NDArray[np.uint8]:
    """Return a picture that is not larger than a thumbnail, 0 to 255."""
    small = picture.convert("L" if picture.mode == "L" else "RGB")
    small.thumbnail((THUMBNAIL_PIXELS, THUMBNAIL_PIXELS))
    return np.asarray(small)


def thumbnail_routes(service: Service) -> APIRouter:
    """Return the address, with its function and documentation."""
    settings = service.settings
    router = APIRouter(dependencies=keys(settings), responses=closed(settings))
    router.add_api_route(
        "/analyses/{identity}/thumbnail",
        Thumbnails(service).thumbnail,
        methods=["GET"],
        response_class=Response,
        responses={
            **picture_response("The picture."),
            **problem_response(404, "no_evidence", "No such analysis, or no picture."),
            400: PROBLEMS[400],
            503: PROBLEMS[503],
            **OTHER_PROBLEM,
        },
    )
    return router
