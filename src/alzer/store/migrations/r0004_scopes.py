"""What a token is good for: analyses, or the figures of the whole service."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add the column; every token that is there was made for analyses."""
    scope = sa.Column("scope", sa.String(20), nullable=False, server_default="analyses")
    op.add_column("tokens", scope)
