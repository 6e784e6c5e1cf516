"""Connections of STOW-RS that are closed once their client is silent."""

import asyncio
from typing import Any

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol


class ImpatientProtocol(HttpToolsProtocol):
    """HTTP/1.1 that does not wait for ever for a client to go on.

    Args:
        config: How to serve.
        rest: As uvicorn gives it.
        silence_s: How long a client may send nothing while it is waited for.
        most: How many connections there may be; more are closed at once.
        others: As uvicorn gives it.
    """

    def __init__(
        self,
        config: Config,
        *rest: Any,  # noqa: ANN401 - uvicorn's own
        silence_s: float,
        most: int,
        **others: Any,  # noqa: ANN401 - likewise
    ) -> None:
        super().__init__(config, *rest, **others)
        self._silence_s = silence_s
        self._most = most
        self._patience: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's
        """Take a client, unless there are too many."""
        super().connection_made(transport)
        if len(self.connections) > self._most:
            transport.abort()
        else:
            self._wait()

    def data_received(self, data: bytes) -> None:
        """Take what a client sends."""
        self._wait()
        super().data_received(data)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget a client."""
        self._stop()
        super().connection_lost(exc)

    def _wait(self) -> None:
        self._stop()
        self._patience = self.loop.call_later(self._silence_s, self._hang_up)

    def _stop(self) -> None:
        if self._patience is not None:
            self._patience.cancel()

    def _hang_up(self) -> None:
        """Close, unless it is we who are slow: then the client is to wait."""
        cycle = self.cycle
        is_ours = self.flow.read_paused or (
            cycle is not None and not cycle.response_complete and not cycle.more_body
        )
        if is_ours:
            self._wait()
        else:
            self.transport.abort()
