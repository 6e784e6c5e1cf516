"""Turns go round among those who ask, however much one of them asks."""

from collections.abc import Callable, Coroutine
from typing import Any

import anyio
import pytest

from alzer.backends.turns import FairTurns

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Office:
    """Somebody who notes whose turn began, and lets turns end in that order."""

    def __init__(self, turns: int) -> None:
        self.turns = FairTurns(turns)
        self.begun: list[str] = []
        self._ends: list[anyio.Event] = []
        self._ended = 0

    def asks(self, owner: str) -> Callable[[], Coroutine[Any, Any, None]]:
        async def ask() -> None:
            async with self.turns.turn(owner):
                self.begun.append(owner)
                ends = anyio.Event()
                self._ends.append(ends)
                await ends.wait()

        return ask

    async def end_next(self) -> None:
        self._ends[self._ended].set()
        self._ended += 1
        await anyio.wait_all_tasks_blocked()

    async def end_all(self) -> None:
        while self._ended < len(self._ends):
            await self.end_next()


async def order_of(turns: int, owners: str) -> str:
    """Let them ask in this order, and tell in which they are served."""
    office = Office(turns)
    async with anyio.create_task_group() as tasks:
        for owner in owners:
            tasks.start_soon(office.asks(owner))
            await anyio.wait_all_tasks_blocked()
        await office.end_all()
    return "".join(office.begun)


async def test_who_asks_once_waits_for_one_turn_of_who_asks_often() -> None:
    assert await order_of(1, "aaaaaab") == "abaaaaa"


async def test_turns_go_round_within_which_who_came_first_is_first() -> None:
    assert await order_of(1, "aaabbbccc") == "abcabcabc"


async def test_one_who_is_alone_has_all_turns() -> None:
    office = Office(3)
    async with anyio.create_task_group() as tasks:
        for _ in range(5):
            tasks.start_soon(office.asks("a"))
        await anyio.wait_all_tasks_blocked()
        at_once = len(office.begun)
        await office.end_all()

    assert at_once == 3
    assert office.begun == ["a"] * 5


async def test_who_has_asked_of_late_finds_a_turn_free_at_once() -> None:
    office = Office(2)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(office.asks("b"))
        await anyio.wait_all_tasks_blocked()
        await office.end_next()
        for _ in range(5):
            tasks.start_soon(office.asks("a"))
        await anyio.wait_all_tasks_blocked()
        of_one = office.begun[1:]
        tasks.start_soon(office.asks("b"))
        await anyio.wait_all_tasks_blocked()
        of_both = office.begun[1:]
        await office.end_all()

    assert of_one == ["a"]
    assert of_both == ["a", "b"]
    assert sorted(office.begun) == ["a"] * 5 + ["b"] * 2


async def test_who_leaves_keeps_nobody_from_having_a_turn() -> None:
    office = Office(1)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(office.asks("a"))
        await anyio.wait_all_tasks_blocked()
        with anyio.move_on_after(0.01):
            await office.asks("b")()
        tasks.start_soon(office.asks("c"))
        await anyio.wait_all_tasks_blocked()
        await office.end_all()

    assert office.begun == ["a", "c"]


async def test_what_fails_gives_its_turn_back() -> None:
    turns = FairTurns(1)

    async def fail() -> None:
        async with turns.turn("a"):
            message = "damaged"
            raise ValueError(message)

    for _ in range(3):
        with pytest.raises(ValueError, match="damaged"):
            await fail()
    with anyio.fail_after(5):
        async with turns.turn("b"):
            pass
