"""Which items are worked on together, alone, or not at all."""

from collections.abc import Sequence

import pytest

from alzer.backends.ray.attempts import MOST_DEATHS, Attempts, CarefulWorker
from alzer.errors import StorageUnavailable


class Process:
    """A process that ends, or fails, at some items; counted over all of them."""

    def __init__(self, attempts: Attempts, fatal: str = "", bad: str = "") -> None:
        self.attempts = attempts
        self.fatal = fatal
        self.bad = bad
        self.asked: list[Sequence[str]] = []

    def answer(self, items: Sequence[str]) -> Sequence[str]:
        self.asked.append(items)
        if self.fatal in items:
            raise SystemExit
        if self.bad in items:
            raise KeyError(self.bad)
        return [item.upper() for item in items]

    def give_up(self, item: str, reason: str) -> str:
        return f"{item}: {reason}"

    def run(self, items: Sequence[str]) -> Sequence[str]:
        """Work as Ray has it done: again in a new process after each that ended."""
        while True:
            worker = CarefulWorker(self, self.attempts.begin, self.attempts.end)
            try:
                return worker.answer(items)
            except SystemExit:
                continue


def test_items_are_worked_on_together() -> None:
    process = Process(Attempts())

    assert process.run(["a", "b"]) == ["A", "B"]
    assert process.asked == [["a", "b"]]


def test_an_item_at_which_processes_end_is_given_up_and_no_other() -> None:
    process = Process(Attempts(), fatal="b")
    answers = process.run(["a", "b", "c"])
    alone = [items for items in process.asked if items == ["b"]]

    assert (answers[0], answers[2]) == ("A", "C")
    assert answers[1].startswith("b: The process")
    assert len(alone) == MOST_DEATHS


def test_an_item_that_fails_is_told_of_by_its_kind_and_stops_nothing() -> None:
    answers = Process(Attempts(), bad="b").run(["a", "b"])

    assert answers[0] == "A"
    assert "KeyError" in answers[1]


def test_what_is_done_leaves_no_trace() -> None:
    attempts = Attempts()
    Process(attempts, fatal="b").run(["a", "b"])

    assert attempts.begin("a") == attempts.begin("b") == 0


def test_where_nothing_can_be_written_nothing_is_given_up() -> None:
    process = Process(Attempts())
    process.answer = _raise  # type: ignore[method-assign, assignment]

    with pytest.raises(StorageUnavailable):
        process.run(["a", "b"])


def _raise(_: Sequence[str]) -> Sequence[str]:
    message = "The disk is full."
    raise StorageUnavailable(message)
