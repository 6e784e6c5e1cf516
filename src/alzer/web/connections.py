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

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

# Whoever sends or reads less than this in the whole term is as good as silent:
# 4 KiB per second is slower than any modem of this century.
LEAST_BYTES_PER_S: Final = 4096

_EVERY_S: Final = 0.5

# struct linger: on, for no second (socket(7)).
_NO_LINGER: Final = struct.pack("ii", 1, 0)


class CountingProtocol(H11Protocol):
    """HTTP/1.1 that counts what it has received."""

    received = 0

    def data_received(self, data: bytes) -> None:
        """Take what a client sends."""
        self.received += len(data)
        super().data_received(data)


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
        self._watched: WeakKeyDictionary[Any, _Watched] = WeakKeyDictionary()

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

    def _look_at(self, connection: CountingProtocol, now: float) -> None:
        phase, unsent = _phase(connection), connection.transport.get_write_buffer_size()
        seen = self._watched.get(connection)
        least = LEAST_BYTES_PER_S * self._term_s
        if seen is None or seen.phase != phase or phase == "working":
            self._note(connection, phase, now, unsent)
        elif phase == "sending":
            # What is added to the buffer meanwhile is no progress of the reader.
            if seen.unsent - unsent >= least:
                self._note(connection, phase, now, unsent)
        elif phase == "body" and connection.received - seen.received >= least:
            self._note(connection, phase, now, unsent)
        seen = self._watched[connection]
        if phase != "idle" and now - seen.since >= self._term_s:
            with suppress(KeyError):
                del self._watched[connection]
            _drop(connection.transport)

    def _note(
        self, connection: CountingProtocol, phase: str, now: float, unsent: int
    ) -> None:
        self._watched[connection] = _Watched(phase, now, connection.received, unsent)


def _drop(transport: asyncio.Transport) -> None:
    """Close at once, and let the system forget what was not sent yet."""
    raw = transport.get_extra_info("socket")
    if raw is not None:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
    transport.abort()


def _phase(connection: CountingProtocol) -> str:
    """Name what a connection is waiting for."""
    if connection.transport.get_write_buffer_size() > 0:
        return "sending"
    state = connection.conn.their_state
    if state is h11.SEND_BODY:
        return "body"
    if state is h11.IDLE:
        # Between two requests the server's own keep-alive term runs.
        is_fresh = connection.received == 0
        return "head" if is_fresh or connection.conn.trailing_data[0] else "idle"
    return "working"
