"""Loads and locks what a batch is decided on.

Only accounts are locked, in the order of their ids: whatever belongs to an account is changed by
nobody who has not locked it, so all else is read after the lock and needs none of its own.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import asyncpg

from waystation.ledger import schema
from waystation.ledger.messages import Resolved
from waystation.ledger.postgres_wants import Wants
from waystation.ledger.records import account_of, group_of, hold_of, share_of, token_of
from waystation.ledger.state import Key, OpenHold, Outcome, State
from waystation.ledger.statements import select

SWEEP_AFTER_MS = 15_000
NOW_MS = "(extract(epoch from clock_timestamp()) * 1000)::bigint"

_ALIVE = f"SELECT node FROM nodes WHERE lease_until_ms + {SWEEP_AFTER_MS} > {NOW_MS}"  # noqa: S608
_DEAD_NODES = (
    "SELECT DISTINCT node FROM holds WHERE owner = 'gateway' AND node <> $1 "  # noqa: S608
    f"AND node NOT IN ({_ALIVE})"
)
ALIVE_AGAIN = f"{_ALIVE} AND node = ANY($1::text[])"
_OWNERS = "SELECT hold_id, account_id FROM holds WHERE hold_id = ANY($1::text[])"
_SWEPT_OWNERS = (
    "SELECT hold_id, account_id FROM holds WHERE owner = 'gateway' AND "
    "(node = $1 AND ($2 OR gateway = ANY($3::text[])) OR node = ANY($4::text[]))"
)
_ACCOUNTS = select(
    schema.accounts, "WHERE account_id = ANY($1::bigint[]) ORDER BY account_id FOR UPDATE"
)
_HOLDS = select(schema.holds, "WHERE hold_id = ANY($1::text[])")
_TOKENS = select(schema.tokens, "WHERE token_id = ANY($1::bigint[])")
_GROUPS = select(schema.groups)
_SHARES = select(
    schema.shares,
    "WHERE (account_id, group_name) IN (SELECT * FROM unnest($1::bigint[], $2::text[]))",
)
_OUTCOMES = (
    "SELECT hold_id, account_id, kind, amount_nanos, short_nanos FROM transfers "
    "WHERE hold_id = ANY($1::text[]) AND kind IN ('post', 'void', 'expire')"
)
_KEYS = (
    "SELECT token_id, key, digest, hold_id, created_ms FROM idempotency_keys "
    "WHERE (token_id, key) IN (SELECT * FROM unnest($1::bigint[], $2::text[]))"
)
_TRANSFERS = (
    "SELECT account_id, id, CASE WHEN credit = 'customer:available' THEN amount_nanos "
    "ELSE -amount_nanos END FROM transfers WHERE hold_id IS NULL "
    "AND (account_id, id) IN (SELECT * FROM unnest($1::bigint[], $2::text[]))"
)


class Loader:
    """owners: hold → account, as far as known; an account never changes, so it may be old."""

    def __init__(self, connection: asyncpg.Connection, owners: dict[str, int]) -> None:
        self._connection = connection
        self._owners = owners

    async def load(self, state: State, wants: Wants) -> None:
        """Inside a transaction. Raises asyncpg.PostgresError, OSError."""
        hold_ids = wants.new_holds | wants.old_holds | await self._find_owners(state, wants)
        locked = await self._accounts(state, wants.accounts)
        await self._holds(state, wants, hold_ids, locked)
        for record in await self._connection.fetch(_GROUPS):
            group = group_of(record)
            state.groups[group.name] = group
        await self._tokens(state, wants.tokens)
        if state.groups or any(hold.grouped for hold in state.holds.values()):
            await self._shares(state, wants.shares)
        else:
            state.shares = dict.fromkeys(wants.shares)
        state.resolved = dict.fromkeys(hold_ids)
        await self._outcomes(state, hold_ids - state.holds.keys())
        if wants.keys:
            await self._keys(state, wants.keys)
        if wants.transfers:
            await self._transfers(state, wants.transfers)

    async def load_unlocked(self, state: State, wants: Wants) -> None:
        """Only the holds spoken of, to look at."""
        for record in await self._connection.fetch(_HOLDS, list(wants.old_holds)):
            hold = hold_of(record)
            state.holds[hold.id] = hold

    async def _find_owners(self, state: State, wants: Wants) -> set[str]:
        """Adds the accounts of the holds spoken of; returns the ids of those to be swept."""
        unknown = [hold_id for hold_id in wants.old_holds if hold_id not in self._owners]
        if unknown:
            for hold_id, account_id in await self._connection.fetch(_OWNERS, unknown):
                self._owners[hold_id] = account_id
        for hold_id in wants.old_holds:
            owner = self._owners.get(hold_id)
            if owner is not None:
                wants.accounts.add(owner)
        if not wants.sweeps:
            return set()
        if wants.dead_nodes:
            dead = await self._connection.fetch(_DEAD_NODES, state.node)
            state.dead_nodes = frozenset(row[0] for row in dead)
        swept = await self._connection.fetch(
            _SWEPT_OWNERS, state.node, wants.all_ours, list(wants.gateways), list(state.dead_nodes)
        )
        wants.accounts.update(row[1] for row in swept)
        return {row[0] for row in swept}

    async def _accounts(self, state: State, account_ids: set[int]) -> set[int]:
        state.accounts = dict.fromkeys(account_ids)
        if not account_ids:
            return set()
        records = await self._connection.fetch(_ACCOUNTS, sorted(account_ids))
        for account in map(account_of, records):
            state.accounts[account.id] = account
        return account_ids

    async def _holds(
        self, state: State, wants: Wants, hold_ids: set[str], locked: set[int]
    ) -> None:
        """Those of accounts that are locked; a hold that came meanwhile is left to the next
        sweep."""
        if not hold_ids:
            return
        for record in await self._connection.fetch(_HOLDS, list(hold_ids)):
            hold: OpenHold = hold_of(record)
            if hold.account_id in locked:
                state.holds[hold.id] = hold
                wants.tokens.add(hold.token_id)
                if hold.grouped:
                    wants.shares.add((hold.account_id, hold.group))
                if hold.idempotency_key is not None:
                    wants.keys.add((hold.token_id, hold.idempotency_key))

    async def _tokens(self, state: State, token_ids: set[int]) -> None:
        state.tokens = dict.fromkeys(token_ids)
        if token_ids:
            for record in await self._connection.fetch(_TOKENS, list(token_ids)):
                token = token_of(record)
                state.tokens[token.id] = token

    async def _shares(self, state: State, places: set[tuple[int, str]]) -> None:
        state.shares = dict.fromkeys(places)
        if places:
            for record in await self._connection.fetch(_SHARES, *_columns(places)):
                share = share_of(record)
                state.shares[(share.account_id, share.group)] = share

    async def _outcomes(self, state: State, hold_ids: Iterable[str]) -> None:
        wanted = list(hold_ids)
        if wanted:
            for hold_id, account_id, kind, amount, loss in await self._connection.fetch(
                _OUTCOMES, wanted
            ):
                nanos = amount if kind == "post" else 0
                decision = Resolved(hold_id, kind, nanos, loss)
                state.resolved[hold_id] = Outcome(account_id, decision)

    async def _keys(self, state: State, places: set[tuple[int, str]]) -> None:
        state.keys = dict.fromkeys(places)
        found = await self._connection.fetch(_KEYS, *_columns(places))
        for token_id, key, digest, hold_id, created_ms in found:
            state.keys[(token_id, key)] = Key(digest, hold_id, created_ms)
        earlier = {known.hold_id for known in state.keys.values() if known is not None}
        await self._earlier_holds(state, earlier - state.holds.keys())

    async def _earlier_holds(self, state: State, hold_ids: set[str]) -> None:
        """Whether a key's earlier request still runs."""
        if hold_ids:
            for record in await self._connection.fetch(_HOLDS, list(hold_ids)):
                hold = hold_of(record)
                state.holds[hold.id] = hold

    async def _transfers(self, state: State, places: set[tuple[int, str]]) -> None:
        state.transfers = dict.fromkeys(places)
        for account_id, name, moved in await self._connection.fetch(_TRANSFERS, *_columns(places)):
            state.transfers[(account_id, name)] = moved


def _columns(places: set[tuple[int, str]]) -> Sequence[list[Any]]:
    ordered = sorted(places)
    return [place[0] for place in ordered], [place[1] for place in ordered]
