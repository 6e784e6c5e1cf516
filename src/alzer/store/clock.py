"""Whether this machine's clock can be believed: what is purged does not come back."""

import logging
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import Connection, select, update

from alzer.store.audit import LOCAL, AuditEntry, append
from alzer.store.database import Database
from alzer.store.tables import ANALYSES, AUDIT, STORE

logger = logging.getLogger(__name__)

# How far the clock may run ahead of the time that has passed, or back. Whatever sets
# clocks in the ordinary way moves them by seconds.
_STEP: Final = timedelta(days=1)

# How long nobody may have looked; so long a service may have been stopped.
_PAUSE: Final = timedelta(days=90)


@dataclass(frozen=True)
class Seen:
    """What the database knows of the time.

    Attributes:
        at: The latest moment that was believed, or before the first look that of the
            newest line of the audit log; None if there is neither.
        doubted: Whether the clock has jumped since, and nobody has confirmed it.
    """

    at: datetime | None
    doubted: bool


class Clock:
    """Compares this machine's clock with what a database has seen.

    A second source is the time that has passed since this process looked before,
    which no setting of the clock changes. Without it, after a start, a pause of
    90 days is believed; where a jump was noticed before, only one day.

    Args:
        database: Remembers the latest moment that was believed.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._seen_at: datetime | None = None
        self._looked_s: float | None = None

    def now(self) -> datetime:
        """Return the moment by which something new is dated.

        A clock that has fallen back by more than a day would date an analysis so that
        it is purged as soon as the clock is right again.

        Returns:
            What the clock says, or the latest moment that was believed.

        Raises:
            StorageUnavailable: The database can't be used now.
        """
        if self._seen_at is None:
            self._seen_at = self.seen().at
        now, seen_at = datetime.now(UTC), self._seen_at
        return seen_at if seen_at is not None and now < seen_at - _STEP else now

    def seen(self) -> Seen:
        """Read what the database knows of the time.

        Raises:
            StorageUnavailable: The database can't be used now.
        """
        with self._database.transaction() as connection:
            return _read(connection)

    def is_right(self, now: datetime) -> bool:
        """Return whether the clock can be believed, and remember it.

        Args:
            now: What the clock says.

        Returns:
            Whether things may be purged by it.

        Raises:
            StorageUnavailable: The database can't be used now.
        """
        passed_s = _uptime_s()
        with self._database.transaction() as connection:
            seen = _read(connection)
            is_right = self._agrees(now, seen, passed_s)
            if is_right:
                latest = max(now, seen.at or now)
                _write(connection, Seen(latest, doubted=False))
                self._looked_s = passed_s
            elif not seen.doubted:
                _write(connection, Seen(seen.at, doubted=True))
        self._seen_at = latest if is_right else seen.at
        return is_right

    def _agrees(self, now: datetime, seen: Seen, passed_s: float) -> bool:
        if seen.at is None:
            return True
        ahead = now - seen.at
        if self._looked_s is not None:
            passed = timedelta(seconds=passed_s - self._looked_s)
            return -_STEP <= ahead <= passed + _STEP
        return -_STEP <= ahead <= (_STEP if seen.doubted else _PAUSE)

    def confirm(self, now: datetime) -> None:
        """Record that somebody has looked at the clock, and found it right.

        Analyses that a wrong clock has dated later than now are dated now, so that
        they do not stay beyond their term.

        Args:
            now: What the clock says.

        Raises:
            StorageUnavailable: The database can't be used now.
        """
        too_late = update(ANALYSES).where(ANALYSES.c.created_at > now)
        with self._database.transaction() as connection:
            _write(connection, Seen(now, doubted=False))
            connection.execute(too_late.values(created_at=now))
            append(connection, AuditEntry(LOCAL, "clock confirmed"))


def _read(connection: Connection) -> Seen:
    row = connection.execute(select(STORE.c.clock_at, STORE.c.clock_doubted)).one()
    if row.clock_at is not None:
        return Seen(*row)
    # Nobody has looked yet: the first look must not believe just anything.
    newest = select(AUDIT.c.at).order_by(AUDIT.c.number.desc()).limit(1)
    return Seen(connection.execute(newest).scalar(), row.clock_doubted)


def _write(connection: Connection, seen: Seen) -> None:
    values = {STORE.c.clock_at: seen.at, STORE.c.clock_doubted: seen.doubted}
    connection.execute(update(STORE).values(values))


def _uptime_s() -> float:
    """Return how long this machine has run; asleep, too, where the system tells."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))
