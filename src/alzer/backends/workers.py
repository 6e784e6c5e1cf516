"""Threads for the work of a backend, and a bounded queue before them."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from enum import Enum, auto
from functools import partial

from anyio import CancelScope, CapacityLimiter, create_task_group, to_thread

from alzer.backends.backend import (
    TOO_MANY,
    ClientDisconnected,
    Result,
    Ticket,
)
from alzer.backends.shares import Shares
from alzer.backends.turns import FairTurns
from alzer.errors import Overloaded


class Lane(Enum):
    """What is read by another process waits in a lane of its own, by its size."""

    SMALL = auto()
    LARGE = auto()
    VOLUME = auto()


class OtherLane(Exception):
    """What was to be read belongs in another lane.

    Attributes:
        lane: In which.
    """

    def __init__(self, lane: Lane) -> None:
        super().__init__(lane.name)
        self.lane = lane


class Workers:
    """A few threads, and a limited number of orders that wait for one.

    Turns go to the owners of orders in rotation, and nobody can take all places
    (`turns`, `shares`): who sends many orders keeps nobody else waiting.

    Files that another process reads have turns of their own for that, and may take
    three of four places that one caller may have: some that take long keep no others
    from being answered. Large ones are read one after the other, so that what they
    take is bounded; so are volumes, in a lane of their own in which they are analysed
    as well, beside the turns of slices.

    Used from the event loop's thread alone, so that counting needs no lock.

    Args:
        threads: Orders that are worked on at the same time; as many can wait for
            another process besides.
        max_waiting: Orders of one owner that may wait besides; of all together, a
            third more.
        volumes: How many are worked on at the same time.
    """

    def __init__(self, threads: int, max_waiting: int, volumes: int = 1) -> None:
        self._threads = threads
        self._inline = FairTurns(threads)
        self._lanes = {
            Lane.SMALL: FairTurns(threads),
            Lane.LARGE: FairTurns(1),
            Lane.VOLUME: FairTurns(volumes),
        }
        # One for each turn: who has one finds a thread.
        self._limiter = CapacityLimiter(2 * threads + 1 + volumes)
        places = threads + max_waiting
        # As many for one alone, and some that are left for the others.
        self._places = Shares(places + places // 3)
        self._most_isolated = places - places // 4
        self._taken_isolated = 0

    @property
    def taken(self) -> int:
        """Orders that are worked on or wait."""
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
            raise Overloaded(TOO_MANY)
        self._places.take(owner)
        self._taken_isolated += isolated
        try:
            yield
        finally:
            self._places.give_back(owner)
            self._taken_isolated -= isolated

    async def run(self, ticket: Ticket, work: Callable[[], Result]) -> Result:
        """Do some work, unless it is given up before that begins.

        Args:
            ticket: It holds a place.
            work: What to do; what it raises is raised.

        Returns:
            What the work gives.

        Raises:
            ClientDisconnected: Nobody wants the answer any more.
        """
        return await self._unless_left(ticket, partial(self._work, ticket.owner, work))

    async def read_and_run(
        self,
        ticket: Ticket,
        read: Callable[[Lane], Callable[[], Result]],
        lane: Lane = Lane.SMALL,
    ) -> Result:
        """Let another process read files, then work on what it has read.

        Args:
            ticket: As for `run`.
            read: Waits for the process, and gives what to do with what it has read.
                It raises OtherLane for what belongs in another lane.
            lane: In which it begins.

        Returns:
            What the work gives.

        Raises:
            ClientDisconnected: Nobody wants the answer any more.
        """

        async def read_and_work() -> Result:
            here = lane
            while True:
                try:
                    # A turn is held until the end: what has been read takes memory.
                    async with self._lanes[here].turn(ticket.owner):
                        work = await self._run(partial(read, here))
                        if here is Lane.VOLUME:
                            return await self._run(work)
                        return await self._work(ticket.owner, work)
                except OtherLane as other:
                    here = other.lane

        return await self._unless_left(ticket, read_and_work)

    async def run_elsewhere(
        self,
        ticket: Ticket,
        compute: Callable[[], Awaitable[Result]],
        lane: Lane | None = None,
    ) -> Result:
        """Have some work done by others, unless it is given up before that begins.

        Args:
            ticket: As for `run`.
            compute: Waits for them without a thread.
            lane: In which it waits for its turn; None: as for `run`.

        Returns:
            What they give.

        Raises:
            ClientDisconnected: Nobody wants the answer any more.
        """
        turns = self._inline if lane is None else self._lanes[lane]

        async def compute_in_turn() -> Result:
            async with turns.turn(ticket.owner):
                computed: list[Result] = []
                with CancelScope(shield=True):  # as a thread would be
                    computed.append(await compute())
                return computed[0]

        return await self._unless_left(ticket, compute_in_turn)

    async def finish(self, work: Callable[[], Result]) -> Result:
        """Do what ends a turn in a thread.

        Args:
            work: What to do; it may wait for disks.

        Returns:
            What it gives.
        """
        return await self._run(work)

    @property
    def are_idle(self) -> bool:
        """Whether no slice is worked on or waits; asked from any thread."""
        return not self._inline.are_wanted

    async def _work(self, owner: str, work: Callable[[], Result]) -> Result:
        async with self._inline.turn(owner):
            return await self._run(work)

    async def _run(self, work: Callable[[], Result]) -> Result:
        return await to_thread.run_sync(work, limiter=self._limiter)

    async def _unless_left(
        self, ticket: Ticket, work: Callable[[], Awaitable[Result]]
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
                await ticket.gone()
                tasks.cancel_scope.cancel()
        except ExceptionGroup as group:
            raise group.exceptions[0] from None  # what the work raised
        if not results:
            raise ClientDisconnected
        return results[0]
