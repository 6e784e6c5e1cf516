"""The latest moment that was seen, by which a clock that jumps is noticed."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add the columns; what was audited last has been seen."""
    op.add_column("store", sa.Column("clock_at", sa.DateTime(timezone=True)))
    doubted = sa.Column(
        "clock_doubted", sa.Boolean, nullable=False, server_default=sa.false()
    )
    op.add_column("store", doubted)
    # By number: a line that a wrong clock dated does not outdo those after it.
    op.execute(
        "UPDATE store SET clock_at = "
        "(SELECT at FROM audit ORDER BY number DESC LIMIT 1)"
    )
