"""Writes what a batch changed into SQLite, inside the caller's transaction."""

import sqlite3
from collections.abc import Iterable

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
from waystation.ledger.statements import add, change_hold, insert, upsert

# The driver looks for a conversion of whatever is no number and no text, by three protocols, before
# it binds it as it stands. One that it is told of it finds at once: half a microsecond a value.
sqlite3.register_adapter(bool, int)
sqlite3.register_adapter(bytes, bytearray)
sqlite3.register_adapter(type(None), {}.get)  # type: ignore[arg-type]  # nothing, of nothing


def _mark(_position: int) -> str:
    return "?"


def _numbered(position: int) -> str:
    return f"?{position}"


PUT_ACCOUNT = upsert(schema.accounts, _mark)
PUT_TOKEN = upsert(schema.tokens, _mark)
PUT_SHARE = upsert(schema.shares, _mark)
PUT_GROUP = upsert(schema.groups, _mark)
PUT_KEY = upsert(schema.keys, _mark)
PUT_NODE = upsert(schema.nodes, _mark)
ADD_HOLD = insert(schema.holds, _mark)
ADD_TRANSFER = insert(schema.transfers, _mark)
ADD_LOG = insert(schema.requests, _mark)
ADD_ROLLUP = add(schema.rollups, _mark)
CHANGE_HOLD = change_hold(_numbered)
END_HOLD = "DELETE FROM holds WHERE n = ?"
END_KEY = "DELETE FROM idempotency_keys WHERE token_id = ? AND key = ? AND hold_id = ?"


def write(connection: sqlite3.Connection, changes: Changes, node: str, batch: int) -> None:
    """Raises sqlite3.Error; the caller rolls back."""

    def many(sql: str, records: Iterable[Record]) -> None:
        connection.executemany(sql, records)

    if changes.accounts:
        many(PUT_ACCOUNT, map(account_record, changes.accounts.values()))
    if changes.tokens:
        many(PUT_TOKEN, map(token_record, changes.tokens.values()))
    if changes.shares:
        many(PUT_SHARE, map(share_record, changes.shares.values()))
    if changes.groups:
        many(PUT_GROUP, map(group_record, changes.groups.values()))
    if changes.holds_new:
        many(ADD_HOLD, map(hold_record, changes.holds_new.values()))
    if changes.holds_changed:
        many(
            CHANGE_HOLD,
            (
                (h.n, h.nanos, h.checkpoint_nanos, h.seq, h.sent, h.boot)
                for h in changes.holds_changed.values()
            ),
        )
    if changes.holds_ended:
        many(END_HOLD, ((hold.n,) for hold in changes.holds_ended))
    if changes.keys_ended:
        many(END_KEY, ((*place, key.hold_id) for place, key in changes.keys_ended.items()))
    if changes.keys_new:
        many(PUT_KEY, (key_record(place, key) for place, key in changes.keys_new.items()))
    if changes.transfers:
        many(ADD_TRANSFER, map(transfer_record, changes.transfers))
    if changes.log:
        log = [log_record(row) for row in changes.log]
        many(ADD_LOG, log)
        many(ADD_ROLLUP, rollup_records(log))
    connection.execute(PUT_NODE, (node, "", batch, 0))
