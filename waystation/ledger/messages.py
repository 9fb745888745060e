"""What is said between gateways (and tools) and the ledger.

A gateway sends frames of commands and gets frames of decisions. Money is integer nano-USD, time
is unix milliseconds. Each command names what it is about by id, so that a repeat returns the first
decision. The order within a connection is the order of deciding.
"""

from typing import Literal

import msgspec

from waystation.journal.row import Facts, Row

Period = Literal["day", "week", "month", "total"]
TransferKind = Literal["topup", "grant", "refund", "adjust", "opening"]


class _Message(msgspec.Struct, frozen=True, array_like=True, tag_field="t"):
    pass


# ---- commands of a gateway -----------------------------------------------------------------


class Hold(_Message, frozen=True, tag="hold"):
    """Reserve before any upstream byte.

    nanos: wanted; nanos_floor: the least that makes sense (equal when nothing can be clamped);
    the grant lies between. prompt_nanos: posted at the least when the gateway dies after sending.
    tokens: charged to the tokens-per-minute limits now, corrected at resolution. sent: the gateway
    writes to an upstream as soon as this is admitted. idempotency: (key, digest of the body).
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


class Extend(_Message, frozen=True, tag="extend"):
    """Raise a stream's hold by nanos; seq counts from 1."""

    hold_id: str
    seq: int
    nanos: int


class Sent(_Message, frozen=True, tag="sent"):
    """sent=False withdraws it: that attempt failed before any answer."""

    hold_id: str
    sent: bool


class Checkpoint(_Message, frozen=True, tag="checkpoint"):
    """Metered so far. Monotone, capped at the hold, ignored after resolution."""

    hold_id: str
    nanos: int


class Resolve(_Message, frozen=True, tag="resolve"):
    """Post (nanos, at least 0) or void (nanos = 0) a hold, once. tokens: really used. An exact
    post may go above the hold as far as the balance has it; the rest becomes loss."""

    hold_id: str
    kind: Literal["post", "void"]
    nanos: int
    exact: bool
    tokens: int
    row: Row


class Note(_Message, frozen=True, tag="note"):
    """The log row of a request that never had a hold."""

    row: Row


class TakeSlot(_Message, frozen=True, tag="take"):
    """A place in a channel's and a key's limits, before an attempt. 0 = no such limit."""

    slot_id: str
    channel_id: int
    key_id: int
    channel_concurrency: int
    key_concurrency: int
    channel_rpm: int
    key_rpm: int


class GiveSlot(_Message, frozen=True, tag="give"):
    slot_id: str


class Hello(_Message, frozen=True, tag="hello"):
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


class Admitted(_Message, frozen=True, tag="admitted"):
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


class Refused(_Message, frozen=True, tag="refused"):
    """available: nanos that could be held. detail: which limit. other: the earlier hold's id."""

    hold_id: str
    reason: RefusedReason
    available: int = 0
    retry_after_ms: int = 0
    detail: str = ""
    other: str = ""
    rate: RateState | None = None


class Resolved(_Message, frozen=True, tag="resolved"):
    """The first resolution of this hold, whoever made it."""

    hold_id: str
    kind: Literal["post", "void", "expire"]
    nanos: int
    loss_nanos: int = 0


class Swept(_Message, frozen=True, tag="swept"):
    """Unasked: these holds of yours were resolved by a sweep; end their streams."""

    hold_ids: tuple[str, ...]


class Granted(_Message, frozen=True, tag="granted"):
    """A slot is taken."""

    slot_id: str


# ---- policies and money by people ----------------------------------------------------------


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


class PutAccount(_Message, frozen=True, tag="put_account"):
    """The account as the ledger must judge it; an older version than the known one is ignored."""

    account_id: int
    version: int
    enabled: bool
    limits: Limits = Limits()
    budget: Budget = Budget()
    floor_nanos: int = 0


class PutToken(_Message, frozen=True, tag="put_token"):
    token_id: int
    account_id: int
    version: int
    enabled: bool
    expires_ms: int | None = None
    limits: Limits = Limits()
    budget: Budget = Budget()


class PutGroup(_Message, frozen=True, tag="put_group"):
    """Limits that each account has within a group."""

    group: str
    version: int
    limits: Limits = Limits()


class Transfer(_Message, frozen=True, tag="transfer"):
    """Money in or out by people. id is its idempotency key, unique in the account. nanos > 0
    credits, < 0 debits (stopping at the available amount)."""

    account_id: int
    id: str
    kind: TransferKind
    nanos: int
    note: str = ""


