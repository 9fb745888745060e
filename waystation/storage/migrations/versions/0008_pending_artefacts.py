"""Stored files that are not paid for yet."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

SCHEMA = "main"
INDEX = "ix_artefacts_pending"


def upgrade() -> None:
    column = sa.Column("pending_ms", sa.BigInteger(), nullable=True)
    op.add_column("artefacts", column, schema=SCHEMA)
    condition = sa.text("pending_ms IS NOT NULL")
    op.create_index(
        INDEX,
        "artefacts",
        ["pending_ms", "id"],
        schema=SCHEMA,
        sqlite_where=condition,
        postgresql_where=condition,
    )


def downgrade() -> None:
    op.drop_index(INDEX, table_name="artefacts", schema=SCHEMA)
    op.drop_column("artefacts", "pending_ms", schema=SCHEMA)
