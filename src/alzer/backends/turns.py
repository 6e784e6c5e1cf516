"""Turns that are shared fairly between those who wait."""

import time
from collections import Counter, OrderedDict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from anyio import Event, get_cancelled_exc_class

# Somebody who asked within this time may do so again: a person looks at an answer for
# as long before the next slice.
RECENTLY_S: Final = 30.0

# Owners of whom is known when they asked last; more can't be told apart.
_MOST_OWNERS: Final = 1_000


class FairTurns:
    """A few turns at the same time, divided fairly between those who own requests.

    Next comes the owner with the fewest turns under way, and of those the one whose
    last turn began the longest ago; within one owner, who came first. While others
    have asked of late, nobody has all turns: one is free for who comes next, who so
    waits for nobody. Who is alone has all.

    Used from the event loop's thread alone, so that counting needs no lock.

    Args:
        turns: How many there are.
    """

    def __init__(self, turns: int) -> None:
        self._turns = turns
        self._waiting: dict[str, deque[Event]] = {}
        self._under_way: Counter[str] = Counter()
        self._began: dict[str, int] = {}
        self._count = 0
        self._asked_at: OrderedDict[str, float] = OrderedDict()

    @property
    def are_wanted(self) -> bool:
        """Whether somebody has a turn, or waits for one."""
        return bool(self._under_way or self._waiting)

    @asynccontextmanager
    async def turn(self, owner: str) -> AsyncIterator[None]:
        """Wait for a turn, and have it for as long as the context lasts.

        Args:
            owner: On whose account it goes.

        Yields:
            Nothing; the turn is the context's.
        """
        self._note(owner)
        begins = Event()
        self._waiting.setdefault(owner, deque()).append(begins)
        self._give()
        try:
            await begins.wait()
            yield
        except get_cancelled_exc_class():
            if not begins.is_set():
                self._leave(owner, begins)
            raise
        finally:
            if begins.is_set():
                self._end(owner)

    def _note(self, owner: str) -> None:
        self._asked_at[owner] = time.monotonic()
        self._asked_at.move_to_end(owner)
        if len(self._asked_at) > _MOST_OWNERS:
            self._asked_at.popitem(last=False)

    def _most(self) -> int:
        """Return how many turns one owner may have now."""
        since = time.monotonic() - RECENTLY_S
        while self._asked_at and next(iter(self._asked_at.values())) < since:
            self._asked_at.popitem(last=False)
        are_several = len(self._asked_at) > 1
        return max(1, self._turns - are_several)

    def _give(self) -> None:
        most = self._most()
        while self._under_way.total() < self._turns:
            able = [owner for owner in self._waiting if self._under_way[owner] < most]
            if not able:
                return
            self._begin(min(able, key=self._rank))

    def _rank(self, owner: str) -> tuple[int, int]:
        return self._under_way[owner], self._began.get(owner, 0)

    def _begin(self, owner: str) -> None:
        self._waiting[owner].popleft().set()
        if not self._waiting[owner]:
            del self._waiting[owner]
        self._under_way[owner] += 1
        self._count += 1
        self._began[owner] = self._count

    def _end(self, owner: str) -> None:
        self._under_way[owner] -= 1
        self._give()
        self._forget(owner)

    def _leave(self, owner: str, begins: Event) -> None:
        self._waiting[owner].remove(begins)
        if not self._waiting[owner]:
            del self._waiting[owner]
        self._forget(owner)

    def _forget(self, owner: str) -> None:
        if not self._under_way[owner] and owner not in self._waiting:
            del self._under_way[owner]
            self._began.pop(owner, None)