class Done(_Message, frozen=True, tag="done"):
    """id: what was asked. applied=False: it was known already. nanos: what really moved."""

    id: str
    applied: bool
    nanos: int = 0
    problem: str = ""


# ---- questions -----------------------------------------------------------------------------


class AskAccount(_Message, frozen=True, tag="ask_account"):
    """Answered by AccountState."""

    id: str
    account_id: int


class AccountState(_Message, frozen=True, tag="account_state"):
    id: str
    known: bool
    balance: int = 0
    held: int = 0
    spent: int = 0
    version: int = 0


class AskToken(_Message, frozen=True, tag="ask_token"):
    """spent between from_ms and to_ms (0 = open) in `spent_range`."""

    id: str
    account_id: int
    token_id: int
    from_ms: int = 0
    to_ms: int = 0


class TokenState(_Message, frozen=True, tag="token_state"):
    id: str
    known: bool
    spent: int = 0
    held: int = 0
    spent_range: int = 0
    version: int = 0
    budget: Budget = Budget()


class AskRow(_Message, frozen=True, tag="ask_row"):
    """The log row of a request of this account (account_id 0: of any, for operators)."""

    id: str
    account_id: int
    request_id: str


class RowState(_Message, frozen=True, tag="row_state"):
    """row None: no such request. pending: admitted, not resolved. transfers: (kind, nanos, ms)."""

    id: str
    row: Row | None = None
    pending: bool = False
    transfers: tuple[tuple[str, int, int], ...] = ()


class AskPage(_Message, frozen=True, tag="ask_page"):
    """A token's latest log rows, newest first, among its account's latest; count: at most."""

    id: str
    account_id: int
    token_id: int
    count: int


class PageState(_Message, frozen=True, tag="page_state"):
    id: str
    rows: tuple[Row, ...] = ()


class AskAudit(_Message, frozen=True, tag="ask_audit"):
    id: str


class AuditState(_Message, frozen=True, tag="audit_state"):
    """report: JSON of money.md's audit."""

    id: str
    report: bytes


class AskVersions(_Message, frozen=True, tag="ask_versions"):
    """Which versions the ledger knows, for the minute's comparison."""

    id: str


class Versions(_Message, frozen=True, tag="versions"):
    id: str
    accounts: tuple[tuple[int, int], ...] = ()
    tokens: tuple[tuple[int, int], ...] = ()
    groups: tuple[tuple[str, int], ...] = ()


class AskOpenHolds(_Message, frozen=True, tag="ask_open_holds"):
    """Which of these are open. Answered by OpenHolds."""

    id: str
    hold_ids: tuple[str, ...]


class OpenHolds(_Message, frozen=True, tag="open_holds"):
    id: str
    hold_ids: tuple[str, ...] = ()


class AskTaskHolds(_Message, frozen=True, tag="ask_task_holds"):
    """Open holds of tasks, oldest first: made before before_ms, above the key after_n; count: at
    most. Answered by TaskHolds."""

    id: str
    before_ms: int
    after_n: int
    count: int


class TaskHold(msgspec.Struct, frozen=True, array_like=True):
    """n: to go on from."""

    n: int
    hold_id: str
    account_id: int
    token_id: int
    nanos: int
    created_ms: int
    facts: Facts


class TaskHolds(_Message, frozen=True, tag="task_holds"):
    id: str
    holds: tuple[TaskHold, ...] = ()


class AskFigures(_Message, frozen=True, tag="ask_figures"):
    """How the ledger process fares, for metrics."""

    id: str


class Figures(_Message, frozen=True, tag="figures"):
    """Since its start. A histogram's bounds are upper ones, inclusive; its counts have one more
    entry, for what is above the last bound."""

    id: str
    batches: int
    commands: int
    inbox: int
    connections: int
    log_dropped: int
    commit_seconds: float
    commit_seconds_bounds: tuple[float, ...]
    commit_seconds_counts: tuple[int, ...]
    batch_size_bounds: tuple[int, ...]
    batch_size_counts: tuple[int, ...]


Command = (
    Hold | Extend | Sent | Checkpoint | Resolve | Note | TakeSlot | GiveSlot | Hello
    | PutAccount | PutToken | PutGroup | Transfer
    | AskAccount | AskToken | AskRow | AskPage | AskAudit | AskVersions | AskFigures
    | AskOpenHolds | AskTaskHolds
)  # fmt: skip
Decision = (
    Admitted | Refused | Resolved | Swept | Granted | Done
    | AccountState | TokenState | RowState | PageState | AuditState | Versions | Figures
    | OpenHolds | TaskHolds
)  # fmt: skip
