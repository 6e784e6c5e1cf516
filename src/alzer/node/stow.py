"""STOW-RS: what other systems send by HTTP."""

import logging
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from typing import Any, Final

from anyio import CapacityLimiter, WouldBlock, to_thread
from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from alzer.errors import StorageUnavailable, UnsupportedVariant, UnusableScan
from alzer.node.instance import Instance, read_instance

logger = logging.getLogger(__name__)

# Source: PS3.18 section 10.5.3, and the failure reasons of PS3.18 annex I.2.2.
_JSON: Final = "application/dicom+json"
_NO_SUCH_CLASS: Final = 0x0122
_NOT_UNDERSTOOD: Final = 0xC000
_OUT_OF_RESOURCES: Final = 0xA700
_OF_ANOTHER_STUDY: Final = 0xA900

# Tags of the answer. Source: PS3.6.
_FAILED: Final = "00081198"
_STORED: Final = "00081199"
_CLASS: Final = "00081150"
_INSTANCE: Final = "00081155"
_REASON: Final = "00081197"

# Parts of one request: more than a series may have files.
_MOST_PARTS: Final = 5_000

# When a sender may come again.
_RETRY_S: Final = "10"

_BROKEN: Final = "The body is no multipart/related message, or it is cut off."


@dataclass(frozen=True)
class Door:
    """Who may send, and how much.

    Attributes:
        keep: Keeps an object; called in a thread.
        admits: Checks a bearer token, in a thread; None: no token is needed.
        max_bytes: How large an object may be.
        max_requests: How many may send at the same time; each may have one object in
            memory.
    """

    keep: Callable[[Instance], object]
    admits: Callable[[str], bool] | None
    max_bytes: int
    max_requests: int = 32


class _Refused(Exception):
    """The request can't be taken.

    Attributes:
        status: Of the answer.
    """

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


@dataclass
class _Parts:
    """Divides a body of multipart/related into its parts as it comes."""

    max_bytes: int
    done: list[bytes] = field(default_factory=list)
    count: int = 0
    is_whole: bool = False
    _part: bytearray = field(default_factory=bytearray)

    def callbacks(self) -> Any:  # noqa: ANN401 - python-multipart's
        """Return what the parser calls."""
        return {
            "on_part_begin": self._begin,
            "on_part_data": self._add,
            "on_part_end": self._end,
            "on_end": self._finish,
        }

    def _begin(self) -> None:
        self.count += 1
        if self.count > _MOST_PARTS:
            raise _Refused(413, "Too many objects in one request.")
        self._part = bytearray()

    def _add(self, data: bytes, start: int, end: int) -> None:
        self._part += data[start:end]
        if len(self._part) > self.max_bytes:
            raise _Refused(413, "An object is too large.")

    def _end(self) -> None:
        self.done.append(bytes(self._part))
        self._part = bytearray()

    def _finish(self) -> None:
        self.is_whole = True

    def take(self) -> list[bytes]:
        """Return the parts that are complete, each once."""
        taken, self.done = self.done, []
        return taken


@dataclass
class _Outcome:
    """What became of each object of a request."""

    stored: list[Any] = field(default_factory=list)
    failed: list[Any] = field(default_factory=list)

    @property
    def status(self) -> int:
        """Of the answer. Source: PS3.18 table 10.5.3-1."""
        if not self.failed:
            return 200
        return 202 if self.stored else 409

    def as_json(self) -> Any:  # noqa: ANN401 - JSON
        """Return the body of the answer."""
        named = {_STORED: self.stored, _FAILED: self.failed}
        return {tag: {"vr": "SQ", "Value": of} for tag, of in named.items() if of}


def create_app(door: Door) -> Starlette:
    """Make the endpoint.

    Args:
        door: Who may send, and how much.

    Returns:
        The ASGI application.
    """
    places = CapacityLimiter(door.max_requests)

    async def store(request: Request) -> Response:
        try:
            await _admit(request, door)
            with _place(places):
                outcome = await _store(request, door)
        except _Refused as refusal:
            again = {"Retry-After": _RETRY_S} if refusal.status == 503 else None
            return PlainTextResponse(str(refusal), refusal.status, again)
        except ClientDisconnect:
            return Response(status_code=400)
        return JSONResponse(outcome.as_json(), outcome.status, media_type=_JSON)

    async def healthz(_: Request) -> Response:
        return PlainTextResponse("ok")

    paths = ("/studies", "/studies/{study}")
    stores = [Route(path, store, methods=["POST"]) for path in paths]
    return Starlette(routes=[*stores, Route("/healthz", healthz)])


