"""Connections in which nothing grows, that tell how far they are."""

import asyncio
import fcntl
import re
import resource
import sys
import termios
import time
from contextlib import suppress
from typing import Any, Final

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from alzer.errors import InvalidRequest
from alzer.web.accounts import RawHeaders
from alzer.web.admission import AdmissionControl
from alzer.web.exception_handlers import answer_failure
from alzer.web.middleware import RAW_SECURITY_HEADERS

# Browsers ask for one thing at a time over HTTP/1.1; what comes beyond is a flood.
MOST_PIPELINED: Final = 16

# Headers by which more is asked for than an answer: the application sees to that.
_UNUSUAL: Final = frozenset({b"origin", b"expect"})

# Who offers another protocol is answered in this one (RFC 9110, section 7.8); the
# parser would leave out the body. Java's client offers HTTP/2 with every request.
_OFFER: Final = re.compile(rb"\r\nupgrade(?=[ \t]*:)", re.IGNORECASE)

_MALFORMED: Final = answer_failure(
    InvalidRequest("The request is not valid HTTP/1.1, or its head is too large.")
)

# Files that this process asks to be allowed to open, and those of its own: the
# database, heatmaps, decoding processes, the log.
_MOST_FILES: Final = 65_536
_OWN_FILES: Final = 200


