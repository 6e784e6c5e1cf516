"""The tables, as the newest migration leaves them."""

from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Float,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    TypeDecorator,
    false,
)


class UtcTime(TypeDecorator[datetime]):
    """A moment in UTC; SQLite itself keeps no time zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(
        self,
        value: datetime | None,
        dialect: Any,  # noqa: ANN401 - SQLAlchemy's own signature
    ) -> datetime | None:
        """Bring a moment to UTC on its way in.

        Args:
            value: With a time zone.
            dialect: Of the database.

        Returns:
            The same moment in UTC.
        """
        if value is None:
            return None
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(
        self,
        value: datetime | None,
        dialect: Any,  # noqa: ANN401 - as above
    ) -> datetime | None:
        """Mark a moment as UTC on its way out.

        Args:
            value: As the database gives it.
            dialect: Of the database.

        Returns:
            The moment, in UTC.
        """
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if dialect.name == "sqlite" else value


METADATA: Final = MetaData()

# SQLite numbers rows by itself only where the type is exactly INTEGER.
_NUMBER = BigInteger().with_variant(Integer(), "sqlite")

# One row: which database this is, wherever it is moved.
STORE: Final = Table(
    "store",
    METADATA,
    Column("id", String(36), primary_key=True),
    Column("clock_at", UtcTime),  # the latest moment that was believed
    Column("clock_doubted", Boolean, nullable=False, server_default=false()),
)

ANALYSES: Final = Table(
    "analyses",
    METADATA,
    Column("number", _NUMBER, primary_key=True, autoincrement=True),
    Column("id", String(36), nullable=False, unique=True),
    Column("created_at", UtcTime, nullable=False, index=True),
    Column("owner", String(36)),  # the token's id; none where nobody signs in
    Column("prediction", String(40), nullable=False),
    Column("reliable", Boolean),
    Column("has_warnings", Boolean, nullable=False),
    Column("heatmap", String(60), unique=True),
    Column("original", String(60), unique=True),
    Column("evidence", String(60), index=True, unique=True),
    Column("content", String(64), index=True),
    Column("reference", String(64)),  # what people call it by
    Column("answer", JSON, nullable=False),
    Index("ix_analyses_owner_number", "owner", "number"),
    sqlite_autoincrement=True,  # a number is never used twice: cursors rest on it
)

JOBS: Final = Table(
    "jobs",
    METADATA,
    Column("number", _NUMBER, primary_key=True, autoincrement=True),
    Column("id", String(36), nullable=False, unique=True),
    Column("owner", String(36)),  # as of analyses
    Column("analysis", String(36), nullable=False, index=True),
    Column("runner", String(36), nullable=False),
    Column("state", String(20), nullable=False, index=True),
    Column("stage", String(40)),
    Column("progress", Float, nullable=False),
    Column("problem", JSON(none_as_null=True)),
    Column("created_at", UtcTime, nullable=False, index=True),
    Column("seen_at", UtcTime, nullable=False),
    sqlite_autoincrement=True,
)

TOKENS: Final = Table(
    "tokens",
    METADATA,
    Column("id", String(36), primary_key=True),
    Column("name", String(100), nullable=False),
    Column("hash", String(64), nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("expires_at", UtcTime),
    Column("revoked_at", UtcTime),
    Column("scope", String(20), nullable=False, server_default="analyses"),
)

SESSIONS: Final = Table(
    "sessions",
    METADATA,
    Column("hash", String(64), primary_key=True),
    Column("token", String(36), nullable=False, index=True),
    Column("expires_at", UtcTime, nullable=False, index=True),
)

AUDIT: Final = Table(
    "audit",
    METADATA,
    Column("number", _NUMBER, primary_key=True, autoincrement=True),
    Column("at", UtcTime, nullable=False, index=True),
    Column("actor", String(36), nullable=False),
    Column("action", String(40), nullable=False),
    Column("subject", String(36)),
    Column("request", String(36)),
    Column("count", Integer, nullable=False, server_default="1"),
    sqlite_autoincrement=True,
)
