"""Tasks: slow generations, who runs them, whom they are told to."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

SCHEMA = "main"
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TABLES = ("tasks", "task_requests", "task_runners", "task_hooks", "task_deliveries")


def upgrade() -> None:
    _tasks()
    _indexes()
    _requests()
    _hooks()
    _deliveries()


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table, schema=SCHEMA)


def _words(name: str, empty: str = "") -> sa.Column[str]:
    return sa.Column(name, sa.Text(), server_default=empty, nullable=False)


def _count(name: str, first: str = "0") -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), server_default=first, nullable=False)


def _tasks() -> None:
    op.create_table(
        "tasks",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("token_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        _words("action"),
        sa.Column("state", sa.Text(), nullable=False),
        _count("row_version", "1"),
        sa.Column("hold_id", sa.Text(), nullable=True),
        _count("hold_nanos"),
        _words("settle"),
        _count("nanos"),
        sa.Column("exact", sa.Boolean(), server_default=sa.true(), nullable=False),
        *(_words(name) for name in ("group_name", "rate", "price_version")),
        _words("usage", "{}"),
        _words("facts", "[]"),
        *(_count(name) for name in ("channel_id", "key_id")),
        *(_words(name) for name in ("upstream_id", "parent_id")),
        _count("progress"),
        *(_words(name, empty) for name, empty in (("result", "{}"), ("memo", "{}"))),
        _words("artefacts", "[]"),
        *(_words(name) for name in ("fail_code", "fail_reason")),
        *(_count(f"{name}_ms") for name in ("created", "submitted", "started", "finished")),
        *(
            sa.Column(name, sa.BigInteger(), nullable=True)
            for name in ("due_at_ms", "deadline_ms", "wanted_ms")
        ),
        _words("lease_owner"),
        _count("attempts"),
        sa.Column("hooked", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.CheckConstraint(
            "settle IN ('', 'post', 'void', 'posted', 'voided')", name="ck_tasks_settle"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_tasks"),
        sa.UniqueConstraint("hold_id", name="uq_tasks_hold_id"),
        schema=SCHEMA,
    )


def _indexes() -> None:
    _index("tasks", "ix_tasks_account", ["account_id", "created_ms", "id"])
    _index("tasks", "ix_tasks_parent", ["parent_id"], "parent_id <> ''")
    _index("tasks", "ix_tasks_upstream", ["channel_id", "upstream_id"], "upstream_id <> ''")
    _index("tasks", "ix_tasks_due", ["due_at_ms"], "due_at_ms IS NOT NULL")
    _index("tasks", "ix_tasks_wanted", ["wanted_ms"], "wanted_ms IS NOT NULL")
    _index("tasks", "ix_tasks_leased", ["lease_owner"], "lease_owner <> ''")
    _index("tasks", "ix_tasks_settle", ["id"], "settle IN ('post', 'void')")
    _index("tasks", "ix_tasks_open", ["account_id", "channel_id", "state"], "finished_ms = 0")


def _index(table: str, name: str, columns: list[str], where: str | None = None) -> None:
    only = None if where is None else sa.text(where)
    op.create_index(
        name, table, columns, unique=False, schema=SCHEMA, sqlite_where=only, postgresql_where=only
    )


def _task_id(table: str) -> tuple[sa.Column[str], sa.ForeignKeyConstraint]:
    return (
        sa.Column("task_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["task_id"], ["main.tasks.id"], name=f"fk_{table}_task_id", ondelete="CASCADE"
        ),
    )


def _requests() -> None:
    op.create_table(
        "task_requests",
        *_task_id("task_requests"),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        _words("query", "{}"),
        sa.PrimaryKeyConstraint("task_id", name="pk_task_requests"),
        schema=SCHEMA,
    )
    op.create_table(
        "task_runners",
        sa.Column("id", sa.Text(), nullable=False),
        _count("alive_until_ms"),
        sa.PrimaryKeyConstraint("id", name="pk_task_runners"),
        schema=SCHEMA,
    )


def _hooks() -> None:
    op.create_table(
        "task_hooks",
        *_task_id("task_hooks"),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("due_ms", sa.BigInteger(), nullable=True),
        _count("changes"),
        _count("sent_rank", "-1"),
        _count("attempts"),
        _count("first_ms"),
        sa.PrimaryKeyConstraint("task_id", name="pk_task_hooks"),
        schema=SCHEMA,
    )
    _index("task_hooks", "ix_task_hooks_due", ["due_ms"], "due_ms IS NOT NULL")


def _deliveries() -> None:
    op.create_table(
        "task_deliveries",
        sa.Column("id", ID, nullable=False),
        *_task_id("task_deliveries"),
        sa.Column("delivery_id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        *(_count(name) for name in ("progress", "attempt", "status", "duration_ms")),
        _words("error"),
        _count("at_ms"),
        sa.PrimaryKeyConstraint("id", name="pk_task_deliveries"),
        schema=SCHEMA,
        sqlite_autoincrement=True,
    )
    _index("task_deliveries", "ix_task_deliveries_task_id_id", ["task_id", "id"])
