"""Analyses, tokens, sessions, and an audit log that can only grow."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TIME = sa.DateTime(timezone=True)

_ONLY_GROWS = {
    "sqlite": (
        "CREATE TRIGGER audit_keeps_{verb} BEFORE {verb} ON audit "
        "BEGIN SELECT RAISE(ABORT, 'the audit log only grows'); END"
    ),
    "postgresql": (
        "CREATE TRIGGER audit_keeps_{verb} BEFORE {verb} ON audit "
        "FOR EACH STATEMENT EXECUTE FUNCTION audit_only_grows()"
    ),
}

_REFUSE = (
    "CREATE FUNCTION audit_only_grows() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN RAISE EXCEPTION 'the audit log only grows'; END $$"
)


def upgrade() -> None:
    """Make the tables."""
    _create_analyses()
    _create_access()
    _create_audit()


def _create_analyses() -> None:
    op.create_table(
        "analyses",
        sa.Column("number", _NUMBER, primary_key=True, autoincrement=True),
        sa.Column("id", sa.String(36), nullable=False, unique=True),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("owner", sa.String(36)),
        sa.Column("prediction", sa.String(40), nullable=False),
        sa.Column("reliable", sa.Boolean),
        sa.Column("has_warnings", sa.Boolean, nullable=False),
        sa.Column("heatmap", sa.String(60), unique=True),
        sa.Column("original", sa.String(60), unique=True),
        sa.Column("answer", sa.JSON, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_analyses_created_at", "analyses", ["created_at"])
    op.create_index("ix_analyses_owner_number", "analyses", ["owner", "number"])


def _create_access() -> None:
    op.create_table(
        "tokens",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("expires_at", _TIME),
        sa.Column("revoked_at", _TIME),
    )
    op.create_table(
        "sessions",
        sa.Column("hash", sa.String(64), primary_key=True),
        sa.Column("token", sa.String(36), nullable=False),
        sa.Column("expires_at", _TIME, nullable=False),
    )
    op.create_index("ix_sessions_token", "sessions", ["token"])
    op.create_index("ix_sessions_expires_at", "sessions", ["expires_at"])


def _create_audit() -> None:
    op.create_table(
        "audit",
        sa.Column("number", _NUMBER, primary_key=True, autoincrement=True),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("actor", sa.String(36), nullable=False),
        sa.Column("action", sa.String(40), nullable=False),
        sa.Column("subject", sa.String(36)),
        sa.Column("request", sa.String(36)),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_audit_at", "audit", ["at"])
    dialect = op.get_bind().dialect.name
    verbs = ["UPDATE", "DELETE"]
    if dialect == "postgresql":
        op.execute(_REFUSE)
        verbs.append("TRUNCATE")
    for verb in verbs:
        op.execute(_ONLY_GROWS[dialect].format(verb=verb))
