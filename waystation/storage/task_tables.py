"""The tables of slow generations, in `main` like the others."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    LargeBinary,
    Table,
    Text,
)

from waystation.storage.columns import (
    Id,
    count,
    flag,
    json_text,
    metadata,
    partial_index,
    words,
)

tasks = Table(
    "tasks",
    # Slow generations: the row is the truth. hold_id: the ledger's hold, usually the task's own id;
    # NULL: nothing was ever held. settle: '' nothing to do; 'post', 'void' the ledger must be told;
    # 'posted', 'voided' it has acknowledged. due_at_ms: when somebody should look at it, NULL while
    # a runner has it (lease_owner, alive by task_runners) or nobody need. deadline_ms: the state's.
    metadata,
    Column("id", Text, primary_key=True),
    Column("account_id", BigInteger, nullable=False),
    Column("token_id", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),
    words("action"),
    Column("state", Text, nullable=False),
    count("row_version", 1),
    Column("hold_id", Text, unique=True),
    count("hold_nanos"),
    words("settle"),
    count("nanos"),
    flag("exact", True),
    words("group_name"),
    words("rate"),
    words("price_version"),
    json_text("usage", "{}"),
    json_text("facts", "[]"),  # journal Facts, for the log row
    count("channel_id"),
    count("key_id"),
    words("upstream_id"),
    words("parent_id"),
    count("progress"),
    json_text("result", "{}"),
    json_text("memo", "{}"),  # what the kind remembers for itself; nobody else reads it
    json_text("artefacts", "[]"),
    words("fail_code"),
    words("fail_reason"),
    count("created_ms"),
    count("submitted_ms"),
    count("started_ms"),
    count("finished_ms"),
    Column("due_at_ms", BigInteger),
    Column("deadline_ms", BigInteger),
    Column("wanted_ms", BigInteger),
    words("lease_owner"),
    count("attempts"),
    flag("hooked", False),  # task_hooks has a row of it
    CheckConstraint("settle IN ('', 'post', 'void', 'posted', 'voided')", name="settle"),
    Index("ix_tasks_account", "account_id", "created_ms", "id"),
    Index("ix_tasks_newest", "created_ms", "id"),
    partial_index("ix_tasks_parent", "parent_id", of="parent_id <> ''"),
    partial_index("ix_tasks_upstream", "channel_id", "upstream_id", of="upstream_id <> ''"),
    partial_index("ix_tasks_due", "due_at_ms", of="due_at_ms IS NOT NULL"),
    partial_index("ix_tasks_wanted", "wanted_ms", of="wanted_ms IS NOT NULL"),
    partial_index("ix_tasks_leased", "lease_owner", of="lease_owner <> ''"),
    partial_index("ix_tasks_settle", "id", of="settle IN ('post', 'void')"),
    partial_index("ix_tasks_open", "account_id", "channel_id", "state", of="finished_ms = 0"),
)

task_requests = Table(
    "task_requests",  # the whole request, apart: a task's row is written often, this one once
    metadata,
    Column("task_id", Text, ForeignKey(tasks.c.id, ondelete="CASCADE"), primary_key=True),
    Column("body", LargeBinary, nullable=False),
    json_text("query", "{}"),  # what routing is asked on behalf of the caller
)

task_runners = Table(
    "task_runners",  # whose leases hold: those of a runner that said so lately
    metadata,
    Column("id", Text, primary_key=True),
    count("alive_until_ms"),
)

task_hooks = Table(
    "task_hooks",
    # Where a task's changes are told. due_ms: when to send next, NULL: nothing to say. sent_rank:
    # of the last state and progress that were delivered. attempts, first_ms: of the one under way.
    metadata,
    Column("task_id", Text, ForeignKey(tasks.c.id, ondelete="CASCADE"), primary_key=True),
    Column("url", Text, nullable=False),
    Column("due_ms", BigInteger),
    count("changes"),
    Column("sent_rank", BigInteger, nullable=False, server_default="-1"),
    count("attempts"),
    count("first_ms"),
    partial_index("ix_task_hooks_due", "due_ms", of="due_ms IS NOT NULL"),
)

task_deliveries = Table(
    "task_deliveries",  # each try to tell; what the receiver answered is never kept
    metadata,
    Column("id", Id, primary_key=True),
    Column("task_id", Text, ForeignKey(tasks.c.id, ondelete="CASCADE"), nullable=False),
    Column("delivery_id", Text, nullable=False),
    Column("state", Text, nullable=False),
    count("progress"),
    count("attempt"),
    count("status"),
    count("duration_ms"),
    words("error"),
    count("at_ms"),
    Index(None, "task_id", "id"),
    sqlite_autoincrement=True,
)
