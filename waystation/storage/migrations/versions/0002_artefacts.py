"""Stored pictures and the like."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

SCHEMA = "main"
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TABLE = "artefacts"
INDEXES = {
    "ix_artefacts_account_id_created_ms_id": (["account_id", "created_ms", "id"], None),
    "ix_artefacts_there": (["created_ms"], "deleted_ms IS NULL"),
    "ix_artefacts_expiring": (["expires_ms"], "deleted_ms IS NULL AND expires_ms IS NOT NULL"),
    "ix_artefacts_going": (["deleted_ms"], "deleted_ms IS NOT NULL AND NOT gone"),
}


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("token_id", sa.BigInteger(), nullable=True),
        sa.Column("request_id", sa.Text(), server_default="", nullable=False),
        sa.Column("task_id", sa.Text(), server_default="", nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("content_type", sa.Text(), nullable=False),
        sa.Column("object", sa.Text(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("width", sa.BigInteger(), nullable=True),
        sa.Column("height", sa.BigInteger(), nullable=True),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("expires_ms", sa.BigInteger(), nullable=True),
        sa.Column("deleted_ms", sa.BigInteger(), nullable=True),
        sa.Column("gone", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["main.accounts.id"], name="fk_artefacts_account_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_artefacts"),
        schema=SCHEMA,
    )
    for name, (columns, where) in INDEXES.items():
        condition = None if where is None else sa.text(where)
        op.create_index(
            name,
            TABLE,
            columns,
            schema=SCHEMA,
            sqlite_where=condition,
            postgresql_where=condition,
        )


def downgrade() -> None:
    op.drop_table(TABLE, schema=SCHEMA)
