"""Stopping work that nobody wants any more, wherever it is.

Whoever does the work asks `current()` often enough; whoever started it holds the
`Cancellation`. It follows the work into threads that copy the context, as anyio's do.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar


class Cancelled(Exception):
    """The work is not wanted any more."""


class Cancellation:
    """Says whether some work is still wanted; used from any thread."""

    def __init__(self) -> None:
        self._is_cancelled = False

    @property
    def is_cancelled(self) -> bool:
        """Whether the work is not wanted any more."""
        return self._is_cancelled

    def cancel(self) -> None:
        """Give the work up."""
        self._is_cancelled = True

    def check(self) -> None:
        """Check that the work is still wanted.

        Raises:
            Cancelled: It is not.
        """
        if self._is_cancelled:
            raise Cancelled


_CURRENT: ContextVar[Cancellation] = ContextVar("cancellation")


def current() -> Cancellation:
    """Return what says whether the work at hand is wanted; none: it always is."""
    return _CURRENT.get(None) or Cancellation()


@contextmanager
def cancellable(cancellation: Cancellation) -> Iterator[None]:
    """Let `current` return a cancellation for as long as the context lasts.

    Args:
        cancellation: Of the work within.

    Yields:
        Nothing.
    """
    token = _CURRENT.set(cancellation)
    try:
        yield
    finally:
        _CURRENT.reset(token)
