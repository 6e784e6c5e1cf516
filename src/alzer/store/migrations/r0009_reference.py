"""What people call an analysis by, so that they find it again."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Add the column; what was analysed before has no reference."""
    op.add_column("analyses", sa.Column("reference", sa.String(64)))
