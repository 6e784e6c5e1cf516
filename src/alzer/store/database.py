"""The database behind the records: SQLite in one file, or PostgreSQL."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from alzer.errors import InvalidRequest, StorageUnavailable

# What the newest migration is called; a test compares it with the migrations.
NEWEST: Final = "0001"

# How long to wait for a lock, a connection, or the server itself.
WAIT_S: Final = 2

_MIGRATIONS: Final = Path(__file__).with_name("migrations")

# Any number that nothing else locks: replicas migrate one after the other.
_MIGRATION_LOCK: Final = 0x616C7A6572


# Alembic knows one migration at a time per process.
_PREPARING: Final = threading.Lock()


class Database:
    """Records in SQLite or PostgreSQL; opened when first used, and again.

    Nothing is touched before the first transaction, which brings the tables to
    their newest form. A database that comes back after a failure is used again.

    Args:
        url: As SQLAlchemy writes it, such as `sqlite:////var/lib/alzer/alzer.db`
            or `postgresql+psycopg://alzer@db/alzer`.
        settle: Whether SQLite's commits wait for the disk itself, so that a power
            failure does not lose them either; PostgreSQL decides by itself.

    Raises:
        InvalidRequest: If the address is of neither kind, or its driver is missing.
    """

    def __init__(self, url: str, *, settle: bool = False) -> None:
        self._engine = _create(url, settle=settle)
        self._file = self._engine.url.database if self.is_sqlite else None
        self._prepared: object = None

    @property
    def is_sqlite(self) -> bool:
        """Whether the records are in one file."""
        return self._engine.dialect.name == "sqlite"

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Give a connection whose changes are kept together or not at all.

        Yields:
            The connection; committed at the end, rolled back by an exception.

        Raises:
            StorageUnavailable: The database can't be used now.
        """
        try:
            self._prepare()
            with self._engine.begin() as connection:
                yield connection
        except (SQLAlchemyError, OSError) as error:
            raise StorageUnavailable(_sentence(error)) from error

    def check(self) -> None:
        """Make sure that the database answers.

        Raises:
            StorageUnavailable: It does not.
        """
        with self.transaction() as connection:
            connection.execute(text("SELECT 1"))

    def forget_deleted(self) -> None:
        """Remove from the disk what was deleted from the tables.

        SQLite overwrites deleted rows (secure_delete), but its log of changes
        keeps them until it is cut.

        Raises:
            StorageUnavailable: The database can't be used now.
        """
        if not self.is_sqlite:
            return
        try:
            with self._engine.connect() as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        except SQLAlchemyError as error:
            raise StorageUnavailable(_sentence(error)) from error

    def close(self) -> None:
        """Give back every connection."""
        self._engine.dispose()
        self._prepared = None

    def _prepare(self) -> None:
        if self._prepared is not None and self._prepared == self._identity():
            return
        with _PREPARING:
            if self._prepared is not None and self._prepared == self._identity():
                return
            self._engine.dispose()  # those of a file that is gone write to nowhere
            if self._file is not None:
                Path(self._file).parent.mkdir(parents=True, exist_ok=True)
            with self._engine.begin() as connection:
                _migrate(connection)
            self._prepared = self._identity()

    def _identity(self) -> object:
        """Tell one database file from another put in its place."""
        if self._file is None:
            return self._engine.url
        try:
            status = Path(self._file).stat()
        except OSError:
            return None
        return status.st_dev, status.st_ino


def _create(url: str, *, settle: bool) -> Engine:
    try:
        parsed = make_url(url)
        kind = parsed.get_backend_name()
        if kind == "postgresql" and parsed.drivername == "postgresql":
            parsed = parsed.set(drivername="postgresql+psycopg")
        waits: dict[str, Any] = {"timeout": WAIT_S}
        if kind == "postgresql":
            waits = {"connect_timeout": WAIT_S}
        engine = create_engine(
            parsed,
            connect_args=waits,
            pool_pre_ping=kind == "postgresql",
            pool_size=8,
            pool_timeout=WAIT_S,
        )
    except (ArgumentError, NoSuchModuleError, ModuleNotFoundError) as error:
        kind = "unknown"
        problem: Exception | None = error
    else:
        problem = None
    if kind not in {"sqlite", "postgresql"}:
        message = (
            "ALZER_DATABASE is not usable: give a URL of sqlite:/// or postgresql://; "
            "PostgreSQL needs alzer[postgres] to be installed."
        )
        raise InvalidRequest(message) from problem
    if kind == "sqlite":
        event.listen(engine, "connect", partial(_set_up_sqlite, settle=settle))
    return engine


def _set_up_sqlite(connection: Any, _: object, *, settle: bool) -> None:  # noqa: ANN401 - the driver's
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        # With NORMAL a commit survives the end of the process, not of the power.
        f"synchronous={'FULL' if settle else 'NORMAL'}",
        "secure_delete=ON",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _migrate(connection: Connection) -> None:
    """Bring the tables to their newest form.

    Raises:
        StorageUnavailable: A newer version of the software has made them.
    """
    if _revision(connection) == NEWEST:
        return
    # Several services may start at the same time on one database.
    if connection.dialect.name == "postgresql":
        lock = text("SELECT pg_advisory_xact_lock(:key)")
        connection.execute(lock, {"key": _MIGRATION_LOCK})
    else:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    present = _revision(connection)
    if present == NEWEST:
        return
    # 100 ms to import, and needed only when something is to change.
    from alembic.config import Config  # noqa: PLC0415 - see above
    from alembic.runtime.environment import EnvironmentContext  # noqa: PLC0415
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    scripts = ScriptDirectory(str(_MIGRATIONS), version_locations=[str(_MIGRATIONS)])
    if present is not None and present not in {
        each.revision for each in scripts.walk_revisions()
    }:
        message = (
            "The database was written by a newer version of alzer; use that one, or "
            "restore a backup."
        )
        raise StorageUnavailable(message)
    with EnvironmentContext(
        config,
        scripts,
        fn=lambda revision, _: scripts._upgrade_revs("head", revision),  # noqa: SLF001 - Alembic's documented way without an ini file
    ) as environment:
        environment.configure(connection=connection)
        environment.run_migrations()


def _revision(connection: Connection) -> str | None:
    inspected = connection.dialect.has_table(connection, "alembic_version")
    if not inspected:
        return None
    found = connection.execute(text("SELECT version_num FROM alembic_version"))
    return found.scalar()


def _sentence(error: Exception) -> str:
    said = str(getattr(error, "orig", error)).lower()
    reasons = {
        "locked": "it is locked",
        "full": "the disk is full",
        "readonly": "it is read-only",
        "read-only": "it is read-only",
    }
    reason = next((why for word, why in reasons.items() if word in said), None)
    said = f": {reason}" if reason else ""
    return f"The database of records can't be used now{said}. Try again in a moment."
