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

from alzer.web.connections import WatchedProtocol

# Whoever sends or reads less than this in the whole term is as good as silent:
# 4 KiB per second is slower than any modem of this century.
LEAST_BYTES_PER_S: Final = 4096

_EVERY_S: Final = 0.25

# How long a client may be slow once the service is to end.
_ENDING_TERM_S: Final = 1.0

# struct linger: on, for no second (socket(7)).
_NO_LINGER: Final = struct.pack("ii", 1, 0)


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
        """Shorten the term for all clients, since the service is to end."""
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
                with suppress(OSError, ValueError):  # closed in this very moment
                    self._look_at(each, now)

    def _look_at(self, connection: WatchedProtocol, now: float) -> None:
        phase, unsent = connection.phase, connection.unsent
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
