"""The addresses of the Open Inference Protocol, version 2 (KServe, Triton).

The same model, queue, tokens and limits as `/predict` has.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any, Final

import numpy as np
from fastapi import APIRouter, Path, Request, Response

from alzer import __version__
from alzer.analysis import Analysis
from alzer.backends.backend import ModelFacts, PreparedInputs
from alzer.errors import InvalidRequest, TooManyBytes
from alzer.model.evidence import Evidence, Floats
from alzer.model.person import softmax
from alzer.scans.reading import File
from alzer.web.accounts import account_of
from alzer.web.api import Api
from alzer.web.callers import caller_of, until_disconnected
from alzer.web.inference_body import HEADER_LENGTH, Asked, read_body, write_body
from alzer.web.inference_models import (
    IMAGE,
    INPUT,
    MOST_INPUTS,
    find_model,
)
from alzer.web.inference_schemas import (
    BINARY,
    InferenceResponse,
    ModelMetadata,
    ModelReady,
    RequestInput,
    ServerLive,
    ServerMetadata,
    ServerReady,
    request_schema,
)
from alzer.web.openapi import (
    OTHER_PROBLEM,
    PROBLEMS,
    closed,
    keys,
    problem_response,
)
from alzer.web.recording import Submission
from alzer.web.reference_text import REFERENCE_RULE, clean_reference
from alzer.web.service import Service
from alzer.web.tensors import Tensor, read_files, read_floats, require_finite
from alzer.web.uploads import Upload, too_large
from alzer.web.urls import INFERENCE_PATH, LIVE_PATH, READY_PATH, base_url

Name = Annotated[str, Path(description="One of those that `GET /v2` leads to.")]

_MODEL: Final = f"{INFERENCE_PATH}/models/{{name}}"
_VERSION: Final = f"{_MODEL}/versions/{{version}}"


@dataclass(frozen=True)
class OpenInference:
    """What these addresses answer.

    Attributes:
        api: Does what `/predict` does.
    """

    api: Api

    @property
    def _service(self) -> Service:
        return self.api.service

    @property
    def _facts(self) -> ModelFacts:
        return self._service.backend.facts

    async def live(self) -> ServerLive:
        """Answer that the process runs."""
        return ServerLive()

    async def ready(self) -> ServerReady:
        """Answer whether predictions can be made and kept."""
        await self.api.readyz()
        return ServerReady()

    async def server(self) -> ServerMetadata:
        """Return which server this is, and what of the protocol it adds."""
        return ServerMetadata(name="alzer", version=__version__, extensions=[BINARY])

    async def model(self, request: Request, name: Name) -> ModelMetadata:
        """Return what a model takes and gives.

        Two names are answered: that of the network, which takes inputs that were
        prepared as the model's card says, and the same with `-scan`, which takes
        files and answers as `POST /predict` does.
        """
        return find_model(self._facts, name, _version_in(request))

    async def model_ready(self, request: Request, name: Name) -> ModelReady:
        """Return whether a model can be asked."""
        found = find_model(self._facts, name, _version_in(request))
        await self.api.readyz()
        return ModelReady(name=found.name)

    async def infer(self, request: Request, name: Name) -> Response:
        """Ask a model.

        Of `-scan`, `answer` is what `POST /predict` answers; it is kept likewise, and
        its headline is what people should be shown. The network alone judges
        nothing of a picture but whether it is unlike those of its training.
        """
        model = find_model(self._facts, name, _version_in(request))
        self._service.admission.remember(request, account_of(request))
        asked = await read_body(request)
        given = _only_input(asked, model)
        if given.name == IMAGE:
            return await self._analyse(request, asked, given, model)
        return await self._run(request, asked, given, model)

    async def _run(
        self, request: Request, asked: Asked, given: RequestInput, model: ModelMetadata
    ) -> Response:
        wanted = asked.wants([output.name for output in model.outputs])
        _require_shape(given, model.inputs[0].shape)
        inputs = PreparedInputs(
            images=read_floats(given, asked.contents.get(given.name)),
            owner=account_of(request),
            gone=partial(until_disconnected, request),
        )
        limits = self._facts.decision

        def finish(evidence: Evidence) -> Response:
            require_finite(evidence.logits, evidence.maps, evidence.ood_score)
            tensors = _numbers(evidence.logits, evidence.maps)
            if evidence.ood_score is not None:
                within = [limits.in_distribution(s) for s in evidence.ood_score]
                tensors["ood_score"] = evidence.ood_score
                tensors["in_distribution"] = np.array(within, np.bool_)
            return _answer(asked, wanted, tensors, model)

        return await self._service.backend.infer(inputs, finish)

    async def _analyse(
        self, request: Request, asked: Asked, given: RequestInput, model: ModelMetadata
    ) -> Response:
        wanted = asked.wants([output.name for output in model.outputs])
        service, base = self._service, base_url(request, self._service.settings)
        upload = self._upload(asked, given)
        sent = Submission(
            upload.files,
            caller_of(request),
            request.state.request_id,
            series=upload.series,
            reference=upload.reference,
        )

        def finish(analysis: Analysis) -> Response:
            answer, record = self.api.recorder.record(analysis, sent)
            service.refer(answer, record, base)
            evidence = [one.evidence for one in analysis.slices]
            tensors = {
                **_numbers(
                    np.stack([one.logits for one in evidence]),
                    np.stack([one.maps for one in evidence]),
                ),
                # Of the scan, not of each slice.
                "probabilities": np.array([analysis.probabilities], np.float32),
                "headline": [answer.headline.encode()],
                "answer": [answer.model_dump_json(exclude={"layers"}).encode()],
            }
            return _answer(asked, wanted, tensors, model)

        with self.api.counting_refusals():
            order = self.api.order(request, upload)
            return await service.backend.analyse(order, finish)

    def _upload(self, asked: Asked, given: RequestInput) -> Upload:
        """Return the files of a request.

        Raises:
            InvalidRequest: There are none, or too many, or a parameter is unusable.
            TooManyBytes: They are larger than allowed.
        """
        settings, contents = self._service.settings, asked.contents
        found = read_files(given, contents.get(given.name))
        if not 1 <= len(found) <= settings.max_scan_files:
            message = f"Send 1 to {settings.max_scan_files} files, all of one scan."
            raise InvalidRequest(message)
        if sum(map(len, found)) > settings.max_upload_bytes:
            raise TooManyBytes(too_large(settings.max_upload_bytes))
        told = asked.request.parameters
        series, reference = (told.get(name) for name in ("series", "reference"))
        try:
            text = clean_reference(str(reference or ""))
        except ValueError as error:
            raise InvalidRequest(REFERENCE_RULE) from error
        files = tuple(File(content, "") for content in found)
        return Upload(files, None if series is None else str(series), text)


def _version_in(request: Request) -> str | None:
    """Return the version that an address names, if it names one."""
    version: str | None = request.path_params.get("version")
    return version


def _only_input(asked: Asked, model: ModelMetadata) -> RequestInput:
    """Return the one input that a model takes.

    Raises:
        InvalidRequest: There are others, or several.
    """
    (expected,) = model.inputs
    names = [each.name for each in asked.request.inputs]
    if names != [expected.name]:
        message = f"The model takes one input, '{expected.name}'."
        raise InvalidRequest(message)
    return asked.request.inputs[0]


def _require_shape(given: RequestInput, expected: list[int]) -> None:
    """Check the shape of a batch of prepared inputs.

    Raises:
        InvalidRequest: It is another, or the batch is empty or too large.
    """
    if given.shape[1:] != expected[1:] or not 1 <= given.shape[0] <= MOST_INPUTS:
        sizes = ", ".join(map(str, expected[1:]))
        message = (
            f"'{INPUT}' has to be of the shape [n, {sizes}], n from 1 to {MOST_INPUTS}."
        )
        raise InvalidRequest(message)


def _numbers(logits: Floats, maps: Floats) -> dict[str, Any]:
    shares = softmax(logits.astype(np.float64)).astype(np.float32)
    return {"probabilities": shares, "logits": logits, "maps": maps}


def _answer(
    asked: Asked,
    wanted: list[str],
    tensors: Mapping[str, Any],
    model: ModelMetadata,
) -> Response:
    found = [Tensor(name, tensors[name]) for name in wanted if name in tensors]
    told = {"model_name": model.name, "model_version": model.versions[0]}
    return write_body(asked, found, told)


_BODY: Final = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": request_schema(),
            },
        },
    },
    "parameters": [
        {
            "name": HEADER_LENGTH,
            "in": "header",
            "required": False,
            "schema": {"type": "string"},
            "description": "Bytes of the JSON, where bytes of tensors follow it.",
        }
    ],
}


def inference_routes(service: Service) -> APIRouter:
    """Return the addresses, with their functions and documentation."""
    router, answers = APIRouter(), OpenInference(Api(service))
    router.add_api_route(LIVE_PATH, answers.live, methods=["GET"])
    router.add_api_route(
        READY_PATH, answers.ready, methods=["GET"], responses={503: PROBLEMS[503]}
    )
    router.include_router(_model_routes(service, answers))
    return router


def _model_routes(service: Service, answers: OpenInference) -> APIRouter:
    settings = service.settings
    router = APIRouter(dependencies=keys(settings), responses=closed(settings))
    missing = problem_response(404, "no_such_model", "No such model.")
    failures = {**missing, 503: PROBLEMS[503], **OTHER_PROBLEM}
    router.add_api_route(
        INFERENCE_PATH, answers.server, methods=["GET"], responses=OTHER_PROBLEM
    )
    # The same with a version, which is told once.
    for root, told in ((_MODEL, True), (_VERSION, False)):
        add = partial(router.add_api_route, include_in_schema=told)
        add(root, answers.model, methods=["GET"], responses=failures)
        add(f"{root}/ready", answers.model_ready, methods=["GET"], responses=failures)
        add(
            f"{root}/infer",
            answers.infer,
            methods=["POST"],
            response_model=InferenceResponse,
            responses={
                **failures,
                **PROBLEMS,
                **closed(settings, changes=True),
            },
            openapi_extra=_BODY,
        )
    return router
