"""What control tells of accounts, tokens and groups. An older version never replaces a newer."""

import msgspec

from waystation.ledger.books import Posted
from waystation.ledger.decide import limits
from waystation.ledger.decide.amounts import NANOS_MAX
from waystation.ledger.messages import Done
from waystation.ledger.policies import Budget, Limits, PutAccount, PutGroup, PutToken
from waystation.ledger.state import Account, Changes, Group, State, Token


def put_account(
    state: State, changes: Changes, _posted: Posted, told: PutAccount, now_ms: int
) -> Done:
    account = state.accounts[told.account_id]
    name = f"account:{told.account_id}"
    if account is not None and account.version >= told.version:
        return Done(name, False)
    if account is None:
        account = Account(id=told.account_id)
        state.accounts[told.account_id] = account
    limits.settle_gauge(account, now_ms)
    account.version = told.version
    account.enabled = told.enabled
    account.limits = _clean(told.limits)
    account.budget = _clean_budget(told.budget)
    account.floor = max(-NANOS_MAX, min(NANOS_MAX, told.floor_nanos))
    account.least = min(account.floor, account.balance - account.held)
    changes.accounts[account.id] = account
    return Done(name, True)


def put_token(state: State, changes: Changes, _posted: Posted, told: PutToken, now_ms: int) -> Done:
    """A token stays with its account for good."""
    token = state.tokens[told.token_id]
    name = f"token:{told.token_id}"
    if token is not None and token.account_id != told.account_id:
        return Done(name, False, problem="other_account")
    if token is not None and token.version >= told.version:
        return Done(name, False)
    if token is None:
        token = Token(id=told.token_id, account_id=told.account_id)
        state.tokens[told.token_id] = token
    limits.settle_gauge(token, now_ms)
    token.version = told.version
    token.enabled = told.enabled
    token.expires_ms = told.expires_ms
    token.limits = _clean(told.limits)
    token.budget = _clean_budget(told.budget)
    changes.tokens[token.id] = token
    return Done(name, True)


def put_group(
    state: State, changes: Changes, _posted: Posted, told: PutGroup, _now_ms: int
) -> Done:
    known = state.groups.get(told.group)
    name = f"group:{told.group}"
    if known is not None and known.version >= told.version:
        return Done(name, False)
    group = Group(told.group, told.version, _clean(told.limits))
    state.groups[told.group] = group
    changes.groups[told.group] = group
    return Done(name, True)


def _clean(told: Limits) -> Limits:
    return Limits(*(max(0, min(10**9, value)) for value in msgspec.structs.astuple(told)))


def _clean_budget(told: Budget) -> Budget:
    return Budget(
        *(
            None if value is None else max(0, min(NANOS_MAX, value))
            for value in msgspec.structs.astuple(told)
        )
    )
