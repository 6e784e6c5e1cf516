"""From a failure to its HTTP status and body: one table."""

import json
import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.types import Receive, Scope, Send

from alzer.backends.backend import ClientDisconnected
from alzer.errors import (
    AlzerError,
    ClusterUnavailable,
    DicomUnavailable,
    Forged,
    InvalidRequest,
    JobLost,
    NoEvidence,
    NoSuchAnalysis,
    NoSuchJob,
    NoSuchModel,
    NotAllowed,
    NotSignedIn,
    Overloaded,
    PdfUnavailable,
    SeveralSeries,
    StorageUnavailable,
    TooManyBytes,
    TooManyGuesses,
    TrainingRefused,
    UnusableModel,
    UnusableScan,
)
from alzer.web.throttle import TERM_S
from alzer.web.urls import INFERENCE_PATH

logger = logging.getLogger(__name__)

# The nearest class in an error's ancestry decides. Front ends show `detail` for
# 400 as it is, so whatever a person can mend by another file is 400.
STATUS_BY_ERROR: Final[Mapping[type[AlzerError], int]] = {
    AlzerError: 500,
    UnusableScan: 400,
    TooManyBytes: 413,
    InvalidRequest: 400,
    NotSignedIn: 401,
    TooManyGuesses: 429,
    NotAllowed: 403,
    Forged: 403,
    NoSuchAnalysis: 404,
    NoEvidence: 404,
    NoSuchJob: 404,
    NoSuchModel: 404,
    UnusableModel: 503,
    TrainingRefused: 500,
    StorageUnavailable: 503,
    DicomUnavailable: 501,
    PdfUnavailable: 501,
    JobLost: 503,
    ClusterUnavailable: 503,
    Overloaded: 503,
}

# An analysis takes some tens of milliseconds: a full queue is empty by then.
RETRY_AFTER_S: Final = 2

_HEADERS: Final[Mapping[int, Mapping[str, str]]] = {
    401: {"WWW-Authenticate": "Bearer"},
    429: {"Retry-After": f"{TERM_S:.0f}"},
    503: {"Retry-After": str(RETRY_AFTER_S)},
}

_UNFORESEEN = (
    "Something went wrong inside the service; the file may be fine. Try again."
)
_SENTENCES: Final[Mapping[int, str]] = {
    404: "There is nothing at this address.",
    405: "This address does not answer to that HTTP method.",
}


def status_of(error: type[AlzerError]) -> int:
    """Look up the HTTP status that stands for a class of errors."""
    nearest = next(base for base in error.__mro__ if base in STATUS_BY_ERROR)
    return STATUS_BY_ERROR[nearest]


def describe_failure(error: AlzerError | None) -> dict[str, Any]:
    """Return a failure as a job tells it; None: one that nobody foresaw."""
    if error is None:
        return {"status": 500, "detail": _UNFORESEEN, "code": "internal_error"}
    status = status_of(type(error))
    return {**_describe(error), "status": status}


def _describe(error: AlzerError) -> dict[str, Any]:
    described: dict[str, Any] = {"detail": error.message, "code": error.code}
    if isinstance(error, SeveralSeries):
        described["series"] = list(error.found)
    return described


class FailureResponse(JSONResponse):
    """The one shape in which every failure is answered.

    Under the addresses of the Open Inference Protocol it has the sentence as `error`
    too, wherever the request failed.

    Source: Open Inference Protocol, REST, "Inference Response JSON Error Object".
    """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the answer."""
        if str(scope.get("path", "")).startswith(INFERENCE_PATH):
            # A fresh one, as some of these are made once for all requests.
            kept = {k: v for k, v in self.headers.items() if k != "content-length"}
            answer = JSONResponse(with_error(self.body), self.status_code, kept)
            await answer(scope, receive, send)
            return
        await super().__call__(scope, receive, send)


def with_error(body: bytes | memoryview) -> dict[str, Any]:
    """Return a failure as the Open Inference Protocol has it.

    Args:
        body: As every failure is answered.
    """
    told = json.loads(bytes(body))
    return {"error": told["detail"], **told}


def problem(status: int, detail: str, code: str) -> JSONResponse:
    """Return the one shape in which every failure is answered."""
    told = {"detail": detail, "code": code}
    return FailureResponse(told, status, _HEADERS.get(status))


def answer_failure(error: AlzerError) -> JSONResponse:
    """Answer a failure that was foreseen."""
    status = status_of(type(error))
    return FailureResponse(_describe(error), status, _HEADERS.get(status))


def answer_unforeseen() -> JSONResponse:
    """Answer a failure that nobody foresaw, without telling its inside."""
    return problem(500, _UNFORESEEN, "internal_error")


def register_exception_handlers(app: FastAPI) -> None:
    """Register the table for every failure in the app's routes."""

    @app.exception_handler(AlzerError)
    async def foreseen(_: Request, error: AlzerError) -> JSONResponse:
        return answer_failure(error)

    @app.exception_handler(ClientDisconnected)
    async def left(_: Request, __: ClientDisconnected) -> Response:
        return Response(status_code=499)  # nobody reads it; the log does

    @app.exception_handler(RequestValidationError)
    async def invalid(_: Request, error: RequestValidationError) -> JSONResponse:
        names = ", ".join(sorted({str(found["loc"][-1]) for found in error.errors()}))
        return answer_failure(
            InvalidRequest(f"The request has an unusable value for: {names}.")
        )

    @app.exception_handler(HTTPException)
    async def by_status(_: Request, error: HTTPException) -> JSONResponse:
        phrase = HTTPStatus(error.status_code).phrase
        sentence = _SENTENCES.get(error.status_code, f"{phrase}.")
        code = phrase.lower().replace(" ", "_")
        return problem(error.status_code, sentence, code)
