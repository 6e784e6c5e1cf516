"""Stopping work that nobody wants any more, wherever it waits.

Whoever does the work asks `current()`; whoever started it holds the `Cancellation`. It
follows the work into threads that copy the context, as anyio's do.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar


class Cancelled(Exception):
    """The work is not wanted any more."""


class Cancellation:
    """Says whether some work is still wanted; used from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._is_cancelled = False
        self._interrupts: list[Callable[[], object]] = []

    @property
    def is_cancelled(self) -> bool:
        """Whether the work is not wanted any more."""
        return self._is_cancelled

    def cancel(self) -> None:
        """Give the work up, and interrupt whatever it waits for."""
        with self._lock:
            self._is_cancelled = True
            interrupts = list(self._interrupts)
        for interrupt in interrupts:
            interrupt()

    def check(self) -> None:
        """Check that the work is still wanted.

        Raises:
            Cancelled: It is not.
        """
        if self._is_cancelled:
            raise Cancelled

    @contextmanager
    def interrupting(self, interrupt: Callable[[], object]) -> Iterator[None]:
        """Have something called if the work is given up while the context lasts.

        Args:
            interrupt: Ends what is waited for; from another thread, at most once.

        Yields:
            Nothing.

        Raises:
            Cancelled: The work was given up before.
        """
        with self._lock:
            self.check()
            self._interrupts.append(interrupt)
        try:
            yield
        finally:
            with self._lock:
                self._interrupts.remove(interrupt)


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
