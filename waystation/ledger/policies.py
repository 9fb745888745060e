"""What the ledger judges accounts, tokens and groups by, as `main` says it.

Each has a version; an older one than the ledger knows is ignored.
"""

import msgspec

from waystation.ledger.message import Message


class Limits(msgspec.Struct, frozen=True, array_like=True):
    """0 = no limit."""

    rpm: int = 0
    tpm: int = 0
    concurrency: int = 0


class Budget(msgspec.Struct, frozen=True, array_like=True):
    """Spend caps in nanos, None = none; calendar periods in the operator's time zone."""

    total: int | None = None
    day: int | None = None
    week: int | None = None
    month: int | None = None


class PutAccount(Message, frozen=True, tag="put_account"):
    """The account as the ledger must judge it."""

    account_id: int
    version: int
    enabled: bool
    limits: Limits = Limits()
    budget: Budget = Budget()
    floor_nanos: int = 0


class PutToken(Message, frozen=True, tag="put_token"):
    token_id: int
    account_id: int
    version: int
    enabled: bool
    expires_ms: int | None = None
    limits: Limits = Limits()
    budget: Budget = Budget()


class PutGroup(Message, frozen=True, tag="put_group"):
    """Limits that each account has within a group."""

    group: str
    version: int
    limits: Limits = Limits()