@contextmanager
def _place(places: CapacityLimiter) -> Iterator[None]:
    """Have a place among those who send.

    Raises:
        _Refused: All are taken.
    """
    sender = object()
    try:
        places.acquire_on_behalf_of_nowait(sender)
    except WouldBlock:
        raise _Refused(
            503, "Too many send at the same time. Try again later."
        ) from None
    try:
        yield
    finally:
        places.release_on_behalf_of(sender)


async def _admit(request: Request, door: Door) -> None:
    """Let those in who have a token.

    Raises:
        _Refused: The request has none.
    """
    if door.admits is None:
        return
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    try:
        is_known = scheme.lower() == "bearer" and await to_thread.run_sync(
            door.admits, token.strip()
        )
    except StorageUnavailable as failure:
        raise _Refused(503, failure.message) from failure
    if not is_known:
        raise _Refused(401, "Send a token: Authorization: Bearer ...")


async def _store(request: Request, door: Door) -> _Outcome:
    """Keep the objects of a request, each as soon as it is there.

    Raises:
        _Refused: It holds none, or can't be read.
    """
    outcome = _Outcome()
    study = request.path_params.get("study")
    async for content in _objects(request, door.max_bytes):
        await to_thread.run_sync(_keep, content, study, door, outcome)
    if not outcome.stored and not outcome.failed:
        raise _Refused(400, "The request holds no object.")
    return outcome


async def _objects(request: Request, max_bytes: int) -> AsyncIterator[bytes]:
    parts = _Parts(max_bytes)
    parser = MultipartParser(_boundary(request), parts.callbacks())
    try:
        async for chunk in request.stream():
            parser.write(chunk)
            for content in parts.take():
                yield content
    except MultipartParseError as error:
        raise _Refused(400, _BROKEN) from error
    if not parts.is_whole:
        raise _Refused(400, _BROKEN)


def _boundary(request: Request) -> bytes:
    """Return what divides the parts.

    Raises:
        _Refused: The body is of another type.
    """
    header = Message()
    header["content-type"] = request.headers.get("content-type", "")
    boundary = header.get_param("boundary")
    kind = str(header.get_param("type") or "application/dicom").lower()
    is_dicom = kind == "application/dicom"
    if header.get_content_type() != "multipart/related" or not is_dicom:
        raise _Refused(415, 'Send multipart/related; type="application/dicom".')
    if not isinstance(boundary, str) or not boundary:
        raise _Refused(400, "The type of the body names no boundary.")
    return boundary.encode()


def _keep(content: bytes, study: str | None, door: Door, outcome: _Outcome) -> None:
    try:
        instance = read_instance(content)
    except UnusableScan as refusal:
        is_other = isinstance(refusal, UnsupportedVariant)
        reason = _NO_SUCH_CLASS if is_other else _NOT_UNDERSTOOD
        outcome.failed.append(_item((), reason))
        logger.warning("an object was refused", extra={"code": refusal.code})
        return
    named = (instance.storage, instance.uid)
    if study not in {None, instance.study}:
        outcome.failed.append(_item(named, _OF_ANOTHER_STUDY))
        return
    try:
        door.keep(instance)
    except (StorageUnavailable, UnusableScan) as failure:
        outcome.failed.append(_item(named, _OUT_OF_RESOURCES))
        logger.error("an object could not be kept", extra={"code": failure.code})  # noqa: TRY400 - foreseen
    else:
        outcome.stored.append(_item(named))


def _item(named: Iterable[str], reason: int | None = None) -> Any:  # noqa: ANN401 - JSON
    item: dict[str, Any] = {
        tag: {"vr": "UI", "Value": [uid]}
        for tag, uid in zip((_CLASS, _INSTANCE), named, strict=False)
    }
    if reason is not None:
        item[_REASON] = {"vr": "US", "Value": [reason]}
    return item
