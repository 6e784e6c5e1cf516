"""Connections to PostgreSQL that close on a server which says nothing."""

import math
import time
from collections.abc import Generator
from typing import Any, Final, TypeVar

from psycopg import Connection, OperationalError
from psycopg.abc import PQGen

_Result = TypeVar("_Result")

# The server itself ends statements after 1.8 s, and then says so.
_TIMEOUT_S: Final = 3.0


class TimeoutConnection(Connection[Any]):
    """A connection whose waits end, also where the server is there but halted.

    The operating system of a halted server still answers for it, so that neither
    `tcp_user_timeout` nor keepalives notice.
    """

    timeout_s = _TIMEOUT_S

    def lift_time_limit(self) -> None:
        """Wait for ever from now on: for what may take long."""
        self.timeout_s = math.inf

    def wait(self, gen: PQGen[_Result], *rest: Any, **options: Any) -> _Result:  # noqa: ANN401 - as psycopg has them
        """Wait for the server, but not for ever.

        Args:
            gen: What psycopg waits for.
            *rest: For psycopg.
            **options: Likewise.

        Returns:
            What the server said.

        Raises:
            OperationalError: If it says nothing; the connection is closed.
        """
        try:
            limited = _until(gen, time.monotonic() + self.timeout_s)
            return super().wait(limited, *rest, **options)
        except _Silent as error:
            self.pgconn.finish()  # what it would say now belongs to this question
            message = "the server is silent"
            raise OperationalError(message) from error


class _Silent(Exception):
    pass


def _until(gen: PQGen[_Result], end: float) -> Generator[Any, Any, _Result]:
    """Pass on what psycopg waits for; it comes by ten times a second.

    Raises:
        _Silent: If nothing has come by then.
    """
    try:
        wanted = next(gen)
        while True:
            ready = yield wanted
            if not ready and time.monotonic() > end:
                raise _Silent
            wanted = gen.send(ready)
    except StopIteration as result:
        value: _Result = result.value
        return value
