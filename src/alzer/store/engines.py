"""Connections to SQLite and PostgreSQL, with an end to every wait."""

from functools import partial
from typing import Any, Final

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from alzer.errors import InvalidRequest

# How long to wait for a lock, or for a connection to be free. A request may wait for
# one of each, and is answered within two seconds all the same.
WAIT_S: Final = 1

# How long to wait for a new connection; libpq takes no less.
_CONNECT_S: Final = 2

# The slowest statement of a request takes milliseconds.
STATEMENT_MS: Final = 1_800

# A server's machine that has gone is noticed so soon after something was sent to it.
_UNHEARD_MS: Final = 5_000

# Source: PostgreSQL's manual, 20.11 (client connection defaults). Units: ms.
_SERVER_LIMITS: Final = {
    "lock_timeout": WAIT_S * 1000,
    "statement_timeout": STATEMENT_MS,
    "idle_in_transaction_session_timeout": 10_000,
}

# Source: PostgreSQL's manual, 34.1.2 (parameter key words). A machine that has gone
# without a word is noticed, by what is sent (ms) and by asking while we wait (s).
_CLIENT_LIMITS: Final = {
    "connect_timeout": _CONNECT_S,
    "tcp_user_timeout": _UNHEARD_MS,
    "keepalives": 1,
    "keepalives_idle": 2,
    "keepalives_interval": 1,
    "keepalives_count": 3,
}


def open_engine(url: str, *, fsync: bool) -> Engine:
    """Make an engine; nothing is connected yet.

    Args:
        url: As SQLAlchemy writes it.
        fsync: Whether SQLite's commits wait for the disk itself.

    Returns:
        The engine.

    Raises:
        InvalidRequest: If the address is of neither kind, or its driver is missing.
    """
    try:
        engine = _create(_with_driver(make_url(url)))
    except (ArgumentError, NoSuchModuleError, ModuleNotFoundError) as error:
        raise InvalidRequest(_UNUSABLE) from error
    if engine.dialect.name not in {"sqlite", "postgresql"}:
        raise InvalidRequest(_UNUSABLE)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", partial(_set_up_sqlite, fsync=fsync))
    else:
        event.listen(engine, "do_connect", _connect_with_timeout)
    return engine


def set_lock_wait(connection: Connection, wait_ms: int) -> None:
    """Set how long a transaction that has just begun waits for locks.

    Args:
        connection: To either database.
        wait_ms: How long.
    """
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(f"PRAGMA busy_timeout = {wait_ms}")
    else:
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = {wait_ms}")


def lift_time_limit(connection: Connection) -> None:
    """Lift the limit of time for what follows; waiting for locks still ends.

    Args:
        connection: To PostgreSQL; it is closed after its use, limits and all.
    """
    connection.detach()
    driver: Any = connection.connection.dbapi_connection
    driver.lift_time_limit()
    connection.exec_driver_sql("SET statement_timeout = 0")


_UNUSABLE: Final = (
    "ALZER_DATABASE is not usable: give a URL of sqlite:/// or postgresql://; "
    "PostgreSQL needs alzer[postgres] to be installed."
)


def _with_driver(url: URL) -> URL:
    bare = url.drivername == "postgresql"
    return url.set(drivername="postgresql+psycopg") if bare else url


def _create(url: URL) -> Engine:
    is_postgresql = url.get_backend_name() == "postgresql"
    return create_engine(
        url,
        connect_args=_limits(url) if is_postgresql else {"timeout": WAIT_S},
        pool_pre_ping=is_postgresql,
        pool_size=8,
        # A file takes as many connections as there are threads; a server does not.
        max_overflow=10 if is_postgresql else -1,
        pool_timeout=WAIT_S,
    )


def _limits(url: URL) -> dict[str, Any]:
    """Return what ends waiting for PostgreSQL; what the URL says comes first."""
    named = {
        key: value for key, value in _CLIENT_LIMITS.items() if key not in url.query
    }
    own = url.query.get("options", "")
    ours = [f"-c {name}={value}" for name, value in _SERVER_LIMITS.items()]
    theirs = [own] if isinstance(own, str) else list(own)
    return {**named, "options": " ".join([*ours, *theirs])}  # the last one counts


def _connect_with_timeout(
    _dialect: object,
    _record: object,
    arguments: Any,  # noqa: ANN401 - the driver's
    options: Any,  # noqa: ANN401 - the driver's
) -> object:
    from alzer.store.timeouts import TimeoutConnection  # noqa: PLC0415 - an extra

    return TimeoutConnection.connect(*arguments, **options)


def _set_up_sqlite(connection: Any, _: object, *, fsync: bool) -> None:  # noqa: ANN401 - the driver's
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        # With NORMAL a commit survives the end of the process, not of the power.
        f"synchronous={'FULL' if fsync else 'NORMAL'}",
        "secure_delete=ON",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
