"""Whether an account and a token may spend at all, and how much."""

from waystation.ledger.calendar import Starts
from waystation.ledger.decide import budgets
from waystation.ledger.messages import Refused
from waystation.ledger.state import Account, State, Token


def find(
    state: State, subject_id: str, account_id: int, token_id: int, now_ms: int
) -> tuple[Account, Token] | Refused:
    """Both, when they are known, enabled, unexpired and belong together."""
    account = state.accounts[account_id]
    if account is None:
        return Refused(subject_id, "account_unknown")
    token = state.tokens[token_id]
    if token is None or token.account_id != account_id:
        return Refused(subject_id, "token_unknown")
    if not account.enabled:
        return Refused(subject_id, "account_disabled")
    if not token.enabled:
        return Refused(subject_id, "token_disabled")
    if token.expires_ms is not None and token.expires_ms <= now_ms:
        return Refused(subject_id, "token_expired")
    return account, token


def grant(
    subject_id: str,
    account: Account,
    token: Token,
    nanos: int,
    nanos_floor: int,
    now_ms: int,
    starts: Starts,
) -> int | Refused:
    """As much of nanos as balance and budgets have; refused when that is under nanos_floor."""
    available = max(0, account.available)
    if available < nanos_floor:
        return Refused(subject_id, "balance", available=available)
    granted = min(nanos, available)
    for name, subject in (("token", token), ("account", account)):
        room = budgets.room(subject.budget, subject.spend, subject.held, now_ms, starts)
        if room is None:
            continue
        left, period = room
        if left < nanos_floor:
            return Refused(subject_id, "budget", available=left, detail=f"{name} {period}")
        granted = min(granted, left)
    return granted
