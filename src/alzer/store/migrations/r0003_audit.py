"""An audit log that withstands REPLACE, with counts of what happens often."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

# Source: SQLite's documentation, "ON CONFLICT clause": REPLACE removes the rows in
# its way without firing delete triggers, unless `recursive_triggers` is on, which is
# for each connection to choose. So a row in the way is refused before that.
# Source: SQLite's documentation, CREATE TRIGGER: before the insertion, a number that
# is not given reads as -1. No row may really have that one.
_SQLITE = tuple(
    f"CREATE TRIGGER {name} {moment} INSERT ON audit WHEN {condition} "
    "BEGIN SELECT RAISE(ABORT, 'the audit log only grows'); END"
    for name, moment, condition in (
        ("audit_keeps_REPLACE", "BEFORE", "NEW.number IN (SELECT number FROM audit)"),
        ("audit_counts_up", "AFTER", "NEW.number < 1"),
    )
)

# Also where `session_replication_role` turns ordinary triggers off.
_POSTGRESQL = tuple(
    f"ALTER TABLE audit ENABLE ALWAYS TRIGGER audit_keeps_{verb}"
    for verb in ("update", "delete", "truncate")
)


def upgrade() -> None:
    """Refuse REPLACE, and add the column for counts."""
    count = sa.Column("count", sa.Integer, nullable=False, server_default="1")
    op.add_column("audit", count)
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    for statement in _SQLITE if is_sqlite else _POSTGRESQL:
        op.execute(statement)
