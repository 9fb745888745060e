"""Accounts of people: sign-in, letters, invitations, codes, announcements, the audit log."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

SCHEMA = "main"
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    for name in ("agent", "method"):
        column = sa.Column(name, sa.Text(), server_default="", nullable=False)
        op.add_column("sessions", column, schema=SCHEMA)
    proven = sa.Column("proven_ms", sa.BigInteger(), server_default="0", nullable=False)
    op.add_column("sessions", proven, schema=SCHEMA)
    op.create_index("ix_tasks_newest", "tasks", ["created_ms", "id"], schema=SCHEMA)
    _sign_in()
    _letters()
    _providers()
    _operating()


def _sign_in() -> None:
    op.create_table(
        "profiles",
        sa.Column("id", ID, nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("language", sa.Text(), server_default="", nullable=False),
        sa.Column("confirmed_ms", sa.BigInteger(), nullable=True),
        sa.Column("totp", sa.Text(), server_default="", nullable=False),
        sa.Column("totp_new", sa.Text(), server_default="", nullable=False),
        sa.Column("totp_step", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["id"], ["main.accounts.id"], name="fk_profiles_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_profiles"),
        schema=SCHEMA,
    )
    op.create_table(
        "recovery_codes",
        sa.Column("account_id", ID, nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("used_ms", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["main.accounts.id"],
            name="fk_recovery_codes_account_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("account_id", "digest", name="pk_recovery_codes"),
        schema=SCHEMA,
    )
    op.create_table(
        "mail_tokens",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("expires_ms", sa.BigInteger(), server_default="0", nullable=False),
        sa.CheckConstraint(
            "purpose IN ('confirm', 'reset', 'change')", name="ck_mail_tokens_purpose"
        ),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["main.accounts.id"],
            name="fk_mail_tokens_account_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("digest", name="pk_mail_tokens"),
        schema=SCHEMA,
    )
    op.create_index(
        "ix_mail_tokens_account_id",
        "mail_tokens",
        ["account_id"],
        unique=False,
        schema=SCHEMA,
    )
    op.create_table(
        "access_tokens",
        sa.Column("id", ID, nullable=False),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("mask", sa.Text(), nullable=False),
        sa.Column("read_only", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("expires_ms", sa.BigInteger(), nullable=True),
        sa.Column("used_ms", sa.BigInteger(), nullable=True),
        sa.Column("created_ms", sa.BigInteger(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["main.accounts.id"],
            name="fk_access_tokens_account_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_access_tokens"),
        sa.UniqueConstraint("account_id", "name", name="uq_access_tokens_account_id_name"),
        sa.UniqueConstraint("digest", name="uq_access_tokens_digest"),
        schema=SCHEMA,
        sqlite_autoincrement=True,
    )


def _letters() -> None:
    op.create_table(
        "letters",
        sa.Column("id", ID, nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("due_ms", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("attempts", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("problem", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_letters"),
        schema=SCHEMA,
        sqlite_autoincrement=True,
    )
    op.create_index("ix_letters_due_ms", "letters", ["due_ms"], unique=False, schema=SCHEMA)
    op.create_table(
        "invitations",
        sa.Column("id", ID, nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("mask", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), server_default="", nullable=False),
        sa.Column("account_group", sa.Text(), server_default="default", nullable=False),
        sa.Column("credit_nanos", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("uses_left", sa.BigInteger(), server_default="1", nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=True),
        sa.Column("created_ms", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("expires_ms", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_invitations"),
        sa.UniqueConstraint("digest", name="uq_invitations_digest"),
        schema=SCHEMA,
        sqlite_autoincrement=True,
    )


def _providers() -> None:
    op.create_table(
        "sign_in_providers",
        sa.Column("id", ID, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), server_default="", nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("sealed", sa.Text(), server_default="", nullable=False),
        sa.Column("issuer", sa.Text(), server_default="", nullable=False),
        sa.Column("authorize_url", sa.Text(), server_default="", nullable=False),
        sa.Column("token_url", sa.Text(), server_default="", nullable=False),
        sa.Column("userinfo_url", sa.Text(), server_default="", nullable=False),
        sa.Column("scopes", sa.Text(), server_default="", nullable=False),
        sa.Column("allow_private", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("enabled", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), server_default="0", nullable=False),
        sa.CheckConstraint(
            "kind IN ('github', 'oidc', 'oauth2')", name="ck_sign_in_providers_kind"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_sign_in_providers"),
        sa.UniqueConstraint("name", name="uq_sign_in_providers_name"),
        schema=SCHEMA,
        sqlite_autoincrement=True,
    )
    op.create_table(
        "identities",
        sa.Column("provider_id", ID, nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("email", sa.Text(), server_default="", nullable=False),
        sa.Column("created_ms", sa.BigInteger(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["main.accounts.id"],
            name="fk_identities_account_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["provider_id"], ["main.sign_in_providers.id"], name="fk_identities_provider_id"
        ),
        sa.PrimaryKeyConstraint("provider_id", "subject", name="pk_identities"),
        schema=SCHEMA,
    )
    op.create_index(
        "ix_identities_account_id", "identities", ["account_id"], unique=False, schema=SCHEMA
    )
    op.create_table(
        "oauth_flows",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("provider_id", ID, nullable=False),
        sa.Column("browser", sa.LargeBinary(), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=True),
        sa.Column("invitation", sa.Text(), server_default="", nullable=False),
        sa.Column("return_to", sa.Text(), server_default="", nullable=False),
        sa.Column("expires_ms", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_oauth_flows"),
        schema=SCHEMA,
    )


def _operating() -> None:
    op.create_table(
        "audit",
        sa.Column("id", ID, nullable=False),
        sa.Column("at_ms", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("actor_id", sa.BigInteger(), nullable=True),
        sa.Column("actor", sa.Text(), server_default="", nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("before", sa.Text(), server_default="null", nullable=False),
        sa.Column("after", sa.Text(), server_default="null", nullable=False),
        sa.Column("peer", sa.Text(), server_default="", nullable=False),
        sa.Column("request_id", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit"),
        schema=SCHEMA,
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_audit_actor_id_id", "audit", ["actor_id", "id"], unique=False, schema=SCHEMA
    )
    op.create_index(
        "ix_audit_kind_subject_id",
        "audit",
        ["kind", "subject", "id"],
        unique=False,
        schema=SCHEMA,
    )
    op.create_table(
        "redemption_codes",
        sa.Column("id", ID, nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("mask", sa.Text(), nullable=False),
        sa.Column("batch", sa.Text(), server_default="", nullable=False),
        sa.Column("nanos", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=True),
        sa.Column("created_ms", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("expires_ms", sa.BigInteger(), nullable=True),
        sa.Column("enabled", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("redeemed_by", sa.BigInteger(), nullable=True),
        sa.Column("redeemed_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_redemption_codes"),
        sa.UniqueConstraint("digest", name="uq_redemption_codes_digest"),
        schema=SCHEMA,
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_redemption_codes_batch_id",
        "redemption_codes",
        ["batch", "id"],
        unique=False,
        schema=SCHEMA,
    )
    op.create_table(
        "announcements",
        sa.Column("id", ID, nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), server_default="", nullable=False),
        sa.Column("level", sa.Text(), server_default="info", nullable=False),
        sa.Column("pinned", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("from_ms", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("until_ms", sa.BigInteger(), nullable=True),
        sa.Column("created_ms", sa.BigInteger(), server_default="0", nullable=False),
        sa.CheckConstraint(
            "level IN ('info', 'warning', 'critical')", name="ck_announcements_level"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_announcements"),
        schema=SCHEMA,
        sqlite_autoincrement=True,
    )


def downgrade() -> None:
    for name in (
        "announcements",
        "redemption_codes",
        "audit",
        "oauth_flows",
        "identities",
        "sign_in_providers",
        "invitations",
        "letters",
        "access_tokens",
        "mail_tokens",
        "recovery_codes",
        "profiles",
    ):
        op.drop_table(name, schema=SCHEMA)
    op.drop_index("ix_tasks_newest", "tasks", schema=SCHEMA)
    for name in ("proven_ms", "method", "agent"):
        op.drop_column("sessions", name, schema=SCHEMA)
