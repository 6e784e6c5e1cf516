"""Long work gives way to everything else, and ends at once."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from alzer.backends.helper import Helper
from alzer.errors import NotBrainLike, TooDemanding


class Unwanted(Exception):
    """Stands for whatever ends the work."""


@pytest.fixture
def helper(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], Helper]]:
    """Return what makes helpers, which end with the test."""
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[1]))
    helpers = []

    def make(function: str) -> Helper:
        helpers.append(Helper(f"backends.long_work:{function}"))
        return helpers[-1]

    yield make
    for each in helpers:
        each.stop()


def ignore(_stage: str, _share: float) -> None:
    pass


def is_there(process: int) -> bool:
    with suppress(ProcessLookupError):
        os.kill(process, 0)
        return True
    return False


def test_stages_are_told_and_the_outcome_comes_back(
    helper: Callable[[str], Helper],
) -> None:
    stages: list[tuple[str, float]] = []
    outcome = helper("count").run(1, lambda *told: stages.append(told))

    assert outcome == 2
    assert stages[0] == ("start", 0.0)
    assert ("two", 0.75) in stages
    assert stages == sorted(stages, key=lambda told: told[1])


def test_the_process_gives_way_and_stays_for_the_next_piece(
    helper: Callable[[str], Helper],
) -> None:
    one = helper("tell")
    (first, niceness), (second, _) = one.run(None, ignore), one.run(None, ignore)

    assert niceness > os.nice(0)
    assert first == second == one.pid
    one.stop()
    assert not is_there(first)


def test_a_foreseen_failure_is_raised_and_costs_no_process(
    helper: Callable[[str], Helper],
) -> None:
    one = helper("refuse")
    with pytest.raises(NotBrainLike, match="liver"):
        one.run(None, ignore)
    process = one.pid
    with pytest.raises(NotBrainLike, match="liver"):
        one.run(None, ignore)

    assert process is not None
    assert one.pid == process


def test_a_process_that_is_killed_is_said_and_replaced(
    helper: Callable[[str], Helper],
) -> None:
    one = helper("end")
    for _ in range(2):
        with pytest.raises(TooDemanding, match="memory"):
            one.run(None, ignore)

    assert one.pid is None


def test_work_that_is_given_up_ends_within_a_second(
    helper: Callable[[str], Helper],
) -> None:
    one = helper("sleep")
    asleep = [0.0]

    def give_up(stage: str, _share: float) -> None:
        if stage == "asleep":
            asleep.append(time.monotonic())
            raise Unwanted

    process: list[int | None] = []
    watch = threading.Timer(0.3, lambda: process.append(one.pid))
    watch.start()
    with pytest.raises(Unwanted):
        one.run(60.0, give_up)
    took_s = time.monotonic() - asleep[-1]
    watch.join()

    assert took_s < 10.0  # 0.1 s where nothing else runs
    assert one.pid is None
    assert all(each is None or not is_there(each) for each in process)


def test_the_end_of_the_service_ends_work_that_is_under_way(
    helper: Callable[[str], Helper],
) -> None:
    one, failures = helper("sleep"), []
    asleep = threading.Event()

    def tell(stage: str, _share: float) -> None:
        if stage == "asleep":
            asleep.set()

    def work() -> None:
        try:
            one.run(60.0, tell)
        except TooDemanding as failure:
            failures.append(failure)

    thread = threading.Thread(target=work)
    thread.start()
    assert asleep.wait(60)
    started = time.monotonic()
    one.stop()
    thread.join()

    assert time.monotonic() - started < 10.0  # likewise
    assert len(failures) == 1
    assert one.pid is None
