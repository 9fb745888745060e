"""From where on an account's owner wants to be told that it runs out."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"

SCHEMA = "main"


def upgrade() -> None:
    column = sa.Column("low_balance_nanos", sa.BigInteger(), nullable=True)
    op.add_column("profiles", column, schema=SCHEMA)


def downgrade() -> None:
    op.drop_column("profiles", "low_balance_nanos", schema=SCHEMA)
