"""Money in and out by people. The id makes each happen once in an account."""

from waystation.ledger.books import Posted
from waystation.ledger.decide import entries
from waystation.ledger.decide.amounts import NANOS_MAX
from waystation.ledger.messages import Done, Transfer
from waystation.ledger.state import Account, Changes, State

BALANCE_MAX = 4 * 10**18
REFUND_PREFIX = "refund:"


def transfer(state: State, changes: Changes, _posted: Posted, asked: Transfer, now_ms: int) -> Done:
    """A debit stops at what is available; what it could not take is noted in the row."""
    account = state.accounts[asked.account_id]
    if account is None:
        return Done(asked.id, False, problem="account_unknown")
    first = state.transfers[(asked.account_id, asked.id)]
    if first is not None:
        return Done(asked.id, False, first)
    problem = _problem(state, account, asked)
    if problem:
        return Done(asked.id, False, problem=problem)
    nanos, short = asked.nanos, 0
    if nanos < 0:
        nanos = -min(-nanos, max(0, account.available))
        short = nanos - asked.nanos
    account.balance += nanos
    account.lift()
    changes.accounts[account.id] = account
    entries.move(state, changes, account.id, asked.id, asked.kind, nanos, short, asked.note, now_ms)
    state.transfers[(asked.account_id, asked.id)] = nanos
    return Done(asked.id, True, nanos)


def _problem(state: State, account: Account, asked: Transfer) -> str:
    if abs(asked.nanos) > NANOS_MAX or account.balance + asked.nanos > BALANCE_MAX:
        return "amount"
    if asked.kind == "refund":
        return _refund_problem(state, asked)
    return ""


def _refund_problem(state: State, asked: Transfer) -> str:
    """A refund gives back one post of this account, once, and never more than it took."""
    if not asked.id.startswith(REFUND_PREFIX):
        return "refund_id"
    ended = state.resolved[asked.id[len(REFUND_PREFIX) :]]
    if ended is None or ended.account_id != asked.account_id or ended.decision.kind != "post":
        return "not_posted"
    return "" if 0 < asked.nanos <= ended.decision.nanos else "amount"
