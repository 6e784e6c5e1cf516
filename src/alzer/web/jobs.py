"""The addresses of analyses that nobody waits for.

Source: RFC 7240, sections 3 and 4.1 (Preference-Applied, respond-async).
"""

import re
from dataclasses import dataclass
from typing import Annotated, Final
from urllib.parse import urlsplit

from anyio import to_thread
from fastapi import APIRouter, Path, Request, Response
from fastapi.encoders import jsonable_encoder
from fastapi.responses import JSONResponse

from alzer.backends.backend import Order
from alzer.errors import JobLost, NoSuchJob
from alzer.store.jobs import Job, JobState
from alzer.web.callers import caller_of
from alzer.web.exception_handlers import describe_failure
from alzer.web.middleware import UploadBuffer
from alzer.web.openapi import (
    OTHER_PROBLEM,
    PROBLEMS,
    Responses,
    closed,
    keys,
    problem_response,
)
from alzer.web.recording import Recorder, Submission
from alzer.web.schemas import JobProblem, JobStatus
from alzer.web.service import Service
from alzer.web.urls import base_url

JOBS_PATH: Final = "/jobs"

# An answer to a form depends on this header.
VARY: Final = {"Vary": "Prefer"}

_RESPOND_ASYNC: Final = "respond-async"
_IDENTITY: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_UNSTORED: Final = {"Cache-Control": "no-store"}

_LOST: Final = JobLost("The service ended before this job did. Send the scan again.")

_Identity = Annotated[str, Path(description="`job_id` of a job.")]

ACCEPTED: Final[Responses] = {
    202: {
        "model": JobStatus,
        "description": "With `Prefer: respond-async`: the job that has begun.",
        "headers": {
            "Location": {
                "description": "Where to see how far it is.",
                "schema": {"type": "string"},
            },
            "Preference-Applied": {
                "description": "The preference that was followed.",
                "schema": {"type": "string"},
            },
        },
    }
}


def prefers_no_wait(request: Request) -> bool:
    """Return whether a request would rather not wait for its answer."""
    preferences = ",".join(request.headers.getlist("prefer")).split(",")
    names = (preference.partition(";")[0].strip() for preference in preferences)
    return _RESPOND_ASYNC in map(str.lower, names)


@dataclass(frozen=True)
class JobAddresses:
    """What these addresses answer.

    Attributes:
        service: What they work with.
    """

    service: Service

    async def accept(
        self, request: Request, order: Order, submission: Submission
    ) -> Response:
        """Begin a job, and say where it is.

        Args:
            request: Whose answer it is.
            order: What to analyse.
            submission: The same, with who sent it.

        Returns:
            The answer with status 202.
        """
        queue, upload = self.service.jobs, _upload_of(request)
        recorder = Recorder(self.service)
        base = base_url(request, self.service.settings)
        job = queue.new(submission.caller.owner, submission.analysis_id)
        upload.keep()
        try:
            await queue.submit(
                order,
                job,
                lambda analysis: recorder.record(analysis, submission),
                upload.give_back,
            )
        except BaseException:
            upload.give_back()
            raise
        headers = {
            "Location": f"{urlsplit(base).path}{JOBS_PATH}/{job.id}",
            "Preference-Applied": _RESPOND_ASYNC,
            "Retry-After": "1",
            **VARY,
            **_UNSTORED,
        }
        shown = jsonable_encoder(_show(job, base))
        return JSONResponse(shown, 202, headers)

    def status(
        self, request: Request, response: Response, identity: _Identity
    ) -> JobStatus:
        """Tell how far a job is, and where its analysis is once it is done.

        Where a token is needed, each token sees its own jobs only. Jobs are kept as
        long as analyses, and go with the analysis that they led to.
        """
        job = self._find(request, identity)
        response.headers.update(_UNSTORED)
        if not job.is_finished:
            response.headers["Retry-After"] = "1"
        return _show(job, base_url(request, self.service.settings))

    async def cancel(self, request: Request, identity: _Identity) -> Response:
        """Give up a job; one that has ended stays as it is."""
        job = await to_thread.run_sync(self._find, request, identity)
        await self.service.jobs.cancel(job)
        return Response(status_code=204)

    def _find(self, request: Request, identity: str) -> Job:
        job = None
        if _IDENTITY.fullmatch(identity):
            job = self.service.jobs.find(identity, caller_of(request).owner)
        if job is None:
            message = "There is no such job."
            raise NoSuchJob(message)
        return job


def _upload_of(request: Request) -> UploadBuffer:
    upload: UploadBuffer = request.scope["state"]["upload"]
    return upload


def _show(job: Job, base: str) -> JobStatus:
    is_done, is_lost = job.state is JobState.done, job.state is JobState.lost
    problem = describe_failure(_LOST) if is_lost else job.problem
    return JobStatus(
        job_id=job.id,
        state=job.state,
        stage=job.stage,
        progress=job.progress,
        created_at=job.created_at,
        analysis_id=job.analysis if is_done else None,
        analysis_url=f"{base}/analyses/{job.analysis}" if is_done else None,
        problem=None if problem is None else JobProblem.model_validate(problem),
    )


def job_routes(service: Service) -> APIRouter:
    """Return the addresses, with their functions and documentation."""
    settings, jobs = service.settings, JobAddresses(service)
    router = APIRouter(dependencies=keys(settings), responses=closed(settings))
    failures = {
        400: PROBLEMS[400],
        503: PROBLEMS[503],
        **OTHER_PROBLEM,
        **problem_response(404, "no_such_job", "No such job."),
    }
    path = f"{JOBS_PATH}/{{identity}}"
    router.add_api_route(
        path,
        jobs.status,
        methods=["GET"],
        response_model=JobStatus,
        responses=failures,
    )
    router.add_api_route(
        path,
        jobs.cancel,
        methods=["DELETE"],
        status_code=204,
        response_class=Response,
        responses={
            204: {"description": "Given up, or ended before."},
            **failures,
            **closed(settings, changes=True),
        },
    )
    return router
