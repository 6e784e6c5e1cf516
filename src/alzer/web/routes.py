"""The addresses that programs call, with the documentation of each."""

from fastapi import APIRouter, Response

from alzer.web.api import Api
from alzer.web.jobs import ACCEPTED
from alzer.web.openapi import (
    FILE_PART,
    OTHER_PROBLEM,
    PREFER,
    PROBLEMS,
    closed,
    keys,
    picture_response,
    problem_response,
)
from alzer.web.schemas import HeadPrediction, Prediction
from alzer.web.service import Service
from alzer.web.urls import HEATMAPS_PATH, PREDICT_PATH, PREVIEW_PATH


def routes(service: Service) -> APIRouter:
    """Return a router that holds each address with its function and documentation."""
    router, api, settings = APIRouter(), Api(service), service.settings
    _add_uploads(router, api)
    _add_heatmaps(router, api)
    figures = {"description": "The figures.", "content": {"text/plain": {}}}
    router.add_api_route(
        "/metrics",
        api.metrics,
        methods=["GET"],
        response_class=Response,
        responses={200: figures, **closed(settings), **OTHER_PROBLEM},
        dependencies=keys(settings),
    )
    router.add_api_route("/healthz", api.healthz, methods=["GET"])
    router.add_api_route(
        "/readyz", api.readyz, methods=["GET"], responses={503: PROBLEMS[503]}
    )
    return router


def _add_uploads(router: APIRouter, api: Api) -> None:
    settings = api.service.settings
    failures = {**PROBLEMS, **closed(settings, changes=True)}
    router.add_api_route(
        PREDICT_PATH,
        api.predict,
        methods=["POST"],
        response_model=HeadPrediction | Prediction,
        response_description="What the model made of the scan.",
        responses={**ACCEPTED, **failures},
        dependencies=keys(settings),
        openapi_extra=FILE_PART | {"parameters": [PREFER]},
    )
    router.add_api_route(
        PREVIEW_PATH,
        api.preview,
        methods=["POST"],
        response_class=Response,
        responses={**picture_response("The scan."), **failures},
        dependencies=keys(settings),
        openapi_extra=FILE_PART,
    )


def _add_heatmaps(router: APIRouter, api: Api) -> None:
    path, settings = f"{HEATMAPS_PATH}/{{name}}", api.service.settings
    router.add_api_route(path, api.heatmap, methods=["HEAD"], include_in_schema=False)
    router.add_api_route(
        path,
        api.heatmap,
        methods=["GET"],
        response_class=Response,
        responses={
            **picture_response("The heatmap over its scan."),
            **problem_response(404, "not_found", "No such heatmap."),
            **closed(settings),
            **OTHER_PROBLEM,
        },
        dependencies=keys(settings),
    )