class WatchedProtocol(HttpToolsProtocol):
    """HTTP/1.1 in which nothing unfinished grows, and that tells how far it is.

    The parser keeps what it has of a header; heads, trailers and whatever else is
    not the body are therefore limited to `h11_max_incomplete_event_size` bytes,
    to which at most what one read brings is added. Likewise a client may send
    `MOST_PIPELINED` requests before their turn; the next one ends the connection.

    Args:
        config: How to serve.
        rest: As uvicorn gives it.
        admission: Says whom to turn away before anything is made for a request;
            None: nobody.
        max_connections: How many there may be; more are closed at once.
        others: As uvicorn gives it.
    """

    def __init__(
        self,
        config: Config,
        *rest: Any,  # noqa: ANN401 - uvicorn's own
        admission: AdmissionControl | None = None,
        max_connections: int | None = None,
        **others: Any,  # noqa: ANN401 - likewise
    ) -> None:
        super().__init__(config, *rest, **others)
        self._admission = admission
        self._max_connections = max_connections
        self._is_turned_away = False
        self.received = 0
        self._limit = config.h11_max_incomplete_event_size or 65536
        self._unfinished = 0
        self._head = 0
        self._reading = "head"

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's
        """Take a client, unless there are too many."""
        super().connection_made(transport)
        most = self._max_connections
        if most is not None and len(self.connections) > most:
            transport.abort()

    def data_received(self, data: bytes) -> None:
        """Take what a client sends."""
        self.received += len(data)
        self._unfinished += len(data)
        if self._reading != "body":
            head, end, rest = data.partition(b"\r\n\r\n")
            data = _OFFER.sub(b"\r\nx-upgrade", head) + end + rest
        super().data_received(data)
        if self._unfinished > self._limit and not self.transport.is_closing():
            self.send_400_response("Invalid HTTP request received.")

    def _unsupported_upgrade_warning(self) -> None:
        # An offer that came in pieces: what follows was not parsed.
        if self.cycle is not None:
            self.cycle.keep_alive = False

    def on_message_begin(self) -> None:
        """Take the first byte of a request.

        Raises:
            ValueError: Too many wait before it.
        """
        if len(self.pipeline) >= MOST_PIPELINED:
            message = "Too many requests wait for their turn."
            raise ValueError(message)  # the parser makes it an answer 400
        self._reading, self._head, self._is_turned_away = "head", 0, False
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        """Take a part of the address."""
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header, or a trailer."""
        self._count(len(name) + len(value) + 4)
        self._unfinished = 0
        super().on_header(name, value)

    def _count(self, count: int) -> None:
        self._head += count
        if self._head > self._limit:
            message = "The head of the request is too large."
            raise ValueError(message)  # the parser makes it an answer 400

    def on_headers_complete(self) -> None:
        """Take the end of a head.

        Raises:
            ValueError: It names no host, or several.
        """
        self._reading, self._unfinished = "body", 0
        hosts = sum(name == b"host" for name, _ in self.headers)
        # Source: RFC 9112, section 3.2.
        if hosts > 1 or (hosts < 1 and self.parser.get_http_version() == "1.1"):
            message = "The request does not name one host."
            raise ValueError(message)  # the parser makes it an answer 400
        if self._admission is not None and self._is_ordinary():
            started = time.perf_counter()
            path = self.url.partition(b"?")[0].decode("ascii", "replace")
            method = self.parser.get_method().decode("ascii", "replace")
            if self._admission.refuses(method, path, self.headers, self.client):
                self._turn_away(*self._admission.turn_away(path, started))
                return
        super().on_headers_complete()

    def _is_ordinary(self) -> bool:
        """Return whether nothing but status, headers and body makes up an answer."""
        told = {name for name, _ in self.headers}
        return (
            not self._is_answering
            and not self.pipeline
            and not self.flow.write_paused
            and self.parser.get_http_version() == "1.1"
            and self.parser.should_keep_alive()
            and told.isdisjoint(_UNUSUAL)
        )

    def _turn_away(self, headers: RawHeaders, body: bytes) -> None:
        self._is_turned_away = True
        # What the application adds where no origin is named.
        self._write(503, [*headers, (b"vary", b"Origin")], body)
        self.on_response_complete()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn's sentence
        """Answer what is no HTTP like any other failure, and end the connection.

        Args:
            msg: Not for clients: it is about the parser.
        """
        headers = [*_MALFORMED.raw_headers, *RAW_SECURITY_HEADERS]
        self._write(400, [*headers, (b"connection", b"close")], bytes(_MALFORMED.body))
        self.transport.close()

    def _write(self, status: int, headers: RawHeaders, body: bytes) -> None:
        answer = [STATUS_LINE[status]]
        for name, value in (*self.server_state.default_headers, *headers):
            answer += (name, b": ", value, b"\r\n")
        self.transport.write(b"".join((*answer, b"\r\n", body)))

    def on_body(self, body: bytes) -> None:
        """Take a part of a body."""
        self._unfinished = 0
        if not self._is_turned_away:
            super().on_body(body)

    def on_message_complete(self) -> None:
        """Take the end of a request."""
        self._reading, self._unfinished = "nothing", 0
        if not self._is_turned_away:
            super().on_message_complete()
        if not self._is_answering and not self.transport.is_closing():
            # Answered before its end: what came since has stopped the clock of
            # the time that a connection is kept.
            self._unset_keepalive_if_required()
            self.timeout_keep_alive_task = self.loop.call_later(
                self.timeout_keep_alive, self.timeout_keep_alive_handler
            )

    @property
    def _is_answering(self) -> bool:
        # There is no cycle before the first request.
        return not getattr(self.cycle, "response_complete", True)

    @property
    def unsent(self) -> int:
        """Bytes that the client has not taken: ours, and those the system holds."""
        raw = self.transport.get_extra_info("socket")
        held = bytes(4)
        if raw is not None:
            # No such thing for this kind of socket, or it is closed already.
            with suppress(OSError, ValueError):
                held = fcntl.ioctl(raw.fileno(), termios.TIOCOUTQ, held)
        return self.transport.get_write_buffer_size() + int.from_bytes(
            held, sys.byteorder
        )

    @property
    def phase(self) -> str:
        """What the connection waits for: head, body, working, sending or idle."""
        if self.unsent > 0:
            return "sending"
        if self.pipeline or (self._is_answering and not self.cycle.more_body):
            return "working"
        # Between two requests the server's own keep-alive term runs.
        return "idle" if self._reading == "nothing" else self._reading


def room_for_connections() -> int:
    """Let this process open as many files as it may, and say how many can be clients.

    Returns:
        The limit of open files, without those that the service itself needs.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, _MOST_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        soft = wanted
    if soft == resource.RLIM_INFINITY:
        soft = wanted
    return max(1, soft - min(_OWN_FILES, soft // 2))
