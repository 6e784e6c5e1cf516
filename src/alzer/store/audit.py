"""Who did what, and when: a log that can only grow."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal

from sqlalchemy import Connection, insert, select

from alzer.store.database import Database
from alzer.store.tables import AUDIT

Action = Literal[
    "analysed",
    "viewed",
    "listed",
    "referenced",
    "deleted",
    "expired",
    "signed in",
    "sign-in refused",
    "token refused",
    "signed out",
    "token created",
    "token revoked",
    "clock confirmed",
]

# Who acts without a token: this machine's user, and the service itself.
LOCAL: Final = "local"
SERVICE: Final = "service"
UNKNOWN: Final = "unknown"


@dataclass(frozen=True)
class AuditEntry:
    """One line of the log.

    Attributes:
        actor: A token's id, or LOCAL, SERVICE or UNKNOWN.
        action: What was done.
        subject: The id of the analysis or token that it was done to.
        request: The id of the request by which it was done.
        at: When.
        count: How often it was done; more than once only where one line stands for
            several, and `request` is then none.
    """

    actor: str
    action: Action
    subject: str | None = None
    request: str | None = None
    at: datetime | None = None
    count: int = 1


# Built once: putting a statement together takes longer than running it.
_ADD: Final = insert(AUDIT)

_COLUMNS: Final = tuple(AUDIT.c[name] for name in AuditEntry.__dataclass_fields__)


def append(connection: Connection, entry: AuditEntry) -> None:
    """Add a line to the log, in the transaction of what it tells of.

    Args:
        connection: Of a transaction.
        entry: What was done.
    """
    at = entry.at or datetime.now(UTC)
    connection.execute(_ADD, {**vars(entry), "at": at})


def read_log(database: Database, newest: int = 100) -> list[AuditEntry]:
    """Read the newest lines, the latest last.

    Args:
        database: Where the log is.
        newest: How many at most.

    Returns:
        The lines.
    """
    query = select(*_COLUMNS).order_by(AUDIT.c.number.desc()).limit(newest)
    with database.transaction() as connection:
        rows = connection.execute(query).all()
    return [AuditEntry(*row) for row in reversed(rows)]
