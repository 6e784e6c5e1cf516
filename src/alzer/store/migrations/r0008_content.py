"""By what an analysis of the same files is found again."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Add the column; what was analysed before is not found by it."""
    op.add_column("analyses", sa.Column("content", sa.String(64)))
    op.create_index("ix_analyses_content", "analyses", ["content"])
