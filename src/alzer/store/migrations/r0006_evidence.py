"""The file of what the network gave, beside the heatmap's."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add the column; what was analysed before has no such file."""
    op.add_column("analyses", sa.Column("evidence", sa.String(60)))
    # SQLite adds no column that is unique; an index of its own does the same.
    op.create_index("ix_analyses_evidence", "analyses", ["evidence"], unique=True)
