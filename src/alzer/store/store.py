"""Records and files together: kept, deleted, and cleaned up after."""

import fcntl
import logging
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import islice
from typing import BinaryIO, Final

from alzer.errors import StorageUnavailable
from alzer.settings import Settings
from alzer.store.audit import SERVICE, AuditEntry
from alzer.store.clock import Clock
from alzer.store.database import Database
from alzer.store.files import FileStore
from alzer.store.jobs import Jobs
from alzer.store.kinds import KeptFile
from alzer.store.permissions import make_folder, open_private
from alzer.store.records import Record, Records
from alzer.store.refusals import Refusals
from alzer.store.tokens import Tokens

logger = logging.getLogger(__name__)

DATABASE_FILE: Final = "alzer.db"

# Beside the files: services that share them need not share anything else.
LOCK_FILE: Final = ".lock"

# Another process may have written a file whose record is about to follow.
GRACE: Final = timedelta(hours=1)

# Files that are held in memory while a sweep goes through all.
_SWEPT_AT_ONCE: Final = 500

# Analyses that a purge may fail to delete before it gives up for now.
_STUCK_AT_MOST: Final = 10


@dataclass(frozen=True)
class Store:
    """Everything that outlives a request.

    Attributes:
        database: Behind records and tokens.
        records: The analyses.
        jobs: Those that nobody waits for.
        files: Their heatmaps and evidence, and originals where they are kept.
        tokens: Who may use the service.
        refusals: Counts tokens that were refused, for the audit log.
        clock: Says whether this machine's clock can be believed.
        term: How long analyses are kept; None: until they are deleted.
        ending: Set when cleaning up has to come to its end.
    """

    database: Database
    records: Records
    jobs: Jobs
    files: FileStore
    tokens: Tokens
    refusals: Refusals
    clock: Clock
    term: timedelta | None
    ending: threading.Event = field(default_factory=threading.Event)

    def delete(self, record: Record, entry: AuditEntry) -> None:
        """Delete an analysis for good: its files, then its record.

        Args:
            record: Which.
            entry: Who wants it, for the audit log.

        Raises:
            StorageUnavailable: Something could not be removed; the record remains,
                so that it can be tried again.
        """
        self._delete(record, entry)
        self._forget()

    def _delete(self, record: Record, entry: AuditEntry) -> None:
        self.files.remove_all(*record.files)
        self.records.delete(record.id, entry)
        if self.records.find(record.id) is not None:
            message = "The analysis could not be deleted. Try again in a moment."
            raise StorageUnavailable(message)

    def refer(self, record: Record, reference: str | None, entry: AuditEntry) -> None:
        """Call an analysis by another reference, and forget the one before for good.

        Args:
            record: Which.
            reference: At most 64 characters; None: it has none any more.
            entry: Who wants it, for the audit log.

        Raises:
            StorageUnavailable: It can't be changed now.
        """
        self.records.refer(record.id, reference, entry)
        self._forget()

    def _forget(self) -> None:
        """Cut what was deleted from the log of SQLite."""
        if self.database.is_sqlite:  # PostgreSQL takes longer: at the next cleaning
            with suppress(StorageUnavailable):  # tried again then
                self.database.forget_deleted()

    def purge(self, now: datetime | None = None) -> int:
        """Delete what is older than the term, unless the clock has jumped.

        Args:
            now: What the clock says; None: this machine's.

        Returns:
            How many analyses were deleted.

        Raises:
            StorageUnavailable: Some could not be deleted; the others were.
        """
        if self.term is None:
            return 0
        purged, stuck, now = 0, set[str](), now or datetime.now(UTC)
        if not self.clock.is_right(now):
            logger.warning(_JUMPED)
            return 0
        until = now - self.term
        self.jobs.purge(until)
        while records := self.records.older_than(until, without=stuck):
            purged += sum(self._expire(record, stuck) for record in records)
            if self.ending.is_set():
                return purged
        if purged:
            self.database.forget_deleted()
        if stuck:
            message = f"{len(stuck)} analyses could not be deleted at their term."
            raise StorageUnavailable(message)
        return purged

    def _expire(self, record: Record, stuck: set[str]) -> bool:
        """Delete what is due, and say whether it is gone; remember it if it stays.

        Raises:
            StorageUnavailable: Too many stay.
        """
        if self.ending.is_set():
            return False
        try:
            self._delete(record, AuditEntry(SERVICE, "expired", record.id))
        except StorageUnavailable:
            stuck.add(record.id)
            if len(stuck) > _STUCK_AT_MOST:  # it is not the single file
                raise
            return False
        return True

    def sweep(self, written_before: datetime) -> int:
        """Remove files that no record knows: left behind by a sudden end.

        Nothing is removed that may belong to another database: where another one
        keeps files too, or what was there before this one began to.

        Args:
            written_before: Younger files are left alone.

        Returns:
            How many were removed.
        """
        swept, listed = 0, self.files.listed()
        while some := list(islice(listed, _SWEPT_AT_ONCE)):
            # After the listing: who wrote one of these has registered before.
            since = self.files.ours_since()
            if since is None or self.ending.is_set():
                break
            known = self.records.known_files([file.name for file in some])
            for file in some:
                if file.name in known:
                    continue
                if self._is_ours(file, since, written_before):
                    self.files.discard(file)
                    swept += 1
        return swept

    def _is_ours(self, file: KeptFile, since: datetime, before: datetime) -> bool:
        written = self.files.modified(file)
        return written < before and (file.is_partial or written >= since)

    def clean(self, written_before: datetime) -> None:
        """Do all that is due; what can't be done now is due again later.

        Args:
            written_before: As for `sweep`.
        """
        steps: list[Callable[[], int | None]] = [
            self.purge,
            partial(self.jobs.lose, written_before),
            partial(self.sweep, written_before),
            self.tokens.forget_ended_sessions,
            self.refusals.flush,
            self.database.forget_deleted,
        ]
        done = [_attempt(step) for step in steps]  # each, whatever becomes of others
        if None in done:
            logger.warning("cleaning up is put off: the storage is unavailable")
        expired, lost, orphaned = (count or 0 for count in done[:3])
        if expired or lost or orphaned:
            logger.info(_CLEANED, expired, orphaned, lost)

    @contextmanager
    def in_use(self, begun: datetime) -> Iterator[None]:
        """Clean up, and tell other services on the same folder that it is in use.

        A service that is alone at its start knows that whatever older than that has no
        record is an orphan; beside others it leaves young files alone.

        Args:
            begun: When the service began; what it writes itself is younger.

        Yields:
            Nothing.
        """
        with ExitStack() as stack:
            file = self._open_lock(stack)
            if file is not None and _try_alone(file):
                self.clean(begun)
                fcntl.flock(file, fcntl.LOCK_SH)  # from here on others may join
            else:
                self.clean(begun - GRACE)
            self._warn_of_others()
            try:
                yield
            finally:
                self.refusals.flush()

    def _open_lock(self, stack: ExitStack) -> BinaryIO | None:
        folder = self.files.folder
        if folder is None:
            return None
        try:
            make_folder(folder.absolute())
            flags = os.O_WRONLY | os.O_CREAT
            descriptor = open_private(str(folder / LOCK_FILE), flags)
        except OSError:  # the folder is read-only now; predictions may go on
            return None
        return stack.enter_context(os.fdopen(descriptor, "wb"))

    def _warn_of_others(self) -> None:
        with suppress(StorageUnavailable):  # said by what needs it
            others = self.files.other_databases()
            if others:
                logger.warning(_OTHERS, ", ".join(others))


