"""Top-ups: payment providers and orders."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

SCHEMA = "main"
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _words(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text(), server_default="", nullable=False) for name in names]


def _counts(*names: str) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.BigInteger(), server_default="0", nullable=False) for name in names]


def upgrade() -> None:
    op.create_table(
        "payment_providers",
        sa.Column("id", ID, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        *_words("sealed", "base_url", "merchant"),
        sa.Column("methods", sa.Text(), server_default="[]", nullable=False),
        sa.Column("by_form", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("allow_private", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("enabled", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.CheckConstraint("name IN ('stripe', 'easypay')", name="ck_payment_providers_name"),
        sa.PrimaryKeyConstraint("id", name="pk_payment_providers"),
        sa.UniqueConstraint("name", name="uq_payment_providers_name"),
        schema=SCHEMA,
        sqlite_autoincrement=True,
    )
    _orders()


def _orders() -> None:
    op.create_table(
        "top_ups",
        sa.Column("id", ID, nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        *_words("method"),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        *_counts("minor", "nanos"),
        *_words("reference", "url", "note", "problem"),
        sa.Column("created_by", sa.BigInteger(), nullable=True),
        *_counts("created_ms", "expires_ms"),
        sa.Column("paid_ms", sa.BigInteger(), nullable=True),
        sa.Column("refunded_ms", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "provider IN ('stripe', 'easypay', 'manual')", name="ck_top_ups_provider"
        ),
        sa.CheckConstraint(
            "state IN ('pending', 'paid', 'expired', 'refunded')", name="ck_top_ups_state"
        ),
        sa.ForeignKeyConstraint(["account_id"], ["main.accounts.id"], name="fk_top_ups_account_id"),
        sa.PrimaryKeyConstraint("id", name="pk_top_ups"),
        sa.UniqueConstraint("number", name="uq_top_ups_number"),
        schema=SCHEMA,
        sqlite_autoincrement=True,
    )
    for name in ("account_id", "state"):
        op.create_index(f"ix_top_ups_{name}_id", "top_ups", [name, "id"], schema=SCHEMA)
    waiting = sa.text("state = 'pending'")
    op.create_index(
        "ix_top_ups_waiting",
        "top_ups",
        ["expires_ms"],
        schema=SCHEMA,
        sqlite_where=waiting,
        postgresql_where=waiting,
    )


def downgrade() -> None:
    op.drop_table("top_ups", schema=SCHEMA)
    op.drop_table("payment_providers", schema=SCHEMA)
