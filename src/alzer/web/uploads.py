"""The one file part of a form, kept in memory and never written to disk."""

from typing import Final

import anyio
from fastapi import Request
from python_multipart.multipart import parse_options_header
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect

from alzer.backends.backend import ClientDisconnected
from alzer.errors import InvalidRequest, TooManyBytes
from alzer.settings import Settings

# Room for boundaries, part headers and a few small fields besides the file, so
# that a file of exactly the limit passes.
FORM_OVERHEAD_BYTES: Final = 64 * 1024

# A slow sender holds a place in the queue; the server itself sets no limit.
READ_TIMEOUT_S: Final = 120.0

_EXPECTED = "Send the image as multipart/form-data in one part named 'file'."


class _InMemory(MultiPartParser):
    spool_max_size = 0  # none: images of people do not belong in a temporary folder


async def read_file_part(request: Request, settings: Settings) -> bytes:
    """Read the part named `file` of a multipart form.

    Args:
        request: Its body has not been read yet.
        settings: Largest file, and how many parts there may be besides.

    Returns:
        The file's content.

    Raises:
        InvalidRequest: The body is no such form, has not exactly one such part,
            or did not arrive in time.
        ClientDisconnected: The sender has gone.
        TooManyBytes: The file is larger than allowed.
    """
    try:
        with anyio.fail_after(READ_TIMEOUT_S):
            form = await _read_form(request, settings.max_form_parts)
    except TimeoutError as error:
        message = "The upload took too long. Send it again."
        raise InvalidRequest(message) from error
    try:
        return await _only_file(form, settings.max_upload_bytes)
    finally:
        await form.close()


async def _read_form(request: Request, max_parts: int) -> FormData:
    kind, _ = parse_options_header(request.headers.get("content-type"))
    if kind != b"multipart/form-data":
        message = f"The request holds no form. {_EXPECTED}"
        raise InvalidRequest(message)
    try:
        return await _InMemory(
            request.headers, request.stream(), max_files=2, max_fields=max_parts
        ).parse()
    # A ValueError: the form names a character set that there isn't, or breaks it.
    except (MultiPartException, ValueError, LookupError) as error:
        message = f"The form could not be read. {_EXPECTED}"
        raise InvalidRequest(message) from error
    except ClientDisconnect as error:
        raise ClientDisconnected from error


async def _only_file(form: FormData, max_bytes: int) -> bytes:
    parts = form.getlist("file")
    if len(parts) > 1:
        message = f"The form has several parts named 'file'. {_EXPECTED}"
        raise InvalidRequest(message)
    if not parts or not isinstance(parts[0], UploadFile):
        message = f"The form has no file in a part 'file'. {_EXPECTED}"
        raise InvalidRequest(message)
    if (parts[0].size or 0) > max_bytes:
        raise TooManyBytes(too_large(max_bytes))
    return await parts[0].read()


def too_large(max_bytes: int) -> str:
    """Return how large a file may be, for a person."""
    return (
        f"The file is larger than the limit of {max_bytes / 2**20:.4g} MiB. "
        "Send one slice, or save it with compression."
    )
