"""Connections of STOW-RS, which end once their client is silent."""

import asyncio
from typing import Any

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol


class TimeoutProtocol(HttpToolsProtocol):
    """HTTP/1.1 that does not wait for ever for a client to go on.

    Args:
        config: How to serve.
        rest: As uvicorn gives it.
        silence_s: How long a client may send nothing while it is waited for.
        most: How many connections there may be; for one more, the one that has been
            silent for the longest is closed.
        others: As uvicorn gives it.

    Attributes:
        heard_at: When the client has sent something last, by the loop's clock.
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
        self._timer: asyncio.TimerHandle | None = None
        self.heard_at = 0.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's
        """Take a client, and make room for it."""
        super().connection_made(transport)
        self._wait()
        others = [
            one
            for one in self.connections
            if isinstance(one, TimeoutProtocol) and one is not self
        ]
        if len(others) >= self._most:
            min(others, key=lambda one: (one.is_answering, one.heard_at)).close()

    def data_received(self, data: bytes) -> None:
        """Take what a client sends."""
        self._wait()
        super().data_received(data)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget a client."""
        self._stop()
        super().connection_lost(exc)

    @property
    def is_answering(self) -> bool:
        """Whether it is we who are waited for."""
        # There is no cycle before the first request.
        is_open = not getattr(self.cycle, "response_complete", True)
        return self.flow.read_paused or (
            is_open
            and not self.flow.write_paused
            and (self.cycle.waiting_for_100_continue or not self.cycle.more_body)
        )

    def close(self) -> None:
        """End the connection at once."""
        self._stop()
        self.connections.discard(self)
        self.transport.abort()

    def _wait(self) -> None:
        self._stop()
        self.heard_at = self.loop.time()
        self._timer = self.loop.call_later(self._silence_s, self._look)

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def _look(self) -> None:
        if self.is_answering:
            self._timer = self.loop.call_later(self._silence_s, self._look)
        else:
            self.close()
