"""Threads for the work of a request, and a bounded queue before them."""

import os
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import Final, TypeVar

from anyio import CapacityLimiter, create_task_group, to_thread
from fastapi import Request

from alzer.decoding.pool import LargeFile
from alzer.errors import Overloaded
from alzer.web.shares import Shares
from alzer.web.turns import FairTurns

Result = TypeVar("Result")


class ClientDisconnected(Exception):
    """The client has closed the connection; nobody waits for an answer."""


def usable_cores() -> int:
    """Count the cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class Workers:
    """A few threads, and a limited number of requests that wait for one.

    Turns go to the owners of requests in rotation, and nobody can take all places
    (`turns`, `shares`): who sends many requests keeps nobody else waiting.

    Files that another process reads have turns of their own for that, and may take
    three of four places that one caller may have: some that take long keep no others
    from being answered. Large ones are read one after the other, so that what they
    take is bounded.

    Used from the event loop's thread alone, so that counting needs no lock.

    Args:
        threads: Requests that are worked on at the same time; as many can wait for
            another process besides.
        max_waiting: Requests of one owner that may wait besides; of all together, a
            third more.
    """

    FULL: Final = "Too many requests are waiting already. Try again in a moment."

    def __init__(self, threads: int, max_waiting: int) -> None:
        self._threads = threads
        self._inline = FairTurns(threads)
        self._isolated = FairTurns(threads)
        self._large = FairTurns(1)
        # One for each turn: who has one finds a thread.
        self._limiter = CapacityLimiter(2 * threads + 1)
        places = threads + max_waiting
        # As many for one alone, and some that are left for the others.
        self._places = Shares(places + places // 3)
        self._most_isolated = places - places // 4
        self._taken_isolated = 0

    @property
    def taken(self) -> int:
        """Requests that are worked on or wait."""
        return self._places.taken

    @property
    def are_full(self) -> bool:
        """Whether all places are taken."""
        return self._places.are_gone

    def have_place_for(self, owner: str) -> bool:
        """Check whether somebody may have one more place.

        Args:
            owner: On whose account it goes.

        Returns:
            Whether there is one, and the owner has not too many already.
        """
        return self._places.have_room(owner)

    @contextmanager
    def place(self, owner: str, *, isolated: bool = False) -> Iterator[None]:
        """Hold one of the places for as long as the context lasts.

        Args:
            owner: On whose account it goes.
            isolated: Whether another process reads the file.

        Yields:
            Nothing; the place is the context's.

        Raises:
            Overloaded: All places are taken, or all that the owner or such files
                may take.
        """
        too_many = isolated and self._taken_isolated >= self._most_isolated
        if too_many or not self.have_place_for(owner):
            raise Overloaded(self.FULL)
        self._places.take(owner)
        self._taken_isolated += isolated
        try:
            yield
        finally:
            self._places.give_back(owner)
            self._taken_isolated -= isolated

    async def run_for(
        self, request: Request, owner: str, work: Callable[[], Result]
    ) -> Result:
        """Do the work of a request, unless its sender leaves before it begins.

        Args:
            request: Its body has been read, and it holds a place.
            owner: On whose account it goes.
            work: What to do; what it raises is raised.

        Returns:
            What the work gives.

        Raises:
            ClientDisconnected: The sender has gone.
        """
        return await self._unless_left(request, partial(self._work, owner, work))

    async def read_and_run_for(
        self,
        request: Request,
        owner: str,
        read: Callable[[], Callable[[], Result]],
        read_large: Callable[[], Callable[[], Result]],
    ) -> Result:
        """Let another process read the file of a request, then do the work of it.

        Args:
            request: As for `run_for`.
            owner: Likewise.
            read: Waits for the process, and gives what to do with what it has read;
                it may raise LargeFile.
            read_large: The same for large files, called for one at a time.

        Returns:
            What the work gives.

        Raises:
            ClientDisconnected: The sender has gone.
        """

        async def read_and_work() -> Result:
            # A turn is held until the end: what has been read takes memory.
            with suppress(LargeFile):
                async with self._isolated.turn(owner):
                    return await self._work(owner, await self._run(read))
            async with self._large.turn(owner):
                return await self._work(owner, await self._run(read_large))

        return await self._unless_left(request, read_and_work)

    async def _work(self, owner: str, work: Callable[[], Result]) -> Result:
        async with self._inline.turn(owner):
            return await self._run(work)

    async def _run(self, work: Callable[[], Result]) -> Result:
        return await to_thread.run_sync(work, limiter=self._limiter)

    async def _unless_left(
        self, request: Request, work: Callable[[], Awaitable[Result]]
    ) -> Result:
        if self.taken <= self._threads:  # nobody waits
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
