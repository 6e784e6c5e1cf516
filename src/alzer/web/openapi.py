"""What the OpenAPI document says of answers, beside their types."""

from typing import Any, Final

from fastapi import Security
from fastapi.params import Depends
from fastapi.security import APIKeyCookie, HTTPBearer

from alzer.settings import Settings
from alzer.web.access import (
    CSRF_HEADER,
    FORGED,
    SESSION_COOKIE,
    SIGN_IN,
    TOO_MANY_GUESSES,
)
from alzer.web.exception_handlers import RETRY_AFTER_S
from alzer.web.reference_text import LONGEST_REFERENCE
from alzer.web.schemas import Problem

Responses = dict[int | str, dict[str, Any]]

_EXAMPLES: Final = {
    "not_an_image": "The file is a PDF document. Export the image in it as PNG, or ask "
    "for the scan's DICOM file.",
    "not_found": "There is nothing at this address.",
    "no_such_analysis": "There is no such analysis.",
    "no_evidence": "Of this analysis no evidence is kept.",
    "no_such_job": "There is no such job.",
    "no_such_model": "No model of that name answers here.",
    "too_many_bytes": "The file is larger than the limit of 100 MiB. Send one scan of "
    "a head, such as its series as a zip archive.",
    "overloaded": "Too many requests are waiting already. Try again in a moment.",
    "not_signed_in": SIGN_IN,
    "too_many_guesses": TOO_MANY_GUESSES,
    "forged": FORGED,
}

# They describe what `access.AuthMiddleware` sees to, and refuse nobody themselves.
_TOKEN: Final = HTTPBearer(
    scheme_name="token", description="Made by `alzer tokens create`.", auto_error=False
)
_SESSION: Final = APIKeyCookie(
    name=SESSION_COOKIE,
    scheme_name="session",
    description="Of a browser that signed in at `/login`; whatever changes something "
    f"needs the header `{CSRF_HEADER}` besides.",
    auto_error=False,
)


def problem_response(status: int, code: str, meaning: str) -> Responses:
    """Describe a failure, with an example."""
    example = {"detail": _EXAMPLES[code], "code": code}
    content = {"application/json": {"example": example}}
    return {status: {"model": Problem, "description": meaning, "content": content}}


def keys(settings: Settings) -> list[Depends]:
    """Describe by what one is let in; nothing where nobody needs anything."""
    return [Security(_TOKEN), Security(_SESSION)] if settings.needs_token else []


def closed(settings: Settings, *, changes: bool = False) -> Responses:
    """Describe how those are refused who have no key.

    Args:
        settings: Whether one is needed.
        changes: Whether the request changes something, so that its origin matters.

    Returns:
        The failures by status.
    """
    if not settings.needs_token:
        return {}
    refusals = problem_response(401, "not_signed_in", "Without a valid token.")
    refusals |= problem_response(
        429, "too_many_guesses", "After too many tokens that are not valid."
    )
    if changes:
        refusals |= problem_response(403, "forged", "Not by this service's own page.")
    return refusals


def picture_response(meaning: str) -> Responses:
    """Describe an answer that is a PNG."""
    return {200: {"description": meaning, "content": {"image/png": {}}}}


OTHER_PROBLEM: Final[Responses] = {
    "default": {"model": Problem, "description": "Any other failure, alike in form."}
}

PROBLEMS: Final[Responses] = {
    **problem_response(400, "not_an_image", "The request or its file can't be used."),
    **problem_response(413, "too_many_bytes", "The file is over the limit."),
    **problem_response(503, "overloaded", "Too many requests wait already."),
    **OTHER_PROBLEM,
}
PROBLEMS[503]["headers"] = {
    "Retry-After": {
        "description": f"Seconds to wait: {RETRY_AFTER_S}.",
        "schema": {"type": "integer"},
    }
}

FILE_PART: Final = {
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
                            "description": "One slice of a brain MRI. The files of "
                            "one scan come in a part each, of this name or `files`.",
                        },
                        "series": {
                            "type": "string",
                            "description": "Which of several series is meant.",
                        },
                        "reference": {
                            "type": "string",
                            "description": "What people call the analysis by, at most "
                            f"{LONGEST_REFERENCE} characters; never a name.",
                        },
                    },
                }
            }
        },
    }
}

PREFER: Final = {
    "name": "Prefer",
    "in": "header",
    "required": False,
    "schema": {"type": "string"},
    "description": "`respond-async`: answer at once with a job.",
    "example": "respond-async",
}
