"""The files of a form, kept in memory and never written to disk."""

from dataclasses import dataclass
from typing import Final

import anyio
from fastapi import Request
from python_multipart.multipart import parse_options_header
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect

from alzer.backends.backend import ClientDisconnected
from alzer.errors import InvalidRequest, TooManyBytes
from alzer.scans.reading import File
from alzer.settings import Settings
from alzer.web.reference_text import REFERENCE_RULE, clean_reference

# Room for boundaries, part headers and a few small fields besides the files, so
# that a file of exactly the limit passes.
FORM_OVERHEAD_BYTES: Final = 64 * 1024

# A slow sender holds a place in the queue; the server itself sets no limit.
READ_TIMEOUT_S: Final = 120.0

_EXPECTED: Final = (
    "Send the image as multipart/form-data in one part named 'file', or the files of "
    "one scan in a part each."
)


class _InMemory(MultiPartParser):
    spool_max_size = 0  # none: images of people do not belong in a temporary folder


@dataclass(frozen=True)
class Upload:
    """What a form holds.

    Attributes:
        files: All files of the scan; at least one.
        series: Which of several series in them is meant, if the form says so.
        reference: What people call the analysis by, likewise.
    """

    files: tuple[File, ...]
    series: str | None = None
    reference: str | None = None


async def read_upload(request: Request, settings: Settings) -> Upload:
    """Read the files of a multipart form: one, or all of one scan.

    Args:
        request: Its body has not been read yet.
        settings: How large they may be together, and how many fields there may be
            besides.

    Returns:
        The files.

    Raises:
        InvalidRequest: The body is no such form, has no such part or too many, or did
            not arrive in time.
        ClientDisconnected: The sender has gone.
        TooManyBytes: The files are larger than allowed.
    """
    try:
        with anyio.fail_after(READ_TIMEOUT_S):
            form = await _read_form(request, settings)
    except TimeoutError as error:
        message = "The upload took too long. Send it again."
        raise InvalidRequest(message) from error
    try:
        files = await _files_of(form, settings.max_upload_bytes)
    finally:
        await form.close()
    return Upload(files, _text_of(form, "series"), _reference_of(form))


async def _read_form(request: Request, settings: Settings) -> FormData:
    kind, _ = parse_options_header(request.headers.get("content-type"))
    if kind != b"multipart/form-data":
        message = f"The request holds no form. {_EXPECTED}"
        raise InvalidRequest(message)
    most = settings.max_scan_files
    parser = _InMemory(
        request.headers,
        request.stream(),
        max_files=most,
        max_fields=settings.max_form_parts,
    )
    try:
        return await parser.parse()
    # A ValueError: the form names a character set that there isn't, or breaks it.
    except (MultiPartException, ValueError, LookupError) as error:
        message = (
            f"The form could not be read, or has more than {most} files. {_EXPECTED}"
        )
        raise InvalidRequest(message) from error
    except ClientDisconnect as error:
        raise ClientDisconnected from error


def _text_of(form: FormData, name: str) -> str | None:
    chosen = form.getlist(name)
    if len(chosen) > 1 or not all(isinstance(each, str) for each in chosen):
        message = f"The form has '{name}' more than once, or as a file. Send one."
        raise InvalidRequest(message)
    text = next((each for each in chosen if isinstance(each, str)), "")
    return text.strip() or None  # forms send empty fields, too


def _reference_of(form: FormData) -> str | None:
    text = _text_of(form, "reference")
    try:
        return None if text is None else clean_reference(text)
    except ValueError as error:
        raise InvalidRequest(REFERENCE_RULE) from error


async def _files_of(form: FormData, max_bytes: int) -> tuple[File, ...]:
    parts = [part for name in ("file", "files") for part in form.getlist(name)]
    uploads = [part for part in parts if isinstance(part, UploadFile)]
    if not uploads or len(uploads) < len(parts):
        message = f"The form has no file in a part 'file'. {_EXPECTED}"
        raise InvalidRequest(message)
    if sum(upload.size or 0 for upload in uploads) > max_bytes:
        raise TooManyBytes(too_large(max_bytes))
    files = []
    for upload in uploads:
        files.append(File(await upload.read(), upload.filename or ""))
        await upload.close()  # each is held twice for a moment only
    return tuple(files)


def too_large(max_bytes: int) -> str:
    """Return how large an upload may be, for a person."""
    return (
        f"The file is larger than the limit of {max_bytes / 2**20:.4g} MiB. "
        "Send one scan of a head, such as its series as a zip archive."
    )
