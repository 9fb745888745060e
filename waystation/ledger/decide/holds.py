"""Holds: admission, extension, and what a gateway tells about an open one."""

from collections.abc import Sequence

import msgspec

from waystation.journal.row import Facts
from waystation.ledger.books import Posted
from waystation.ledger.decide import idempotency, limits, standing
from waystation.ledger.decide.amounts import bounded
from waystation.ledger.decide.entries import pend
from waystation.ledger.messages import Admitted, Checkpoint, Extend, Hold, Refused, Sent
from waystation.ledger.state import Account, Changes, Gauge, Key, OpenHold, Share, State, Token


def admit(
    state: State, changes: Changes, posted: Posted, hold: Hold, now_ms: int
) -> Admitted | Refused:
    """Every check first, then every change: a refused request consumes nothing."""
    known = state.holds.get(hold.id)
    if known is not None:
        return _again(known, hold)
    if _was_resolved(state, hold):
        return Refused(hold.id, "resolved")
    found = standing.find(state, hold.id, hold.account_id, hold.token_id, now_ms)
    if isinstance(found, Refused):
        return found
    account, token = found
    if hold.idempotency is not None:
        refused = idempotency.refusal(state, hold.id, token.id, hold.idempotency, now_ms)
        if refused is not None:
            return refused
    share = _share(state, hold)
    gauges: list[tuple[str, Gauge]] = []
    if token.limits != limits.NONE:
        gauges.append(("token", token))
    if account.limits != limits.NONE:
        gauges.append(("account", account))
    if share is not None:
        gauges.append(("group", share))
    marks = [limits.mark(gauge) for _, gauge in gauges]
    for _, gauge in gauges:
        limits.settle_gauge(gauge, now_ms)
    granted = _granted(state, hold, account, token, gauges, now_ms)
    if isinstance(granted, Refused):
        _put_back(changes, gauges, marks, now_ms)
        return granted
    for _, gauge in gauges:
        limits.consume(gauge, bounded(hold.tokens))
    _open(state, changes, posted, hold, account, token, share, granted, now_ms)
    return Admitted(hold.id, granted, limits.rate_state(gauges) if gauges else None)


def _granted(
    state: State, hold: Hold, account: Account, token: Token, gauges: limits.Gauges, now_ms: int
) -> int | Refused:
    """Nano-USD, when there is room and money."""
    if gauges:
        counted = hold.owner == "gateway" and not hold.within
        refused = limits.refusal(hold.id, gauges, bounded(hold.tokens), counted)
        if refused is not None:
            return refused
    starts = state.calendar.starts(now_ms)
    wanted = bounded(hold.nanos)
    floor = min(bounded(hold.nanos_floor), wanted)
    return standing.grant(hold.id, account, token, wanted, floor, now_ms, starts)


def _put_back(
    changes: Changes, gauges: limits.Gauges, marks: Sequence[limits.Mark], now_ms: int
) -> None:
    for (_, gauge), marked in zip(gauges, marks, strict=True):
        if limits.put_back(gauge, marked, now_ms):
            continue
        if isinstance(gauge, Account):
            changes.accounts[gauge.id] = gauge
        elif isinstance(gauge, Token):
            changes.tokens[gauge.id] = gauge
        elif isinstance(gauge, Share):
            changes.shares[(gauge.account_id, gauge.group)] = gauge


def _was_resolved(state: State, hold: Hold) -> bool:
    """A hold that is asked for again after its end. Nearly every one is new and younger than all
    that could have been forgotten: no look into the store for those."""
    since_ms = state.remembers_ms
    if since_ms is None or hold.facts.created_ms <= since_ms:
        return state.resolved[hold.id] is not None
    return state.resolved.get(hold.id) is not None


def _again(known: OpenHold, hold: Hold) -> Admitted | Refused:
    """A repeat gets the first answer; somebody else's hold of the same id is none of theirs."""
    if known.facts.request_id != hold.facts.request_id:
        return Refused(hold.id, "taken")
    return Admitted(hold.id, known.nanos)


