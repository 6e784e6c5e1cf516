"""A clock that has jumped purges nothing until somebody has confirmed it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from alzer.store.audit import read_log
from alzer.store.filters import Filter
from alzer.store.records import Record
from alzer.store.store import Store

Keep = Callable[..., Record]

YEARS = timedelta(days=3_650)


@pytest.fixture
def pass_time(monkeypatch: pytest.MonkeyPatch) -> Callable[[timedelta], None]:
    """Return what lets time pass, by which no clock is set."""
    passed = [0.0]
    monkeypatch.setattr("alzer.store.clock._uptime_s", lambda: passed[0])

    def let_pass(time: timedelta) -> None:
        passed[0] += time.total_seconds()

    return let_pass


def restarted(new_store: Callable[..., Store], url: str | None) -> Store:
    """Open the same store as another process does."""
    return new_store(database=url)


def count(store: Store) -> int:
    return len(store.records.page(Filter(), 99).records)


@pytest.mark.parametrize("jump", [timedelta(days=2), timedelta(days=45), YEARS])
def test_a_clock_that_jumps_ahead_purges_nothing(
    store: Store, keep: Keep, jump: timedelta, caplog: pytest.LogCaptureFixture
) -> None:
    keep(store, timedelta(days=29))
    store.purge()
    now = datetime.now(UTC)

    assert store.purge(now + jump) == 0
    assert store.purge(now + jump) == 0
    assert count(store) == 1
    assert "alzer clock --confirm" in caplog.text


def test_a_jump_before_the_first_look_purges_nothing(store: Store, keep: Keep) -> None:
    keep(store)

    assert store.purge(datetime.now(UTC) + YEARS) == 0
    assert count(store) == 1


def test_a_jump_is_remembered_over_a_restart(
    new_store: Callable[..., Store], database_url: str | None, keep: Keep
) -> None:
    store, now = new_store(database=database_url), datetime.now(UTC)
    keep(store)
    store.purge(now)
    store.purge(now + timedelta(days=45))
    again = restarted(new_store, database_url)

    assert again.purge(now + timedelta(days=45)) == 0
    assert count(again) == 1


def test_a_jump_while_the_service_is_stopped_purges_nothing(
    new_store: Callable[..., Store], database_url: str | None, keep: Keep
) -> None:
    store, now = new_store(database=database_url), datetime.now(UTC)
    keep(store)
    store.purge(now)
    again = restarted(new_store, database_url)

    assert again.purge(now + YEARS) == 0
    assert count(again) == 1


def test_after_some_weeks_without_the_service_what_is_due_is_purged(
    new_store: Callable[..., Store], database_url: str | None, keep: Keep
) -> None:
    store, now = new_store(database=database_url), datetime.now(UTC)
    keep(store)
    store.purge(now)

    assert restarted(new_store, database_url).purge(now + timedelta(days=60)) == 1


def test_time_that_has_passed_is_no_jump(
    store: Store, keep: Keep, pass_time: Callable[[timedelta], None]
) -> None:
    keep(store)
    now = datetime.now(UTC)
    store.purge(now)
    pass_time(timedelta(days=45))

    assert store.purge(now + timedelta(days=45)) == 1


def test_a_clock_that_is_set_right_again_is_believed(store: Store, keep: Keep) -> None:
    keep(store, timedelta(days=31))
    keep(store)
    now = datetime.now(UTC)
    store.clock.is_right(now)
    during = store.purge(now + YEARS)

    assert during == 0
    assert store.purge(now) == 1
    assert count(store) == 1


def test_what_somebody_has_confirmed_is_purged(
    new_store: Callable[..., Store], database_url: str | None, keep: Keep
) -> None:
    store, now = new_store(database=database_url), datetime.now(UTC)
    keep(store)
    store.purge(now)
    store.purge(now + YEARS)
    restarted(new_store, database_url).clock.confirm(now + YEARS)

    assert store.purge(now + YEARS) == 1
    assert read_log(store.database)[-2].action == "clock confirmed"


def test_a_clock_in_the_past_purges_nothing_and_dates_nothing(
    store: Store, keep: Keep, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(store)
    now = datetime.now(UTC)
    store.purge(now)
    monkeypatch.setattr("alzer.store.clock.datetime", Epoch)

    assert store.purge(datetime(1970, 1, 1, tzinfo=UTC)) == 0
    assert store.clock.now() == now
    monkeypatch.undo()
    assert now <= store.clock.now() < now + timedelta(days=1)


class Epoch(datetime):
    """A clock whose battery is empty."""

    @classmethod
    def now(cls, tz: object = None) -> datetime:  # type: ignore[override]  # as called
        """Return the beginning of time."""
        del tz
        return datetime(1970, 1, 1, tzinfo=UTC)


def test_confirming_dates_what_lies_in_the_future(store: Store, keep: Keep) -> None:
    future, now = keep(store, -YEARS), datetime.now(UTC)
    store.clock.confirm(now)
    dated = store.records.find(future.id)

    assert dated
    assert dated.created_at == now