_CLEANED: Final = "cleaned up: %d expired, %d orphaned, %d jobs lost"

_JUMPED: Final = (
    "nothing is purged: the clock of this machine has jumped. If it is wrong, set it "
    "right; if it is right, say so: alzer clock --confirm"
)

_OTHERS: Final = (
    "files without a record are kept: another database keeps files in the same place "
    "(%s). Give each database a place of its own (ALZER_DATABASE, ALZER_FILES); if the "
    "other one is gone for good, remove its entry from the folder databases there"
)


def _attempt(step: Callable[[], int | None]) -> int | None:
    """Return what a step did; None if it has to be tried again."""
    try:
        return step() or 0
    except StorageUnavailable:
        return None
    except Exception:  # nobody foresaw it, and the next time it may go well
        logger.exception("cleaning up failed")
        return None


def _try_alone(file: BinaryIO) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        with suppress(OSError):  # a network folder without locks: never alone
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
    fsync = settings.durable_writes
    database = Database(settings.database or default, fsync=fsync)
    place = settings.files or str(settings.data_dir.absolute() / "uploads")
    files = FileStore(place, fsync=fsync, identity=database.identity)
    return Store(
        database,
        Records(database),
        Jobs(database),
        files,
        Tokens(database),
        Refusals(database),
        Clock(database),
        settings.retention,
    )
