"""Responses that a later request may follow."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0002"

SCHEMA = "main"
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TABLE = "stored_responses"


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("account_id", ID, nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("channel_id", sa.BigInteger(), nullable=True),
        sa.Column("key_id", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("previous", sa.Text(), server_default="", nullable=False),
        sa.Column("context_tokens", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("bytes", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("sealed", sa.Text(), server_default="", nullable=False),
        sa.Column("created_ms", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("expires_ms", sa.BigInteger(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["main.accounts.id"],
            name="fk_stored_responses_account_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("account_id", "id", name="pk_stored_responses"),
        schema=SCHEMA,
    )
    op.create_index("ix_stored_responses_expires_ms", TABLE, ["expires_ms"], schema=SCHEMA)


def downgrade() -> None:
    op.drop_table(TABLE, schema=SCHEMA)
