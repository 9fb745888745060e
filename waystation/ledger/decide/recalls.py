"""Requests that another system charged before its accounts came here."""

import msgspec

from waystation.ledger.books import Posted
from waystation.ledger.decide import entries
from waystation.ledger.decide.amounts import bounded
from waystation.ledger.messages import Done, Recall, Resolved
from waystation.ledger.state import Changes, LogRow, OpenHold, Outcome, State


def recall(state: State, changes: Changes, _posted: Posted, told: Recall, now_ms: int) -> Done:
    """Held and posted in one go, once for each id: the log and the books have it as if it had
    been here, but no limit, no budget of a day and no rate is asked. Beyond the balance it is a
    loss, as ever."""
    known = state.resolved[told.id]
    if known is not None:
        return Done(told.id, False, known.decision.nanos)
    facts = told.row.facts
    account = state.accounts[facts.account_id]
    if account is None:
        return Done(told.id, False, problem="account_unknown")
    token = state.tokens[facts.token_id] if facts.token_id else None
    if facts.token_id and (token is None or token.account_id != account.id):
        return Done(told.id, False, problem="token_unknown")
    wanted = bounded(told.row.nanos)
    nanos = min(wanted, max(0, account.balance - account.held))
    hold = _hold(state, changes, told, nanos, now_ms)
    account.balance -= nanos
    account.spend.total += nanos
    account.least = min(account.least, account.balance - account.held)
    changes.accounts[account.id] = account
    if token is not None:
        token.spend.total += nanos
        changes.tokens[token.id] = token
    loss = wanted - nanos
    entries.resolve(state, changes, hold, "post", nanos, True, loss, facts.price_version, now_ms)
    _log(state, changes, told, nanos, loss, now_ms)
    state.resolved[told.id] = Outcome(account.id, Resolved(told.id, "post", nanos, loss))
    return Done(told.id, True, nanos)


def _hold(state: State, changes: Changes, told: Recall, nanos: int, now_ms: int) -> OpenHold:
    """Never open: only its pending row is written."""
    facts = told.row.facts
    hold = OpenHold(
        n=0,
        id=told.id,
        account_id=facts.account_id,
        token_id=facts.token_id,
        group=facts.group,
        owner="task",
        node="",
        gateway="",
        boot="",
        nanos=nanos,
        prompt_nanos=0,
        tokens=0,
        sent=True,
        grouped=False,
        idempotency_key=None,
        created_ms=now_ms,
        facts=facts,
    )
    hold.n = entries.pend(state, changes, hold, "pending", nanos, now_ms)
    return hold


def _log(state: State, changes: Changes, told: Recall, nanos: int, loss: int, now_ms: int) -> None:
    row = msgspec.structs.replace(told.row, nanos=nanos, loss_nanos=loss, exact=True)
    n = state.log_n = state.log_n + 1
    changes.log.append(LogRow(n, row.facts.account_id, told.id, "post", now_ms, row))
