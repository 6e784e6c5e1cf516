"""The address of an analysis's DICOM objects: a zip archive of them."""

import io
import zipfile
from dataclasses import dataclass, field
from functools import partial
from typing import Annotated, Any, Final

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Query, Request, Response

from alzer.dicom_out.extra import load_writers
from alzer.dicom_out.kept import read_headers, scene_of_kept
from alzer.dicom_out.scene import KINDS, Kind, Scene
from alzer.errors import NotTheScan, Overloaded
from alzer.limits import Limits
from alzer.reports.sources import Source
from alzer.store.kinds import Kind as FileKind
from alzer.store.records import Record
from alzer.store.store import Store
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

_ZIP: Final = "application/zip"

# As for reports, one of which is among the objects.
_AT_ONCE: Final = 1
_MOST_WAITING: Final = 8
_TOO_MANY: Final = "Too many objects are being made already. Try again in a moment."

LEFT_OUT: Final = "left_out.txt"

_Kinds = Annotated[
    list[Kind] | None,
    Query(
        alias="kind",
        description="Which objects, each with a parameter of its own; all by default: "
        "capture (Secondary Capture of the overlay), report (Comprehensive SR), map "
        "(Parametric Map of the evidence), pdf (Encapsulated PDF of the report).",
    ),
]
_Deidentify = Annotated[
    bool,
    Query(
        alias="de-identify",
        description="Whether identities are removed by the Basic Profile of DICOM "
        "PS3.15, Annex E.",
    ),
]


@dataclass(frozen=True)
class DicomObjects:
    """What this address answers.

    Attributes:
        service: What it works with.
        card: Of the model that runs here; empty if it can't be read.
    """

    service: Service
    card: dict[str, Any]
    _writing: CapacityLimiter = field(
        default_factory=lambda: CapacityLimiter(_AT_ONCE), init=False
    )

    async def objects(
        self,
        request: Request,
        identity: Identity,
        kinds: _Kinds = None,
        *,
        deidentify: _Deidentify = False,
    ) -> Response:
        """Return an analysis as DICOM objects, in a zip archive.

        They refer to the scan's series, and have its patient and study, where the
        service keeps the files that were sent (`ALZER_KEEP_ORIGINALS`). Else they are
        of nobody, in a study of their own. What could not be written is told in
        `left_out.txt`.

        Raises:
            Overloaded: Too many objects are being made.
        """
        find = partial(History(self.service).find, request, identity)
        record = await to_thread.run_sync(find)
        audit = partial(History(self.service).audit, request, "viewed", identity)
        await to_thread.run_sync(audit)
        if self._writing.statistics().tasks_waiting >= _MOST_WAITING:
            raise Overloaded(_TOO_MANY)
        write = partial(self._write, record, tuple(kinds or KINDS), is_bare=deidentify)
        content = await to_thread.run_sync(write, limiter=self._writing)
        headers = {
            "Cache-Control": "no-store",
            "Content-Disposition": f'attachment; filename="dicom_{identity}.zip"',
        }
        return Response(content, 200, headers, _ZIP)

    def _write(
        self, record: Record, kinds: tuple[Kind, ...], *, is_bare: bool
    ) -> bytes:
        writers = load_writers()
        service = self.service
        told = source_of_record(service.store, record, self.card)
        scene = scene_of_record(told, service.store, record, service.settings.limits)
        made = writers.write_objects(scene, writers.Choice(kinds, is_bare))
        return _as_zip(made)


def scene_of_record(
    told: Source, store: Store, record: Record, limits: Limits
) -> Scene:
    """Return the scene of an analysis that was kept.

    Args:
        told: As `source_of_record` gives it.
        store: Where the files are that were sent, if they were kept.
        record: Of the analysis.
        limits: How large they may be.
    """
    content = None
    if record.original is not None:
        content = store.files.read(FileKind.ORIGINAL, record.original)
    headers = [] if content is None else read_headers([content], limits)
    try:
        return scene_of_kept(told, headers)
    except NotTheScan:  # several series were sent, and which one was read is not kept
        return scene_of_kept(told)


def _as_zip(made: Any) -> bytes:  # noqa: ANN401 - `ResultObjects`, which needs the extra
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as files:
        for name, content in made.files():
            files.writestr(name, content)
        if made.left_out:
            lines = (f"{kind}: {reason}\n" for kind, reason in made.left_out.items())
            files.writestr(LEFT_OUT, "".join(lines))
    return archive.getvalue()


def dicom_routes(service: Service) -> APIRouter:
    """Return the address, with its function and documentation."""
    settings = service.settings
    objects = DicomObjects(service, card_of(settings))
    router = APIRouter(dependencies=keys(settings), responses=closed(settings))
    archive = {"description": "The objects.", "content": {_ZIP: {}}}
    router.add_api_route(
        "/analyses/{identity}/dicom",
        objects.objects,
        methods=["GET"],
        response_class=Response,
        responses={
            200: archive,
            400: PROBLEMS[400],
            503: PROBLEMS[503],
            **OTHER_PROBLEM,
            **problem_response(404, "no_such_analysis", "No such analysis."),
        },
    )
    return router
