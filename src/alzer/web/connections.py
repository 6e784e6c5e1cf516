"""Closing the connections of clients that keep the service waiting."""

import asyncio
import socket
import struct
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final
from weakref import WeakKeyDictionary

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

# Whoever sends or reads less than this in the whole term is as good as silent:
# 4 KiB per second is slower than any modem of this century.
LEAST_BYTES_PER_S: Final = 4096

# Browsers ask for one thing at a time over HTTP/1.1; what comes beyond is a flood.
MOST_PIPELINED: Final = 16

_EVERY_S: Final = 0.25

# How long a client may be slow once the service is to end.
_ENDING_TERM_S: Final = 1.0

# struct linger: on, for no second (socket(7)).
_NO_LINGER: Final = struct.pack("ii", 1, 0)


class WatchedProtocol(HttpToolsProtocol):
    """HTTP/1.1 in which nothing unfinished grows, and that tells how far it is.

    The parser keeps what it has of a header; heads, trailers and whatever else is
    not the body are therefore limited to `h11_max_incomplete_event_size` bytes,
    to which at most what one read brings is added. Likewise a client may send
    `MOST_PIPELINED` requests before their turn; the next one ends the connection.
    """

    def __init__(self, config: Config, *rest: Any, **others: Any) -> None:  # noqa: ANN401
        super().__init__(config, *rest, **others)
        self.received = 0
        self._limit = config.h11_max_incomplete_event_size or 65536
        self._unfinished = 0
        self._head = 0
        self._reading = "head"

    def data_received(self, data: bytes) -> None:
        """Take what a client sends."""
        self.received += len(data)
        self._unfinished += len(data)
        super().data_received(data)
        if self._unfinished > self._limit and not self.transport.is_closing():
            self.send_400_response("Invalid HTTP request received.")

    def on_message_begin(self) -> None:
        """Take the first byte of a request.

        Raises:
            ValueError: Too many wait before it.
        """
        if len(self.pipeline) >= MOST_PIPELINED:
            message = "Too many requests wait for their turn."
            raise ValueError(message)  # the parser makes it an answer 400
        self._reading, self._head = "head", 0
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
        """Take the end of a head."""
        self._reading, self._unfinished = "body", 0
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Take a part of a body."""
        self._unfinished = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Take the end of a request."""
        self._reading, self._unfinished = "nothing", 0
        super().on_message_complete()

    @property
    def phase(self) -> str:
        """What the connection waits for: head, body, working, sending or idle."""
        if self.transport.get_write_buffer_size() > 0:
            return "sending"
        # There is no cycle before the first request.
        answering = not getattr(self.cycle, "response_complete", True)
        if self.pipeline or (answering and not self.cycle.more_body):
            return "working"
        # Between two requests the server's own keep-alive term runs.
        return "idle" if self._reading == "nothing" else self._reading


@dataclass
class _Watched:
    """What a connection did when it was last seen to do enough."""

    phase: str
    since: float
    received: int
    unsent: int


class SlowClients:
    """Watches connections, and closes those whose client does too little.

    Args:
        term_s: How long a client may take to send the head of a request, or may
            send or read hardly anything.
    """

    def __init__(self, term_s: float) -> None:
        self._term_s = term_s
        self._least_bytes = LEAST_BYTES_PER_S * term_s
        self._watched: WeakKeyDictionary[Any, _Watched] = WeakKeyDictionary()

    def hurry(self) -> None:
        """Have hardly any patience from now on: the service is to end."""
        self._term_s = min(self._term_s, _ENDING_TERM_S)
        self._least_bytes = LEAST_BYTES_PER_S * self._term_s

    async def watch(self, connections: Iterable[Any]) -> None:
        """Watch until cancelled.

        Args:
            connections: Those of a server; they come and go.
        """
        while True:
            await asyncio.sleep(_EVERY_S)
            now = time.monotonic()
            for each in list(connections):
                self._look_at(each, now)

    def _look_at(self, connection: WatchedProtocol, now: float) -> None:
        phase, unsent = connection.phase, connection.transport.get_write_buffer_size()
        seen = self._watched.get(connection)
        if seen is None or seen.phase != phase or phase == "working":
            self._note(connection, phase, now, unsent)
        elif phase == "sending":
            # What is added to the buffer meanwhile is no progress of the reader.
            if seen.unsent - unsent >= self._least_bytes:
                self._note(connection, phase, now, unsent)
        elif (
            phase == "body" and connection.received - seen.received >= self._least_bytes
        ):
            self._note(connection, phase, now, unsent)
        seen = self._watched[connection]
        # At the next look the term would be over.
        if phase != "idle" and now - seen.since >= self._term_s - _EVERY_S:
            with suppress(KeyError):
                del self._watched[connection]
            _drop(connection.transport)

    def _note(
        self, connection: WatchedProtocol, phase: str, now: float, unsent: int
    ) -> None:
        self._watched[connection] = _Watched(phase, now, connection.received, unsent)


def _drop(transport: asyncio.Transport) -> None:
    """Close at once, and let the system forget what was not sent yet."""
    raw = transport.get_extra_info("socket")
    if raw is not None:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
    transport.abort()
