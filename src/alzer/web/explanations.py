"""The addresses by which an analysis is explained again, without its scan."""

from dataclasses import dataclass
from functools import partial
from typing import Annotated, Final

from anyio import to_thread
from fastapi import APIRouter, Path, Request, Response

from alzer.backends.backend import Heat, Question
from alzer.classes import CLASS_NAMES
from alzer.errors import NoEvidence
from alzer.explain.kept_evidence import (
    KeptEvidence,
    UnreadableEvidence,
    unpack_evidence,
    unpack_file,
)
from alzer.explain.overlay import encode_png, heat_colours
from alzer.store.kinds import Kind
from alzer.web.accounts import account_of
from alzer.web.callers import until_disconnected
from alzer.web.history import ExplainedClass, History, Identity
from alzer.web.openapi import (
    OTHER_PROBLEM,
    PROBLEMS,
    closed,
    keys,
    picture_response,
    problem_response,
)
from alzer.web.service import Service

_NONE_KEPT: Final = (
    "Of this analysis no evidence is kept. Send the scan again; ALZER_KEEP_EVIDENCE "
    "says whether it is kept from now on."
)

_File = Annotated[
    str, Path(description="As in the answer, such as evidence.nii.gz or slice_00.png.")
]
_NO_FILE: Final = (
    "The analysis has no file of that name; those that it has are in its answer."
)

_UNSTORED: Final = {"Cache-Control": "no-store"}
_PICTURE, _GZIP = "image/png", "application/gzip"


@dataclass(frozen=True)
class Explanations:
    """What these addresses answer.

    Attributes:
        service: What they work with.
    """

    service: Service

    async def heat(
        self, request: Request, identity: Identity, class_name: ExplainedClass
    ) -> Response:
        """Draw the Grad-CAM of any class, from what was kept of an analysis.

        It is a PNG of the size of the heatmap, in opaque JET colours, without the scan.
        It shows what influenced the model towards that class, not where disease is.
        """
        name = class_name.value
        evidence = await to_thread.run_sync(self.unpack, request, identity)
        question = Question(
            evidence=evidence,
            label=CLASS_NAMES.index(name),
            owner=account_of(request),
            gone=partial(until_disconnected, request),
        )
        return await self.service.backend.explain(question, partial(_draw, name))

    def evidence(self, request: Request, identity: Identity) -> Response:
        """Return what was kept to explain an analysis: a .npz file for NumPy.

        Per slice `logits` (class), `maps` (class, row, column) in logit units,
        `inputs` (row, column) as the network saw them, and `places`: where the input
        lies on the picture.
        """
        name = f'attachment; filename="evidence_{identity}.npz"'
        headers = {**_UNSTORED, "Content-Disposition": name}
        content = self.read(request, identity)
        return Response(content, 200, headers, "application/octet-stream")

    def file(self, request: Request, identity: Identity, name: _File) -> Response:
        """Return a file of an answer for a whole head, as the answer names it.

        The evidence (logit units), the brain mask and the scan without skull and face
        are NIfTI files on the scan's own grid; slices are pictures in the colours of
        their evidence.

        Raises:
            NoEvidence: There is none of that name.
        """
        # Showing a head asks for all pictures; the analysis itself was noted.
        is_picture = name.endswith(".png")
        kept = self.read(request, identity, is_noted=not is_picture)
        try:
            content = unpack_file(kept, name)
        except UnreadableEvidence as error:
            raise NoEvidence(_NONE_KEPT) from error
        if content is None:
            raise NoEvidence(_NO_FILE)
        return Response(content, 200, _UNSTORED, _PICTURE if is_picture else _GZIP)

    def unpack(
        self, request: Request, identity: str, *, is_noted: bool = True
    ) -> KeptEvidence:
        """Read what was kept of an analysis, and note that it was.

        Args:
            request: Tells who asks.
            identity: Of the analysis.
            is_noted: Whether the audit log is told.

        Returns:
            The evidence.

        Raises:
            NoSuchAnalysis: There is none, or it is somebody else's.
            NoEvidence: None is kept of it, or it is damaged.
        """
        try:
            return unpack_evidence(self.read(request, identity, is_noted=is_noted))
        except UnreadableEvidence as error:
            raise NoEvidence(_NONE_KEPT) from error

    def read(self, request: Request, identity: str, *, is_noted: bool = True) -> bytes:
        """Return the file of what was kept of an analysis.

        Args:
            request: Tells who asks.
            identity: Of the analysis.
            is_noted: Whether the audit log is told.

        Raises:
            NoEvidence: None is kept.
        """
        history, content = History(self.service), None
        record = history.find(request, identity)
        if record.evidence is not None:
            content = self.service.store.files.read(Kind.EVIDENCE, record.evidence)
        if content is None:
            raise NoEvidence(_NONE_KEPT)
        if is_noted:
            history.audit(request, "viewed", identity)
        return content


def _draw(name: str, heat: Heat | None) -> Response:
    if heat is None:
        message = (
            f"No region of the image spoke for '{name}': there is no heat to show."
        )
        raise NoEvidence(message)
    return Response(encode_png(heat_colours(heat)), 200, _UNSTORED, "image/png")


def explanation_routes(service: Service) -> APIRouter:
    """Return the addresses, with their functions and documentation."""
    settings, explanations = service.settings, Explanations(service)
    router = APIRouter(dependencies=keys(settings), responses=closed(settings))
    failures = {
        400: PROBLEMS[400],
        503: PROBLEMS[503],
        **OTHER_PROBLEM,
        **problem_response(404, "no_evidence", "No such analysis, or no evidence."),
    }
    router.add_api_route(
        "/analyses/{identity}/heat",
        explanations.heat,
        methods=["GET"],
        response_class=Response,
        responses={**picture_response("The heat."), **failures},
    )
    file = {"description": "The file.", "content": {"application/octet-stream": {}}}
    router.add_api_route(
        "/analyses/{identity}/evidence",
        explanations.evidence,
        methods=["GET"],
        response_class=Response,
        responses={200: file, **failures},
    )
    kinds = {"description": "The file.", "content": {_PICTURE: {}, _GZIP: {}}}
    router.add_api_route(
        "/analyses/{identity}/files/{name}",
        explanations.file,
        methods=["GET"],
        response_class=Response,
        responses={200: kinds, **failures},
    )
    return router
