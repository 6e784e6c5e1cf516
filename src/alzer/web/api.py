"""The addresses that programs call: predictions, previews, heatmaps, health."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import FileResponse
from starlette.background import BackgroundTask
from starlette.exceptions import HTTPException

from alzer.analysis import Analysis
from alzer.errors import StorageUnavailable
from alzer.explain.overlay import encode_png
from alzer.model.engine import ModelIdentity
from alzer.scans.formats import read_scan
from alzer.settings import Settings
from alzer.web.addresses import base_url
from alzer.web.answers import (
    Health,
    Prediction,
    Problem,
    Readiness,
    compose,
    describe_model,
)
from alzer.web.failures import RETRY_AFTER_S
from alzer.web.storage import HeatmapFolder
from alzer.web.uploads import read_file_part
from alzer.web.workers import Workers

HEATMAPS_PATH: Final = "/uploads/heatmaps"

# Analyses belong to one person: no shared cache keeps them. A front end on
# another origin may show the picture; its name alone gives access to it.
_HEATMAP_HEADERS: Final = {
    "Cache-Control": "private, max-age=3600, immutable",
    "Cross-Origin-Resource-Policy": "cross-origin",
}


@dataclass(frozen=True)
class Api:
    """What the addresses need, and what each of them answers.

    Attributes:
        analyse: From a file's bytes to what the model makes of them.
        settings: Limits, and the addresses the service goes by.
        heatmaps: Where heatmaps are kept.
        workers: The threads that do the work.
        model: The model that is loaded, if known.
    """

    analyse: Callable[[bytes], Analysis]
    settings: Settings
    heatmaps: HeatmapFolder
    workers: Workers
    model: ModelIdentity | None

    async def predict(
        self,
        request: Request,
        *,
        layers: Annotated[
            bool, Query(description="Add the scan and the heat as two pictures.")
        ] = False,
    ) -> Response:
        """Predict the degree of impairment of one scan, with a Grad-CAM heatmap.

        The heatmap shows what influenced the model, not where disease is.
        """
        base = base_url(request, self.settings)
        with self.workers.place():
            data = await read_file_part(request, self.settings.max_upload_bytes)
            return await self.workers.run(
                partial(self._predict, data, base, layers=layers)
            )

    def _predict(self, data: bytes, base: str, *, layers: bool) -> Response:
        analysis = self.analyse(data)
        url, reason, afterwards = None, analysis.no_heatmap_reason, None
        if analysis.overlay_png is not None:
            try:
                name = self.heatmaps.save(analysis.overlay_png)
                url = f"{base}{HEATMAPS_PATH}/{name}"
                afterwards = BackgroundTask(self.heatmaps.settle, name)
            except StorageUnavailable as error:
                reason = error.message
        body = compose(analysis, url, reason, layers=layers)
        return _unstored(body, "application/json", afterwards)

    async def preview(self, request: Request) -> Response:
        """Show one scan as it was read, as a PNG; nothing is analysed or kept."""
        with self.workers.place():
            data = await read_file_part(request, self.settings.max_upload_bytes)
            return await self.workers.run(partial(self._preview, data))

    def _preview(self, data: bytes) -> Response:
        scan = read_scan(data, self.settings.limits)
        return _unstored(encode_png(scan.as_grey()), "image/png")

    def heatmap(self, name: str) -> Response:
        """Give a heatmap by the name that a prediction named.

        Raises:
            HTTPException: If there is none of that name.
        """
        path = self.heatmaps.find(name)
        if path is None:
            raise HTTPException(404)
        return FileResponse(path, media_type="image/png", headers=_HEATMAP_HEADERS)

    async def healthz(self) -> Health:
        """Tell that the process answers."""
        return Health()

    async def readyz(self) -> Readiness:
        """Tell that predictions can be made, and by which model."""
        return Readiness(model=describe_model(self.model))


def _unstored(
    body: bytes, media_type: str, afterwards: BackgroundTask | None = None
) -> Response:
    """Answer with what belongs to one person, so that no cache keeps it."""
    headers = {"Cache-Control": "no-store"}
    return Response(body, 200, headers, media_type, afterwards)


def routes(api: Api) -> APIRouter:
    """Give each address its function and its documentation."""
    router = APIRouter()
    router.add_api_route(
        "/predict",
        api.predict,
        methods=["POST"],
        response_model=Prediction,
        response_description="What the model made of the scan.",
        responses=_PROBLEMS,
        openapi_extra=_FILE_PART,
    )
    router.add_api_route(
        "/preview",
        api.preview,
        methods=["POST"],
        response_class=Response,
        responses={**_picture("The scan."), **_PROBLEMS},
        openapi_extra=_FILE_PART,
    )
    heatmap = f"{HEATMAPS_PATH}/{{name}}"
    router.add_api_route(
        heatmap, api.heatmap, methods=["HEAD"], include_in_schema=False
    )
    router.add_api_route(
        heatmap,
        api.heatmap,
        methods=["GET"],
        response_class=Response,
        responses={
            **_picture("The heatmap over its scan."),
            **_problem(404, "not_found", "No such heatmap."),
            **_OTHER_PROBLEM,
        },
    )
    router.add_api_route("/healthz", api.healthz, methods=["GET"])
    router.add_api_route("/readyz", api.readyz, methods=["GET"])
    return router


_EXAMPLES: Final = {
    "not_an_image": "The file is of no known image format. Send a PNG, JPEG, TIFF, "
    "BMP, WebP, DICOM, NIfTI or MGH file.",
    "not_found": "There is nothing at this address.",
    "too_many_bytes": "The file is larger than the limit of 100 MiB. Send one slice, "
    "or save it with compression.",
    "overloaded": "Too many requests are waiting already. Try again in a moment.",
}


_Responses = dict[int | str, dict[str, Any]]


def _problem(status: int, code: str, meaning: str) -> _Responses:
    example = {"detail": _EXAMPLES[code], "code": code}
    content = {"application/json": {"example": example}}
    return {status: {"model": Problem, "description": meaning, "content": content}}


def _picture(meaning: str) -> _Responses:
    return {200: {"description": meaning, "content": {"image/png": {}}}}


_OTHER_PROBLEM: Final[_Responses] = {
    "default": {"model": Problem, "description": "Any other failure, alike in form."}
}

_PROBLEMS: Final[_Responses] = {
    **_problem(400, "not_an_image", "The request or its file can't be used."),
    **_problem(413, "too_many_bytes", "The file is over the limit."),
    **_problem(503, "overloaded", "Too many requests wait already."),
    **_OTHER_PROBLEM,
}
_PROBLEMS[503]["headers"] = {
    "Retry-After": {
        "description": f"Seconds to wait: {RETRY_AFTER_S}.",
        "schema": {"type": "integer"},
    }
}

_FILE_PART: Final = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {
                        "file": {
                            "type": "string",
                            "format": "binary",
                            "description": "One slice of a brain MRI.",
                        }
                    },
                }
            }
        },
    }
}
