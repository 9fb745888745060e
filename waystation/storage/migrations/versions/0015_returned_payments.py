"""What went back of a payment, and the number by which its provider tells of that."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"

SCHEMA = "main"


def upgrade() -> None:
    with op.batch_alter_table("top_ups", schema=SCHEMA) as table:
        table.add_column(
            sa.Column("returned_minor", sa.BigInteger(), server_default="0", nullable=False)
        )
        table.add_column(sa.Column("payment", sa.Text(), server_default="", nullable=False))
    op.execute("UPDATE main.top_ups SET returned_minor = minor WHERE state = 'refunded'")


def downgrade() -> None:
    with op.batch_alter_table("top_ups", schema=SCHEMA) as table:
        table.drop_column("payment")
        table.drop_column("returned_minor")
