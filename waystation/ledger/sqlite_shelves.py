"""The state of the SQLite books: loaded on the first miss, trimmed between batches."""

import sqlite3
from collections.abc import Callable, MutableMapping
from itertools import islice
from typing import Any, Generic, TypeVar

from waystation.kernel.clock import now_ms
from waystation.ledger import schema
from waystation.ledger.calendar import Calendar
from waystation.ledger.messages import Resolved
from waystation.ledger.records import account_of, group_of, hold_of, share_of, token_of
from waystation.ledger.slots import Slots
from waystation.ledger.state import Account, Key, Outcome, Share, State, Token
from waystation.ledger.statements import select

K = TypeVar("K")
V = TypeVar("V")

OUTCOME = (
    "SELECT account_id, kind, amount_nanos, short_nanos FROM transfers "
    "WHERE hold_id = ? AND kind IN ('post', 'void', 'expire')"
)


class Shelf(dict[K, "V | None"], Generic[K, V]):
    """Answers every key: what it does not have it loads, and remembers that there is nothing."""

    def __init__(self, load: Callable[[K], V | None]) -> None:
        super().__init__()
        self._load = load

    def __missing__(self, key: K) -> V | None:
        value = self[key] = self._load(key)
        return value


def load_state(
    connection: sqlite3.Connection, calendar: Calendar, node: str, slots: Slots
) -> State:
    """Open holds and groups are read at once, all else when it is asked for."""
    load = _Loader(connection)
    state = State(calendar, node, slots)
    state.accounts = Shelf(load.account)
    state.tokens = Shelf(load.token)
    state.shares = Shelf(load.share)
    state.resolved = Shelf(load.outcome)
    state.keys = Shelf(load.key)
    state.transfers = Shelf(load.transfer)
    state.remembers_ms = now_ms()
    for record in connection.execute(select(schema.holds, "ORDER BY n")):
        hold = hold_of(record)
        state.holds[hold.id] = hold
    for record in connection.execute(select(schema.groups)):
        group = group_of(record)
        state.groups[group.name] = group
    state.transfer_n = _last(connection, "SELECT max(n) FROM transfers")
    state.log_n = _last(connection, "SELECT max(n) FROM requests")
    return state


def trim(state: State, kept_max: int) -> None:
    """Drop what came in first from shelves that grew too long; all of it is in the store."""
    shelves: tuple[MutableMapping[Any, Any], ...] = (
        state.accounts,
        state.tokens,
        state.shares,
        state.resolved,
        state.keys,
        state.transfers,
    )
    for shelf in shelves:
        if len(shelf) > kept_max:
            for key in list(islice(shelf, len(shelf) // 8 + 1)):
                del shelf[key]
            if shelf is state.resolved:
                state.remembers_ms = now_ms()


def _last(connection: sqlite3.Connection, sql: str) -> int:
    return int(connection.execute(sql).fetchone()[0] or 0)


class _Loader:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._account = select(schema.accounts, "WHERE account_id = ?")
        self._token = select(schema.tokens, "WHERE token_id = ?")
        self._share = select(schema.shares, "WHERE account_id = ? AND group_name = ?")

    def _one(self, sql: str, *parameters: Any) -> tuple[Any, ...] | None:
        row: tuple[Any, ...] | None = self._connection.execute(sql, parameters).fetchone()
        return row

    def account(self, account_id: int) -> Account | None:
        record = self._one(self._account, account_id)
        return None if record is None else account_of(record)

    def token(self, token_id: int) -> Token | None:
        record = self._one(self._token, token_id)
        return None if record is None else token_of(record)

    def share(self, place: tuple[int, str]) -> Share | None:
        record = self._one(self._share, *place)
        return None if record is None else share_of(record)

    def outcome(self, hold_id: str) -> Outcome | None:
        record = self._one(OUTCOME, hold_id)
        if record is None:
            return None
        account_id, kind, amount, loss = record
        nanos = amount if kind == "post" else 0
        return Outcome(account_id, Resolved(hold_id, kind, nanos, loss))

    def key(self, place: tuple[int, str]) -> Key | None:
        sql = (
            "SELECT digest, hold_id, created_ms FROM idempotency_keys "
            "WHERE token_id = ? AND key = ?"
        )
        record = self._one(sql, *place)
        return None if record is None else Key(*record)

    def transfer(self, place: tuple[int, str]) -> int | None:
        sql = (
            "SELECT CASE WHEN credit = 'customer:available' THEN amount_nanos "
            "ELSE -amount_nanos END FROM transfers "
            "WHERE hold_id IS NULL AND account_id = ? AND id = ?"
        )
        record = self._one(sql, *place)
        return None if record is None else int(record[0])
