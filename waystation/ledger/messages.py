"""What is said between gateways (and tools) and the ledger.

A gateway sends frames of commands and gets frames of decisions. Money is integer nano-USD, time
is unix milliseconds. Each command names what it is about by id, so that a repeat returns the first
decision. The order within a connection is the order of deciding.
"""

from typing import Literal

import msgspec

from waystation.journal.row import Facts, Row
from waystation.ledger.copying import Copied, CopyBooks
from waystation.ledger.log_upkeep import Tidied, TidyLog
from waystation.ledger.message import Message
from waystation.ledger.policies import PutAccount, PutGroup, PutToken
from waystation.ledger.questions import (
    AccountState,
    AskAccount,
    AskAudit,
    AskFigures,
    AskLog,
    AskOpenHolds,
    AskPage,
    AskRow,
    AskSums,
    AskTaskHolds,
    AskToken,
    AskTransfers,
    AskVersions,
    AuditState,
    Figures,
    LogState,
    OpenHolds,
    PageState,
    RowState,
    Sums,
    TaskHolds,
    TokenState,
    Transfers,
    Versions,
)

TransferKind = Literal["topup", "grant", "refund", "adjust", "opening"]


# ---- commands of a gateway -----------------------------------------------------------------


class Hold(Message, frozen=True, tag="hold"):
    """Reserve before any upstream byte.

    nanos: wanted; nanos_floor: the least that makes sense (equal when nothing can be clamped);
    the grant lies between. prompt_nanos: posted at the least when the gateway dies after sending.
    tokens: charged to the tokens-per-minute limits now, corrected at resolution. sent: the gateway
    writes to an upstream as soon as this is admitted. idempotency: (key, digest of the body).
    within: it is for a part of a request that has a place among the concurrent ones: it is counted
    as one of them and never refused for their number, or the whole would wait for itself.
    """

    id: str
    account_id: int
    token_id: int
    group: str
    nanos: int
    nanos_floor: int
    prompt_nanos: int
    tokens: int
    sent: bool
    facts: Facts
    owner: Literal["gateway", "task"] = "gateway"
    idempotency: tuple[str, str] | None = None
    within: bool = False


class Extend(Message, frozen=True, tag="extend"):
    """Raise a stream's hold by nanos; seq counts from 1."""

    hold_id: str
    seq: int
    nanos: int


class Sent(Message, frozen=True, tag="sent"):
    """sent=False withdraws it: that attempt failed before any answer."""

    hold_id: str
    sent: bool


class Checkpoint(Message, frozen=True, tag="checkpoint"):
    """Metered so far. Monotone, capped at the hold, ignored after resolution."""

    hold_id: str
    nanos: int


class Resolve(Message, frozen=True, tag="resolve"):
    """Post (nanos, at least 0) or void (nanos = 0) a hold, once. tokens: really used. An exact
    post may go above the hold as far as the balance has it; the rest becomes loss."""

    hold_id: str
    kind: Literal["post", "void"]
    nanos: int
    exact: bool
    tokens: int
    row: Row


class Note(Message, frozen=True, tag="note"):
    """The log row of a request that never had a hold."""

    row: Row


class TakeSlot(Message, frozen=True, tag="take"):
    """Places in a channel's and a key's limits, before an attempt. 0 = no such limit. places: one
    for each call that the attempt makes; some of them, one at least, are granted."""

    slot_id: str
    channel_id: int
    key_id: int
    channel_concurrency: int
    key_concurrency: int
    channel_rpm: int
    key_rpm: int
    places: int = 1


class GiveSlot(Message, frozen=True, tag="give"):
    slot_id: str


class Hello(Message, frozen=True, tag="hello"):
    """First of a connection. holds: every open hold of this gateway; others of it are resolved as
    if it had died. slots: those it still has. A tool (apply, audit, control) says gateway=""."""

    gateway: str
    boot: str
    holds: tuple[str, ...] = ()
    slots: tuple[TakeSlot, ...] = ()


# ---- decisions -----------------------------------------------------------------------------


class RateState(msgspec.Struct, frozen=True, array_like=True):
    """The tightest limits that apply, for x-ratelimit headers. 0 as limit: none of this sort."""

    requests_limit: int = 0
    requests_remaining: int = 0
    requests_reset_ms: int = 0
    tokens_limit: int = 0
    tokens_remaining: int = 0
    tokens_reset_ms: int = 0


class Admitted(Message, frozen=True, tag="admitted"):
    """nanos: the granted hold (for Extend: the new total)."""

    hold_id: str
    nanos: int
    rate: RateState | None = None


RefusedReason = Literal[
    "account_unknown",  # not told to the ledger yet: 503
    "token_unknown",
    "account_disabled",  # 403 user_banned
    "token_disabled",  # 401
    "token_expired",  # 401
    "balance",  # 402 insufficient_user_quota
    "budget",  # 402 token_quota_exhausted; detail: "token day", "account month", …
    "rate",  # 429; detail: "token requests per minute", …
    "concurrency",  # 429
    "slot",  # a channel is full: not the caller's fault, next candidate
    "idempotency_in_progress",
    "idempotency_replayed",
    "idempotency_reused",
    "resolved",  # the hold was resolved meanwhile (swept)
    "hold_unknown",
    "taken",  # another request's hold has this id
]


class Refused(Message, frozen=True, tag="refused"):
    """available: nanos that could be held. detail: which limit. other: the earlier hold's id."""

    hold_id: str
    reason: RefusedReason
    available: int = 0
    retry_after_ms: int = 0
    detail: str = ""
    other: str = ""
    rate: RateState | None = None


class Resolved(Message, frozen=True, tag="resolved"):
    """The first resolution of this hold, whoever made it."""

    hold_id: str
    kind: Literal["post", "void", "expire"]
    nanos: int
    loss_nanos: int = 0


class Swept(Message, frozen=True, tag="swept"):
    """Unasked: these holds of yours were resolved by a sweep; end their streams."""

    hold_ids: tuple[str, ...]


class Granted(Message, frozen=True, tag="granted"):
    """A slot is taken. places: so many calls may run at once."""

    slot_id: str
    places: int = 1


# ---- money by people ---------------------------------------------------------------------


class Transfer(Message, frozen=True, tag="transfer"):
    """Money in or out by people. id is its idempotency key, unique in the account. nanos > 0
    credits, < 0 debits (stopping at the available amount)."""

    account_id: int
    id: str
    kind: TransferKind
    nanos: int
    note: str = ""


class Recall(Message, frozen=True, tag="recall"):
    """A request that another system charged, brought over with its account. id: stands for a
    hold's, once for each. row: with what it cost in nanos; token_id 0: its token is not here.
    Answered by Done."""

    id: str
    row: Row


class Done(Message, frozen=True, tag="done"):
    """id: what was asked. applied=False: it was known already. nanos: what really moved."""

    id: str
    applied: bool
    nanos: int = 0
    problem: str = ""


Command = (
    Hold | Extend | Sent | Checkpoint | Resolve | Note | TakeSlot | GiveSlot | Hello
    | PutAccount | PutToken | PutGroup | Transfer | Recall
    | AskAccount | AskToken | AskRow | AskPage | AskAudit | AskVersions | AskFigures
    | AskOpenHolds | AskTaskHolds | AskLog | AskSums | AskTransfers | TidyLog | CopyBooks
)  # fmt: skip
Decision = (
    Admitted | Refused | Resolved | Swept | Granted | Done
    | AccountState | TokenState | RowState | PageState | AuditState | Versions | Figures
    | OpenHolds | TaskHolds | LogState | Sums | Transfers | Tidied | Copied
)  # fmt: skip
