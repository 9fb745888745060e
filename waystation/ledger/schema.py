"""The tables of the ledger: the file `ledger.db` on SQLite, the schema `ledger` on PostgreSQL.

Amounts are nano-USD, times unix milliseconds. Rows that are only ever added have an integer key
that grows, and as few indexes as answer the questions: each one costs every request.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    text,
)

metadata = MetaData()
Number = BigInteger().with_variant(Integer, "sqlite")
"""64 bits; on SQLite INTEGER, so that a primary key is the rowid."""


def _number(name: str) -> Column[int]:
    return Column(name, Number, nullable=False)


def _key(name: str = "n") -> Column[int]:
    return Column(name, Number, primary_key=True, autoincrement=False)


def _words(name: str) -> Column[str]:
    return Column(name, Text, nullable=False)


def _gauge() -> list[Column[int]]:
    names = ("requests_used", "tokens_used", "used_at_ms", "open_holds")
    return [_number(name) for name in names]


def _spend() -> list[Column[int]]:
    names = ("spent_nanos", "day_nanos", "week_nanos", "month_nanos", "spent_at_ms")
    return [_number(name) for name in names]


accounts = Table(
    "accounts",
    metadata,
    _key("account_id"),
    _number("version"),
    Column("enabled", Boolean, nullable=False),
    _number("floor_nanos"),
    _number("least_nanos"),  # as floor_nanos, until a floor set above the balance is reached
    Column("policy", LargeBinary, nullable=False),  # msgpack: [limits, budget]
    _number("balance_nanos"),
    _number("held_nanos"),
    *_gauge(),
    *_spend(),
)

tokens = Table(
    "tokens",
    metadata,
    _key("token_id"),
    _number("account_id"),
    _number("version"),
    Column("enabled", Boolean, nullable=False),
    Column("expires_ms", Number),
    Column("policy", LargeBinary, nullable=False),
    _number("held_nanos"),
    *_gauge(),
    *_spend(),
)

groups = Table(
    "groups",
    metadata,
    Column("group_name", Text, primary_key=True),
    _number("version"),
    Column("policy", LargeBinary, nullable=False),  # msgpack: limits
)

shares = Table(
    "shares",
    metadata,
    Column("account_id", Number, primary_key=True, autoincrement=False),
    Column("group_name", Text, primary_key=True),
    *_gauge(),
    sqlite_with_rowid=False,
)

holds = Table(
    "holds",
    metadata,
    _key(),
    _words("hold_id"),
    _number("account_id"),
    _number("token_id"),
    _words("group_name"),
    _words("owner"),
    _words("node"),
    _words("gateway"),
    _words("boot"),
    _number("nanos"),
    _number("prompt_nanos"),
    _number("checkpoint_nanos"),
    _number("tokens"),
    _number("seq"),
    Column("sent", Boolean, nullable=False),
    Column("grouped", Boolean, nullable=False),
    Column("idempotency_key", Text),
    _number("created_ms"),
    _words("request_id"),
    Column("facts", LargeBinary, nullable=False),  # msgpack of journal.row.Facts
    Index("holds_id", "hold_id", unique=True),
)
"""Open holds only: a resolution deletes the row; what happened stands in `transfers`."""

transfers = Table(
    "transfers",
    metadata,
    _key(),
    _number("account_id"),
    _words("id"),
    Column("hold_id", Text),
    Column("seq", Integer, nullable=False),
    _words("kind"),
    _words("debit"),
    _words("credit"),
    _number("amount_nanos"),
    _number("held_nanos"),
    Column("exact", Boolean, nullable=False),
    _words("price_version"),
    Column("pending_n", Number),
    _number("short_nanos"),
    _words("note"),
    _number("created_ms"),
)
"""Append-only. The indexes begin with the hold's id: it grows with time, so they are added to at
their end and stay in the cache; with account_id first each insert would land elsewhere."""

_RESOLUTION = text("kind IN ('post', 'void', 'expire')")
_EXTENSION = text("kind = 'extend'")
_BY_PEOPLE = text("hold_id IS NULL")
for _name, _columns, _where in (
    ("transfers_resolution", ("hold_id", "account_id"), _RESOLUTION),
    ("transfers_extension", ("hold_id", "account_id", "seq"), _EXTENSION),
    ("transfers_people", ("account_id", "id"), _BY_PEOPLE),
):
    Index(
        _name,
        *(transfers.c[column] for column in _columns),
        unique=True,
        sqlite_where=_where,
        postgresql_where=_where,
    )

requests = Table(
    "requests",
    metadata,
    _key(),
    _number("account_id"),
    _number("created_ms"),
    _words("request_id"),
    Column("hold_id", Text),
    Column("kind", Text, nullable=False),  # post, void, expire; note: never admitted
    _number("settled_ms"),
    _number("token_id"),
    _words("model"),
    _words("group_name"),
    _number("channel_id"),
    Column("status", Integer, nullable=False),
    _words("end_reason"),
    _words("code"),
    _number("nanos"),
    _number("cost_nanos"),
    _number("loss_nanos"),
    Column("exact", Boolean, nullable=False),
    _number("input_tokens"),
    _number("output_tokens"),
    _number("first_millis"),
    _number("total_millis"),
    Column("detail", LargeBinary, nullable=False),  # msgpack of journal.row.Row
)
"""The request log. Pages go by (account_id, created_ms, n) from the newest on, the house's by
(created_ms, n), which is added to at its end."""
Index("requests_page", requests.c.account_id, requests.c.created_ms, requests.c.n)
Index("requests_id", requests.c.request_id)
Index("requests_time", requests.c.created_ms, requests.c.n)

rollups = Table(
    "rollups",
    metadata,
    Column("account_id", Number, primary_key=True, autoincrement=False),
    Column("hour_ms", Number, primary_key=True, autoincrement=False),
    Column("token_id", Number, primary_key=True, autoincrement=False),
    Column("model", Text, primary_key=True),
    Column("group_name", Text, primary_key=True),
    Column("channel_id", Number, primary_key=True, autoincrement=False),
    _number("requests"),
    _number("failures"),
    _number("resolutions"),
    _number("nanos"),
    _number("cost_nanos"),
    _number("loss_nanos"),
    _number("input_tokens"),
    _number("output_tokens"),
    sqlite_with_rowid=False,
)
Index("rollups_hour", rollups.c.hour_ms)
"""Totals by the hour of created_ms, kept with each log row; they outlive retired rows."""

keys = Table(
    "idempotency_keys",
    metadata,
    Column("token_id", Number, primary_key=True, autoincrement=False),
    Column("key", Text, primary_key=True),
    _words("digest"),
    _words("hold_id"),
    _number("created_ms"),
    Index("idempotency_keys_age", "created_ms"),
    sqlite_with_rowid=False,
)

retired = Table(
    "retired",
    metadata,
    _key("hour_ms"),
)
"""Hours whose log rows were removed; their totals stay in `rollups`."""

nodes = Table(
    "nodes",
    metadata,
    Column("node", Text, primary_key=True),
    _words("boot"),
    _number("batch"),
    _number("lease_until_ms"),
)
"""batch: the number of the node's last commit; tells afterwards whether a commit of unknown outcome
happened. boot: of the ledger process. lease_until_ms: by the database's clock (PostgreSQL)."""

counters = Table(
    "counters",
    metadata,
    Column("name", Text, primary_key=True),
    _number("n"),
)
"""Numbers for rows, handed to the nodes in blocks (PostgreSQL)."""
