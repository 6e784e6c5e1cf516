"""The tables' form: brought from any older one to the newest."""

from pathlib import Path
from typing import Final

from sqlalchemy import Connection, text

from alzer.errors import StorageUnavailable
from alzer.store.engines import lift_time_limit

# What the newest migration is called; a test compares it with the migrations.
NEWEST: Final = "0009"

MIGRATIONS: Final = Path(__file__).with_name("migrations")

# Any number that nothing else locks: replicas migrate one after the other.
_LOCK: Final = 0x616C7A6572


def migrate(connection: Connection) -> None:
    """Bring the tables to their newest form, wholly or not at all.

    Args:
        connection: Of a transaction.

    Raises:
        StorageUnavailable: A newer version of the software has made them.
    """
    if _revision(connection) == NEWEST:
        return
    _lock_out_others(connection)
    present = _revision(connection)
    if present != NEWEST:
        _upgrade(connection, present)


def _lock_out_others(connection: Connection) -> None:
    """Lock out other services; they give up soon and come back."""
    if connection.dialect.name == "postgresql":
        lift_time_limit(connection)  # a large table needs it
        lock = text("SELECT pg_advisory_xact_lock(:key)")
        connection.execute(lock, {"key": _LOCK})
    else:
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def _upgrade(connection: Connection, present: str | None) -> None:
    # 100 ms to import, and needed only when something is to change.
    from alembic.config import Config  # noqa: PLC0415 - see above
    from alembic.runtime.environment import EnvironmentContext  # noqa: PLC0415
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    scripts = ScriptDirectory(str(MIGRATIONS), version_locations=[str(MIGRATIONS)])
    if present is not None and present not in {
        script.revision for script in scripts.walk_revisions()
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
