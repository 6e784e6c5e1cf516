"""Jobs: analyses that were asked for without waiting."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "jobs",
        sa.Column("number", _NUMBER, primary_key=True, autoincrement=True),
        sa.Column("id", sa.String(36), nullable=False, unique=True),
        sa.Column("owner", sa.String(36)),
        sa.Column("analysis", sa.String(36), nullable=False),
        sa.Column("runner", sa.String(36), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("stage", sa.String(40)),
        sa.Column("progress", sa.Float, nullable=False),
        sa.Column("problem", sa.JSON),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("seen_at", _TIME, nullable=False),
        sqlite_autoincrement=True,
    )
    for column in ("analysis", "created_at", "state"):
        op.create_index(f"ix_jobs_{column}", "jobs", [column])
