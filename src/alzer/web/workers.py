"""Threads for the work of a request, and a bounded queue before them."""

import os
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Final, TypeVar

from anyio import CapacityLimiter, create_task_group, to_thread
from fastapi import Request

from alzer.errors import Overloaded

Result = TypeVar("Result")


class ClientDisconnected(Exception):
    """Whoever asked has gone; nobody waits for an answer."""


def usable_cores() -> int:
    """Count the cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class Workers:
    """A few threads, and a limited number of requests that wait for one.

    Files that another process reads are waited for in threads of their own, and may
    take three of four places: some that take long keep no others from being answered.

    Used from the event loop's thread alone, so that counting needs no lock.

    Args:
        threads: Requests that are worked on at the same time; as many can wait for
            another process besides.
        max_waiting: Requests that may wait besides.
    """

    FULL: Final = "Too many requests are waiting already. Try again in a moment."

    def __init__(self, threads: int, max_waiting: int) -> None:
        self._threads = threads
        self._here = CapacityLimiter(threads)
        self._elsewhere = CapacityLimiter(threads)
        self._readers = CapacityLimiter(threads)
        self._places = threads + max_waiting
        self._taken = self._taken_elsewhere = 0

    @property
    def taken(self) -> int:
        """Requests that are worked on or wait."""
        return self._taken

    @property
    def are_full(self) -> bool:
        """Whether all places are taken."""
        return self._taken >= self._places

    @contextmanager
    def place(self, *, elsewhere: bool = False) -> Iterator[None]:
        """Hold one of the places for as long as the context lasts.

        Args:
            elsewhere: Whether another process reads the file.

        Yields:
            Nothing; the place is the context's.

        Raises:
            Overloaded: All places are taken, or all that such files may take.
        """
        most = self._places - self._places // 4
        if self.are_full or (elsewhere and self._taken_elsewhere >= most):
            raise Overloaded(self.FULL)
        self._taken += 1
        self._taken_elsewhere += elsewhere
        try:
            yield
        finally:
            self._taken -= 1
            self._taken_elsewhere -= elsewhere

    async def run_for(self, request: Request, work: Callable[[], Result]) -> Result:
        """Do the work of a request, unless its sender leaves before it begins.

        Args:
            request: Its body has been read, and it holds a place.
            work: What to do; what it raises is raised.

        Returns:
            What the work gives.

        Raises:
            ClientDisconnected: The sender has gone.
        """
        return await self._unless_left(request, partial(self._work, work))

    async def read_and_run_for(
        self, request: Request, read: Callable[[], Callable[[], Result]]
    ) -> Result:
        """Let another process read the file of a request, then do the work of it.

        Args:
            request: As for `run_for`.
            read: Waits for the process, and gives what to do with what it has read.

        Returns:
            What the work gives.

        Raises:
            ClientDisconnected: The sender has gone.
        """

        async def read_and_work() -> Result:
            # Held until the end: what has been read takes memory.
            async with self._elsewhere:
                work = await to_thread.run_sync(read, limiter=self._readers)
                return await self._work(work)

        return await self._unless_left(request, read_and_work)

    async def _work(self, work: Callable[[], Result]) -> Result:
        return await to_thread.run_sync(work, limiter=self._here)

    async def _unless_left(
        self, request: Request, work: Callable[[], Awaitable[Result]]
    ) -> Result:
        if self._taken <= self._threads:  # nobody waits
            return await work()
        results: list[Result] = []
        try:
            async with create_task_group() as tasks:

                async def do() -> None:
                    results.append(await work())
                    tasks.cancel_scope.cancel()

                tasks.start_soon(do)
                while (await request.receive())["type"] != "http.disconnect":
                    pass
                tasks.cancel_scope.cancel()
        except ExceptionGroup as group:
            raise group.exceptions[0] from None  # what the work raised
        if not results:
            raise ClientDisconnected
        return results[0]
