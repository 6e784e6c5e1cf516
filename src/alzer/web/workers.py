"""Threads for the work of a request, and a bounded queue before them."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, TypeVar

from anyio import CapacityLimiter, create_task_group, to_thread
from fastapi import Request

from alzer.errors import Overloaded

Result = TypeVar("Result")


class Left(Exception):
    """Whoever asked has gone; nobody waits for an answer."""


def usable_cores() -> int:
    """Count the cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class Workers:
    """A few threads, and a limited number of requests that wait for one.

    Files that another process decodes are waited for in threads of their own: some
    that take long do not keep the others from being answered.

    Used from the event loop's thread alone, so that counting needs no lock.

    Args:
        threads: Requests that are worked on at the same time; one more can wait for
            another process besides.
        max_waiting: Requests that may wait besides.
    """

    FULL: Final = "Too many requests are waiting already. Try again in a moment."

    def __init__(self, threads: int, max_waiting: int) -> None:
        self._here = CapacityLimiter(threads)
        self._elsewhere = CapacityLimiter(threads + 1)
        self._places = threads + max_waiting
        self._taken = 0

    @property
    def taken(self) -> int:
        """Requests that are worked on or wait."""
        return self._taken

    @property
    def are_full(self) -> bool:
        """Whether all places are taken."""
        return self._taken >= self._places

    def check(self) -> None:
        """Make sure that a place is free now.

        Raises:
            Overloaded: All places are taken.
        """
        if self.are_full:
            raise Overloaded(self.FULL)

    @contextmanager
    def place(self) -> Iterator[None]:
        """Hold one of the places for as long as the context lasts.

        Yields:
            Nothing; the place is the context's.
        """
        self.check()
        self._taken += 1
        try:
            yield
        finally:
            self._taken -= 1

    async def run_for(
        self, request: Request, work: Callable[[], Result], *, elsewhere: bool = False
    ) -> Result:
        """Do the work of a request, unless its sender leaves before it begins.

        Args:
            request: Its body has been read.
            work: What to do; what it raises is raised.
            elsewhere: Whether it is another process that does it.

        Returns:
            What the work gives.

        Raises:
            Left: The sender has gone.
        """
        limiter = self._elsewhere if elsewhere else self._here
        if limiter.available_tokens >= 1:
            return await to_thread.run_sync(work, limiter=limiter)
        results: list[Result] = []
        try:
            async with create_task_group() as tasks:

                async def do() -> None:
                    results.append(await to_thread.run_sync(work, limiter=limiter))
                    tasks.cancel_scope.cancel()

                tasks.start_soon(do)
                while (await request.receive())["type"] != "http.disconnect":
                    pass
                tasks.cancel_scope.cancel()
        except ExceptionGroup as group:
            raise group.exceptions[0] from None  # what the work raised
        if not results:
            raise Left
        return results[0]
