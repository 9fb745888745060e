"""What was brought over from another system."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"

SCHEMA = "main"


def upgrade() -> None:
    op.create_table(
        "imports",
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("foreign_id", sa.Text(), nullable=False),
        sa.Column("our_id", sa.BigInteger(), nullable=True),
        sa.Column("units", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("nanos", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("state", sa.Text(), server_default="", nullable=False),
        sa.Column("created_ms", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("origin", "kind", "foreign_id", name=op.f("pk_imports")),
        schema=SCHEMA,
    )
    op.create_index(
        op.f("ix_imports_kind_foreign_id"), "imports", ["kind", "foreign_id"], schema=SCHEMA
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_imports_kind_foreign_id"), table_name="imports", schema=SCHEMA)
    op.drop_table("imports", schema=SCHEMA)
