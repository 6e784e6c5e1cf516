"""Records and files together: kept, deleted, and cleaned up after."""

import fcntl
import logging
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, TextIO

from alzer.errors import StorageUnavailable
from alzer.settings import Settings
from alzer.store.audit import SERVICE, Act
from alzer.store.database import Database
from alzer.store.files import FileStore, Kind
from alzer.store.records import Record, Records
from alzer.store.tokens import Tokens

logger = logging.getLogger(__name__)

DATABASE_FILE: Final = "alzer.db"

# Another process may have written a file whose record is about to follow.
GRACE: Final = timedelta(hours=1)


@dataclass(frozen=True)
class Store:
    """Everything that outlives a request.

    Attributes:
        database: Behind records and tokens.
        records: The analyses.
        files: Their heatmaps, and originals where they are kept.
        tokens: Who may use the service.
        lock: Held while a service uses a local folder of files.
        term: How long analyses are kept; None: until they are deleted.
    """

    database: Database
    records: Records
    files: FileStore
    tokens: Tokens
    lock: Path | None
    term: timedelta | None

    def delete(self, record: Record, act: Act) -> None:
        """Delete an analysis for good: its files, then its record.

        Args:
            record: Which.
            act: Who wants it, for the audit log.

        Raises:
            StorageUnavailable: Something could not be removed; the record remains,
                so that it can be tried again.
        """
        if record.heatmap is not None:
            self.files.remove(Kind.HEATMAP, record.heatmap)
        if record.original is not None:
            self.files.remove(Kind.ORIGINAL, record.original)
        self.records.delete(record.id, act)
        if self.records.find(record.id) is not None:
            message = "The analysis could not be deleted. Try again in a moment."
            raise StorageUnavailable(message)

    def purge(self, now: datetime | None = None) -> int:
        """Delete what is older than the term.

        Args:
            now: The end of the term; None: this moment.

        Returns:
            How many analyses were deleted.
        """
        if self.term is None:
            return 0
        purged = 0
        until = (now or datetime.now(UTC)) - self.term
        while records := self.records.older_than(until):
            for record in records:
                self.delete(record, Act(SERVICE, "expired", record.id))
            purged += len(records)
        if purged:
            self.database.forget_deleted()
        return purged

    def sweep(self, written_before: datetime) -> int:
        """Remove files that no record knows: left behind by a sudden end.

        Args:
            written_before: Younger files are left alone.

        Returns:
            How many were removed.
        """
        listed = list(self.files.listed())
        known = self.records.known_files([each.name for each in listed])
        unknown = [each for each in listed if each.name not in known]
        orphans = [
            each for each in unknown if self.files.modified(each) < written_before
        ]
        for each in orphans:
            self.files.discard(each)
        return len(orphans)

    def clean(self, written_before: datetime) -> None:
        """Do all that is due; what can't be done now is due again later.

        Args:
            written_before: As for `sweep`.
        """
        try:
            purged, swept = self.purge(), self.sweep(written_before)
            self.tokens.forget_ended_sessions()
        except StorageUnavailable:
            logger.warning("cleaning up is put off: the storage is unavailable")
            return
        if purged or swept:
            logger.info("cleaned up: %d expired, %d orphaned", purged, swept)

    @contextmanager
    def in_use(self) -> Iterator[None]:
        """Clean up, and tell other services on the same folder that it is in use.

        A service that is alone at its start knows that whatever has no record is an
        orphan; beside others it leaves young files alone.

        Yields:
            Nothing.
        """
        now = datetime.now(UTC)
        with ExitStack() as stack:
            file = self._open_lock(stack)
            if file is not None and _try_alone(file):
                self.clean(now)
                fcntl.flock(file, fcntl.LOCK_SH)  # from here on others may join
            else:
                self.clean(now - GRACE)
            yield

    def _open_lock(self, stack: ExitStack) -> TextIO | None:
        if self.lock is None:
            return None
        try:
            self.lock.parent.mkdir(parents=True, exist_ok=True)
            return stack.enter_context(self.lock.open("a"))
        except OSError:  # the folder is read-only now; predictions may go on
            return None


def _try_alone(file: TextIO) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        fcntl.flock(file, fcntl.LOCK_SH)
        return False
    return True


def open_store(settings: Settings) -> Store:
    """Connect what the settings name; nothing is touched yet.

    Args:
        settings: Where things are kept, and for how long.

    Returns:
        The store.
    """
    default = f"sqlite:///{settings.data_dir.absolute() / DATABASE_FILE}"
    settle = settings.survive_power_failure
    database = Database(settings.database or default, settle=settle)
    place = settings.files or str(settings.data_dir.absolute() / "uploads")
    files = FileStore(place, settle=settle)
    return Store(
        database,
        Records(database),
        files,
        Tokens(database),
        settings.data_dir.absolute() / ".lock" if files.is_local else None,
        settings.retention,
    )
