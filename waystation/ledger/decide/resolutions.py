"""Resolutions: each hold ends once, as a post, a void or an expiry, with one log row."""

from typing import Literal

import msgspec

from waystation.journal.row import Row
from waystation.ledger.books import Posted
from waystation.ledger.decide import entries, limits
from waystation.ledger.decide.amounts import bounded
from waystation.ledger.messages import Note, Resolve, Resolved
from waystation.ledger.state import Account, Changes, LogRow, OpenHold, Outcome, State, Token

Kind = Literal["post", "void", "expire"]


class HoldWithoutOwnerError(Exception):
    """A hold whose account or token has no row: the books are damaged."""


def resolve(
    state: State, changes: Changes, _posted: Posted, asked: Resolve, now_ms: int
) -> Resolved:
    """The first resolution counts; a later one is told what it was.

    An inexact post stays within the hold; an exact one goes above it as far as the balance has
    it. What nobody pays is the house's loss."""
    hold = state.holds.get(asked.hold_id)
    if hold is None:
        known = state.resolved[asked.hold_id]
        # Never admitted here, so nothing is held: as good as voided.
        return known.decision if known is not None else Resolved(asked.hold_id, "void", 0)
    if asked.kind == "void":
        return finish(
            state, changes, hold, "void", 0, asked.exact, 0, asked.tokens, asked.row, now_ms
        )
    account, _ = _owners(state, hold)
    wanted = bounded(asked.nanos)
    reach = hold.nanos
    if asked.exact:
        reach = max(reach, account.available + hold.nanos)
    nanos = min(wanted, reach)
    loss = wanted - nanos
    return finish(
        state, changes, hold, "post", nanos, asked.exact, loss, asked.tokens, asked.row, now_ms
    )


def note(state: State, changes: Changes, _posted: Posted, told: Note, now_ms: int) -> None:
    """The log row of a request without a hold: it cost nothing."""
    row = told.row
    if row.nanos or row.loss_nanos:
        row = msgspec.structs.replace(row, nanos=0, loss_nanos=0)
    _log(state, changes, row.facts.account_id, None, "note", row, now_ms)


def finish(
    state: State,
    changes: Changes,
    hold: OpenHold,
    kind: Kind,
    nanos: int,
    exact: bool,
    loss: int,
    tokens: int | None,
    row: Row,
    now_ms: int,
) -> Resolved:
    """The one way out of a hold. tokens None: as many as were reserved."""
    account, token = _owners(state, hold)
    _release(state, changes, hold, account, token)
    if nanos:
        starts = state.calendar.starts(now_ms)
        account.balance -= nanos
        account.spend.turn(now_ms, starts)
        account.spend.add(nanos)
        token.spend.turn(now_ms, starts)
        token.spend.add(nanos)
    if tokens is not None:
        _correct(state, changes, hold, account, token, bounded(tokens), now_ms)
    version = row.price_version or hold.facts.price_version
    entries.resolve(state, changes, hold, kind, nanos, exact, loss, version, now_ms)
    if (
        row.nanos != nanos
        or row.loss_nanos != loss
        or row.exact != exact
        or row.facts != hold.facts
    ):
        row = msgspec.structs.replace(
            row, facts=hold.facts, nanos=nanos, loss_nanos=loss, exact=exact
        )
    _log(state, changes, hold.account_id, hold.id, kind, row, now_ms)
    _forget(state, changes, hold, kind)
    resolved = Resolved(hold.id, kind, nanos, loss)
    state.resolved[hold.id] = Outcome(hold.account_id, resolved)
    return resolved


def _owners(state: State, hold: OpenHold) -> tuple[Account, Token]:
    account = state.accounts[hold.account_id]
    token = state.tokens[hold.token_id]
    if account is None or token is None:
        raise HoldWithoutOwnerError(hold.id)
    return account, token


def _release(
    state: State, changes: Changes, hold: OpenHold, account: Account, token: Token
) -> None:
    account.held -= hold.nanos
    token.held -= hold.nanos
    if hold.owner == "gateway":
        account.open_holds -= 1
        token.open_holds -= 1
        if hold.grouped:
            key = (hold.account_id, hold.group)
            share = state.shares[key]
            if share is not None:
                share.open_holds -= 1
                changes.shares[key] = share
    changes.accounts[account.id] = account
    changes.tokens[token.id] = token


def _correct(
    state: State,
    changes: Changes,
    hold: OpenHold,
    account: Account,
    token: Token,
    used: int,
    now_ms: int,
) -> None:
    """Tokens per minute: the real ones instead of those reserved."""
    age_ms = now_ms - hold.created_ms
    limits.correct(token, hold.tokens, used, age_ms, now_ms)
    limits.correct(account, hold.tokens, used, age_ms, now_ms)
    if hold.grouped:
        key = (hold.account_id, hold.group)
        share = state.shares[key]
        group = state.groups.get(hold.group)
        if share is not None and group is not None:
            share.limits = group.limits
            limits.correct(share, hold.tokens, used, age_ms, now_ms)
            changes.shares[key] = share


def _forget(state: State, changes: Changes, hold: OpenHold, kind: Kind) -> None:
    del state.holds[hold.id]
    if changes.holds_new.pop(hold.id, None) is None:
        changes.holds_changed.pop(hold.id, None)
        changes.holds_ended.append(hold)
    if kind != "post" and hold.idempotency_key is not None:
        place = (hold.token_id, hold.idempotency_key)
        key = state.keys[place]
        if key is not None and key.hold_id == hold.id:
            state.keys[place] = None
            if changes.keys_new.pop(place, None) is None:
                changes.keys_ended[place] = key


def _log(
    state: State,
    changes: Changes,
    account_id: int,
    hold_id: str | None,
    kind: str,
    row: Row,
    now_ms: int,
) -> None:
    n = state.log_n = state.log_n + 1
    changes.log.append(LogRow(n, account_id, hold_id, kind, now_ms, row))
