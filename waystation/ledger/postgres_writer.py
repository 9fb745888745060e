"""Writes what a batch changed into PostgreSQL: one statement a table, whatever the batch."""

from collections.abc import Iterable
from typing import Any

import asyncpg

from waystation.ledger import schema
from waystation.ledger.records import (
    Record,
    account_record,
    group_record,
    hold_record,
    key_record,
    log_record,
    rollup_records,
    share_record,
    token_record,
    transfer_record,
)
from waystation.ledger.state import Changes
from waystation.ledger.statements import adding, insert_arrays, replacing

PUT_ACCOUNTS = insert_arrays(schema.accounts, replacing(schema.accounts))
PUT_TOKENS = insert_arrays(schema.tokens, replacing(schema.tokens))
PUT_SHARES = insert_arrays(schema.shares, replacing(schema.shares))
PUT_GROUPS = (
    insert_arrays(schema.groups, replacing(schema.groups))
    + " WHERE excluded.version > groups.version"
)
PUT_KEYS = insert_arrays(schema.keys, replacing(schema.keys))
ADD_HOLDS = insert_arrays(schema.holds)
ADD_TRANSFERS = insert_arrays(schema.transfers)
ADD_LOG = insert_arrays(schema.requests)
ADD_ROLLUPS = insert_arrays(schema.rollups, adding(schema.rollups))
CHANGE_HOLDS = (
    "UPDATE holds SET nanos = c.nanos, checkpoint_nanos = c.checkpoint_nanos, seq = c.seq, "
    "sent = c.sent, boot = c.boot FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], "
    "$4::bigint[], $5::boolean[], $6::text[]) AS c(n, nanos, checkpoint_nanos, seq, sent, boot) "
    "WHERE holds.n = c.n"
)
END_HOLDS = "DELETE FROM holds WHERE n = ANY($1::bigint[])"
END_KEYS = (
    "DELETE FROM idempotency_keys USING unnest($1::bigint[], $2::text[], $3::text[]) "
    "AS c(token_id, key, hold_id) WHERE idempotency_keys.token_id = c.token_id "
    "AND idempotency_keys.key = c.key AND idempotency_keys.hold_id = c.hold_id"
)


async def write(connection: asyncpg.Connection, changes: Changes) -> None:
    """Inside the caller's transaction. Raises asyncpg.PostgresError, OSError."""
    for sql, records in _writes(changes):
        await connection.execute(sql, *_columns(records))


def _writes(changes: Changes) -> Iterable[tuple[str, list[Record]]]:
    """In a fixed order of tables, and of rows where other nodes may write the same ones."""
    if changes.accounts:
        yield PUT_ACCOUNTS, [account_record(a) for _, a in sorted(changes.accounts.items())]
    if changes.tokens:
        yield PUT_TOKENS, [token_record(t) for _, t in sorted(changes.tokens.items())]
    if changes.shares:
        yield PUT_SHARES, [share_record(s) for _, s in sorted(changes.shares.items())]
    if changes.groups:
        yield PUT_GROUPS, [group_record(g) for _, g in sorted(changes.groups.items())]
    if changes.holds_new:
        yield ADD_HOLDS, [hold_record(hold) for hold in changes.holds_new.values()]
    if changes.holds_changed:
        yield (
            CHANGE_HOLDS,
            [
                (h.n, h.nanos, h.checkpoint_nanos, h.seq, h.sent, h.boot)
                for h in changes.holds_changed.values()
            ],
        )
    if changes.holds_ended:
        yield END_HOLDS, [(hold.n,) for hold in changes.holds_ended]
    if changes.keys_ended:
        yield END_KEYS, [(*place, key.hold_id) for place, key in changes.keys_ended.items()]
    if changes.keys_new:
        yield PUT_KEYS, [key_record(place, key) for place, key in sorted(changes.keys_new.items())]
    if changes.transfers:
        yield ADD_TRANSFERS, [transfer_record(row) for row in changes.transfers]
    if changes.log:
        log = [log_record(row) for row in changes.log]
        yield ADD_LOG, log
        yield ADD_ROLLUPS, rollup_records(log)


def _columns(records: list[Record]) -> list[list[Any]]:
    return [list(column) for column in zip(*records, strict=True)]
