"""Alerts: to whom, what is wrong, and what was told, in `main`."""

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, Table, Text, text

from waystation.storage.columns import Id, count, flag, json_text, metadata, partial_index, words

alert_receivers = Table(
    "alert_receivers",
    metadata,
    Column("id", Id, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("kind", Text, nullable=False),
    Column("target", Text, nullable=False),  # a mail address, or where to post
    words("sealed"),  # of a webhook: the secret that signs
    json_text("rules", "[]"),  # []: all
    words("language"),
    flag("allow_private", False),
    flag("enabled", True),
    count("created_ms"),
    CheckConstraint("kind IN ('mail', 'webhook')", name="kind"),
    sqlite_autoincrement=True,
)

alerts = Table(
    "alerts",
    # What is or was wrong. told_ms: when its receivers were told, NULL: it is quiet. One that is
    # open is there once for each rule and subject.
    metadata,
    Column("id", Id, primary_key=True),
    Column("rule", Text, nullable=False),
    Column("subject", Text, nullable=False),
    words("name"),
    json_text("figures", "{}"),
    count("since_ms"),
    Column("told_ms", BigInteger),
    Column("ended_ms", BigInteger),
    Index(
        "ix_alerts_open",
        "rule",
        "subject",
        unique=True,
        sqlite_where=text("ended_ms IS NULL"),
        postgresql_where=text("ended_ms IS NULL"),
    ),
    Index(None, "rule", "subject", "id"),
    sqlite_autoincrement=True,
)

alert_deliveries = Table(
    "alert_deliveries",
    # Each message to each receiver. receiver_id NULL: the owner of an account. due_ms NULL: it was
    # taken, or given up.
    metadata,
    Column("id", Id, primary_key=True),
    Column("receiver_id", BigInteger),
    Column("kind", Text, nullable=False),
    Column("target", Text, nullable=False),
    Column("event", Text, nullable=False),
    words("rule"),
    words("subject"),
    Column("title", Text, nullable=False),
    words("text"),
    Column("state", Text, nullable=False, server_default="waiting"),
    count("attempts"),
    count("status"),
    words("problem"),
    count("created_ms"),
    Column("due_ms", BigInteger),
    Column("finished_ms", BigInteger),
    CheckConstraint("state IN ('waiting', 'sent', 'failed')", name="state"),
    partial_index("ix_alert_deliveries_due", "due_ms", of="due_ms IS NOT NULL"),
    Index(None, "receiver_id", "id"),
    sqlite_autoincrement=True,
)