def _share(state: State, hold: Hold) -> Share | None:
    """The account's part in the group, when the group has limits at all."""
    group = state.groups.get(hold.group)
    if group is None:
        return None
    wanted = group.limits
    if not (wanted.rpm or wanted.tpm or wanted.concurrency):
        return None
    key = (hold.account_id, hold.group)
    share = state.shares[key]
    if share is None:
        share = Share(account_id=hold.account_id, group=hold.group)
        state.shares[key] = share
    share.limits = wanted
    return share


def _open(
    state: State,
    changes: Changes,
    posted: Posted,
    hold: Hold,
    account: Account,
    token: Token,
    share: Share | None,
    nanos: int,
    now_ms: int,
) -> None:
    asked = hold.idempotency
    opened = OpenHold(
        n=0,
        id=hold.id,
        account_id=account.id,
        token_id=token.id,
        group=hold.group,
        owner=hold.owner,
        node=state.node,
        gateway=posted.gateway,
        boot=posted.boot,
        nanos=nanos,
        prompt_nanos=bounded(hold.prompt_nanos),
        tokens=bounded(hold.tokens),
        sent=hold.sent,
        grouped=share is not None,
        idempotency_key=None if asked is None else asked[0],
        created_ms=now_ms,
        facts=_facts(hold),
    )
    opened.n = pend(state, changes, opened, "pending", nanos, now_ms)
    account.held += nanos
    token.held += nanos
    if hold.owner == "gateway":
        account.open_holds += 1
        token.open_holds += 1
        if share is not None:
            share.open_holds += 1
    changes.accounts[account.id] = account
    changes.tokens[token.id] = token
    if share is not None:
        changes.shares[(account.id, share.group)] = share
    if asked is not None:
        key = Key(asked[1], hold.id, now_ms)
        state.keys[(token.id, asked[0])] = key
        changes.keys_new[(token.id, asked[0])] = key
    state.holds[hold.id] = opened
    changes.holds_new[hold.id] = opened


def _facts(hold: Hold) -> Facts:
    """The log row goes where the money comes from, whatever else the facts say."""
    facts = hold.facts
    if facts.account_id == hold.account_id and facts.token_id == hold.token_id:
        return facts
    return msgspec.structs.replace(facts, account_id=hold.account_id, token_id=hold.token_id)


def extend(
    state: State, changes: Changes, _posted: Posted, asked: Extend, now_ms: int
) -> Admitted | Refused:
    """All or nothing. A seq that is not above the last one is a repeat."""
    hold = state.holds.get(asked.hold_id)
    if hold is None:
        known = state.resolved[asked.hold_id] is not None
        return Refused(asked.hold_id, "resolved" if known else "hold_unknown")
    if asked.seq <= hold.seq:
        return Admitted(hold.id, hold.nanos)
    found = standing.find(state, hold.id, hold.account_id, hold.token_id, now_ms)
    if isinstance(found, Refused):
        return found
    account, token = found
    nanos = bounded(asked.nanos)
    starts = state.calendar.starts(now_ms)
    granted = standing.grant(hold.id, account, token, nanos, nanos, now_ms, starts)
    if isinstance(granted, Refused):
        return granted
    hold.seq = asked.seq
    hold.nanos += granted
    account.held += granted
    token.held += granted
    pend(state, changes, hold, "extend", granted, now_ms)
    changes.accounts[account.id] = account
    changes.tokens[token.id] = token
    touch(changes, hold)
    return Admitted(hold.id, hold.nanos)


def tell_sent(state: State, changes: Changes, _posted: Posted, told: Sent, _now_ms: int) -> None:
    hold = state.holds.get(told.hold_id)
    if hold is not None and hold.sent != told.sent:
        hold.sent = told.sent
        touch(changes, hold)


def checkpoint(
    state: State, changes: Changes, _posted: Posted, told: Checkpoint, _now_ms: int
) -> None:
    """Monotone, capped at the hold, ignored after resolution."""
    hold = state.holds.get(told.hold_id)
    if hold is None:
        return
    nanos = min(told.nanos, hold.nanos)
    if nanos > hold.checkpoint_nanos:
        hold.checkpoint_nanos = nanos
        touch(changes, hold)


def touch(changes: Changes, hold: OpenHold) -> None:
    if hold.id not in changes.holds_new:
        changes.holds_changed[hold.id] = hold
