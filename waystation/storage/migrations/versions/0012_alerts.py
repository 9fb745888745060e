"""Alerts: receivers, what is wrong, deliveries."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"

SCHEMA = "main"
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _words(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text(), server_default="", nullable=False) for name in names]


def _needed(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text(), nullable=False) for name in names]


def _counts(*names: str) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.BigInteger(), server_default="0", nullable=False) for name in names]


def _moments(*names: str) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.BigInteger(), nullable=True) for name in names]


def _json(name: str, empty: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), server_default=empty, nullable=False)


def upgrade() -> None:
    op.create_table(
        "alert_receivers",
        sa.Column("id", ID, nullable=False),
        *_needed("name", "kind", "target"),
        *_words("sealed"),
        _json("rules", "[]"),
        *_words("language"),
        sa.Column("allow_private", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("enabled", sa.Boolean(), server_default=sa.true(), nullable=False),
        *_counts("created_ms"),
        sa.CheckConstraint("kind IN ('mail', 'webhook')", name="ck_alert_receivers_kind"),
        sa.PrimaryKeyConstraint("id", name="pk_alert_receivers"),
        sa.UniqueConstraint("name", name="uq_alert_receivers_name"),
        schema=SCHEMA,
        sqlite_autoincrement=True,
    )
    _alerts()
    _deliveries()


def _alerts() -> None:
    op.create_table(
        "alerts",
        sa.Column("id", ID, nullable=False),
        *_needed("rule", "subject"),
        *_words("name"),
        _json("figures", "{}"),
        *_counts("since_ms"),
        *_moments("told_ms", "ended_ms"),
        sa.PrimaryKeyConstraint("id", name="pk_alerts"),
        schema=SCHEMA,
        sqlite_autoincrement=True,
    )
    still = sa.text("ended_ms IS NULL")
    op.create_index(
        "ix_alerts_open",
        "alerts",
        ["rule", "subject"],
        unique=True,
        schema=SCHEMA,
        sqlite_where=still,
        postgresql_where=still,
    )
    op.create_index("ix_alerts_rule_subject_id", "alerts", ["rule", "subject", "id"], schema=SCHEMA)


def _deliveries() -> None:
    op.create_table(
        "alert_deliveries",
        sa.Column("id", ID, nullable=False),
        *_moments("receiver_id"),
        *_needed("kind", "target", "event"),
        *_words("rule", "subject"),
        *_needed("title"),
        *_words("text"),
        sa.Column("state", sa.Text(), server_default="waiting", nullable=False),
        *_counts("attempts", "status"),
        *_words("problem"),
        *_counts("created_ms"),
        *_moments("due_ms", "finished_ms"),
        sa.CheckConstraint(
            "state IN ('waiting', 'sent', 'failed')", name="ck_alert_deliveries_state"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_alert_deliveries"),
        schema=SCHEMA,
        sqlite_autoincrement=True,
    )
    due = sa.text("due_ms IS NOT NULL")
    op.create_index(
        "ix_alert_deliveries_due",
        "alert_deliveries",
        ["due_ms"],
        schema=SCHEMA,
        sqlite_where=due,
        postgresql_where=due,
    )
    op.create_index(
        "ix_alert_deliveries_receiver_id_id",
        "alert_deliveries",
        ["receiver_id", "id"],
        schema=SCHEMA,
    )


def downgrade() -> None:
    for name in ("alert_deliveries", "alerts", "alert_receivers"):
        op.drop_table(name, schema=SCHEMA)
