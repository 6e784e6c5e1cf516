"""Refused tokens take few lines of the audit log, and none of them is forgotten."""

import pytest

from alzer.store.audit import read_log
from alzer.store.database import Database
from alzer.store.refusals import TERM_S, Refusals
from alzer.store.store import Store


class Clock:
    """Time that passes only when a test says so."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("alzer.store.refusals.monotonic", clock)
    return clock


def counts(database: Database) -> list[int]:
    return [entry.count for entry in read_log(database, 1_000)]


def test_a_day_of_guesses_takes_at_most_two_lines_a_minute(
    store: Store, clock: Clock
) -> None:
    store.refusals.add("token refused", "the first")
    for second in range(1, 600):
        clock.now = float(second)
        for _ in range(7):
            store.refusals.add("token refused", "another")
    store.refusals.flush()

    found = counts(store.database)
    assert len(found) <= 2 * 600 / TERM_S
    assert sum(found) == 1 + 599 * 7


def test_one_kind_of_refusal_does_not_hide_another(store: Store, clock: Clock) -> None:
    store.refusals.add("token refused", "one")
    store.refusals.add("sign-in refused", "other")

    assert clock.now == 0.0
    assert [(each.action, each.request) for each in read_log(store.database)] == [
        ("token refused", "one"), ("sign-in refused", "other"),
    ]  # fmt: skip


def test_nothing_is_written_where_nothing_was_refused(store: Store) -> None:
    store.refusals.flush()

    assert read_log(store.database) == []


def test_what_can_not_be_written_now_is_written_later(
    store: Store, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    absent = Database("postgresql://nobody@127.0.0.1:1/none")
    refusals = Refusals(absent)
    for _ in range(3):
        refusals.add("token refused", "request")
        clock.now += TERM_S
    refusals._database = store.database  # noqa: SLF001 - it is there again
    refusals.flush()

    assert "not in the audit log yet" in caplog.text
    assert counts(store.database) == [3]
