"""Sessions tell what is next for the client."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """One more column; nothing was told in the sessions of before."""
    with op.batch_alter_table("session") as session:
        session.add_column(sa.Column("next_steps", sa.String(), nullable=False, server_default=""))
