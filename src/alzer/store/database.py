"""The database behind the records: SQLite in one file, or PostgreSQL."""

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from sqlalchemy import URL, Connection, select, text
from sqlalchemy.exc import ProgrammingError, SQLAlchemyError

from alzer.errors import StorageUnavailable
from alzer.store.engines import WAIT_S, lift_time_limit, open_engine, set_lock_wait
from alzer.store.permissions import make_folder, open_private
from alzer.store.schema import migrate
from alzer.store.tables import ANALYSES, STORE

# Alembic knows one migration at a time per process.
_PREPARING: Final = threading.Lock()
_PREPARING_S: Final = 5.0

# While the log waits to be cut nobody can write: shorter than a writer's wait.
_CUT_WAIT_MS: Final = 200

# After somebody has waited in vain for a lock, others hardly wait for so long: they
# may have queued behind the first, and each wait would add to those after it.
_LOCKED_S: Final = 2.0
_HURRIED_MS: Final = 30


class Database:
    """Records in SQLite or PostgreSQL; opened when first used, and again.

    Nothing is touched before the first transaction, which brings the tables to
    their newest form. A database that comes back after a failure is used again.

    Args:
        url: As SQLAlchemy writes it, such as `sqlite:////var/lib/alzer/alzer.db`
            or `postgresql+psycopg://alzer@db/alzer`.
        fsync: Whether SQLite's commits wait for the disk itself, so that a power
            failure does not lose them either; PostgreSQL decides by itself.

    Raises:
        InvalidRequest: If the address is of neither kind, or its driver is missing.
    """

    def __init__(self, url: str, *, fsync: bool = False) -> None:
        self._engine = open_engine(url, fsync=fsync)
        self._file = _file_of(self._engine.url) if self.is_sqlite else None
        self._prepared: object = None
        self._identity = ""
        self._locked_until = 0.0
        # What ran before this process may have deleted without cleaning up.
        self._deleted_remains = True

    @property
    def is_sqlite(self) -> bool:
        """Whether the records are in one file."""
        return self._engine.dialect.name == "sqlite"

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Open a connection whose changes are kept together or not at all.

        Yields:
            The connection; committed at the end, rolled back by an exception.

        Raises:
            StorageUnavailable: The database can't be used now.
        """
        with self._unavailability():
            self._prepare()
            with self._preparing_again(), self._begin() as connection:
                yield connection

    @contextmanager
    def _begin(self) -> Iterator[Connection]:
        """Begin a transaction that waits for locks as long as makes sense now.

        Yields:
            The connection.

        Raises:
            SQLAlchemyError: Whatever fails.
        """
        with self._engine.begin() as connection:
            is_hurried = time.monotonic() < self._locked_until
            if is_hurried:
                set_lock_wait(connection, _HURRIED_MS)
            elif self.is_sqlite:  # whose connections keep what was set before
                set_lock_wait(connection, WAIT_S * 1000)
            try:
                yield connection
            except SQLAlchemyError as error:
                if not is_hurried and _reason_of(error) == _LOCKED:
                    self._locked_until = time.monotonic() + _LOCKED_S
                raise

    @contextmanager
    def _unavailability(self) -> Iterator[None]:
        """Turn failures of the database or its file into the one that is foreseen.

        Yields:
            Nothing.

        Raises:
            StorageUnavailable: For any of them.
        """
        try:
            yield
        except (SQLAlchemyError, OSError) as error:
            raise StorageUnavailable(_describe(_reason_of(error))) from error

    @contextmanager
    def _preparing_again(self) -> Iterator[None]:
        """Prepare again after a failure such as no table: it may be a new database.

        Yields:
            Nothing.

        Raises:
            ProgrammingError: The failure.
        """
        try:
            yield
        except ProgrammingError:
            self._prepared = None
            raise

    def check(self) -> None:
        """Check that the database answers and could be written to.

        Raises:
            StorageUnavailable: It does not, or could not.
        """
        with self.transaction() as connection:
            if self.is_sqlite:
                connection.exec_driver_sql("BEGIN IMMEDIATE")  # as a writer does
            connection.execute(text("SELECT 1"))

    def identity(self) -> str:
        """Return the name that the database got when it was made.

        It goes with the records, into backups as well; another database has another.

        Returns:
            The name.

        Raises:
            StorageUnavailable: The database can't be used now.
        """
        with self._unavailability():
            self._prepare()
            return self._identity

    def note_deletion(self) -> None:
        """Remember that the next `forget_deleted` has something to do."""
        self._deleted_remains = True

    def forget_deleted(self) -> bool:
        """Remove what was deleted from the tables from their files, too.

        SQLite overwrites deleted rows (secure_delete), but its log of changes
        keeps them until it is cut, which has to wait for those who read. PostgreSQL
        makes room of them; what was written there remains until it is used.

        Returns:
            Whether it is done; else it is to be tried again later.

        Raises:
            StorageUnavailable: The database can't be used now.
        """
        with self._unavailability():
            self._prepare()
            if self.is_sqlite:
                self._deleted_remains = not self._cut_log()
            elif self._deleted_remains:
                self._deleted_remains = False  # first: more may be deleted meanwhile
                self._vacuum()
        return not self._deleted_remains

    def _cut_log(self) -> bool:
        with self._engine.connect() as connection:
            set_lock_wait(connection, _CUT_WAIT_MS)
            cut = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            # Source: SQLite's documentation: first 1 if others were in the way.
            return not cut.one()[0]

    def _vacuum(self) -> None:
        try:
            with self._engine.connect() as connection:
                alone = connection.execution_options(isolation_level="AUTOCOMMIT")
                lift_time_limit(alone)
                alone.exec_driver_sql(f"VACUUM {ANALYSES.name}")
        except SQLAlchemyError:
            self._deleted_remains = True
            raise

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()
        self._prepared = None

    def _prepare(self) -> None:
        if self._is_prepared():
            return
        # Who waits here waits for somebody else's wait for the server, or migration.
        if not _PREPARING.acquire(timeout=_PREPARING_S):
            raise StorageUnavailable(_describe(None))
        try:
            if not self._is_prepared():
                self._open()
        finally:
            _PREPARING.release()

    def _is_prepared(self) -> bool:
        return self._prepared is not None and self._prepared == self._place()

    def _open(self) -> None:
        self._engine.dispose()  # those of a file that is gone write to nowhere
        if self._file is not None:
            make_folder(self._file.parent)
            _make_file(self._file)
        with self._begin() as connection:
            migrate(connection)
            self._identity = connection.execute(select(STORE.c.id)).scalar_one()
        self._prepared = self._place()

    def _place(self) -> object:
        """Return what differs between a database file and another in its place."""
        if self._file is None:
            return self._engine.url
        try:
            status = self._file.stat()
        except OSError:
            return None
        return status.st_dev, status.st_ino


def _file_of(url: URL) -> Path | None:
    """Return SQLite's file; None for a database in memory or a URI of SQLite's own."""
    name = url.database or ":memory:"
    return None if name.startswith((":", "file:")) else Path(name)


def _make_file(file: Path) -> None:
    """Make an empty database; SQLite gives its other files the mode of this one.

    One that is there is not even opened: closing it again would end the locks
    that this process holds on it.
    """
    with suppress(FileExistsError):
        os.close(open_private(str(file), os.O_WRONLY | os.O_CREAT | os.O_EXCL))


_LOCKED: Final = "it is locked"

# What the databases say, each in its own words.
_REASONS: Final = {
    "locked": _LOCKED,
    "lock timeout": _LOCKED,
    "full": "the disk is full",
    "no space": "the disk is full",
    "readonly": "it is read-only",
    "read-only": "it is read-only",
}


def _reason_of(error: Exception) -> str | None:
    said = str(getattr(error, "orig", error)).lower()
    return next((why for words, why in _REASONS.items() if words in said), None)


def _describe(reason: str | None) -> str:
    if reason is None:
        return "The database of records can't be used now. Try again in a moment."
    return (
        f"The database of records can't be used now: {reason}. Try again in a moment."
    )
