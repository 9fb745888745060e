"""What the ledger decides on, in memory. Money in nano-USD, time in unix milliseconds.

The mappings answer every key: an object, or None for what does not exist. A store fills them:
SQLite on the first miss, PostgreSQL before each batch. `decide` changes the objects in place and
lists what it changed in `Changes`; a store whose commit fails throws its state away and reloads.
"""

from collections.abc import MutableMapping
from typing import Literal

import msgspec

from waystation.journal.row import Facts, Row
from waystation.ledger.calendar import Calendar, Spend
from waystation.ledger.messages import Resolved
from waystation.ledger.policies import Budget, Limits
from waystation.ledger.slots import Slots

Owner = Literal["gateway", "task"]


class Gauge(msgspec.Struct, kw_only=True, eq=False):
    """Where requests and tokens per minute and open holds are counted.

    The used amounts are in 60,000ths and run dry by limit × milliseconds, so all is integer."""

    limits: Limits = Limits()
    requests_used: int = 0
    tokens_used: int = 0
    used_at_ms: int = 0
    open_holds: int = 0


class Account(Gauge, kw_only=True, eq=False):
    """available = balance - held - floor. held: of gateways and tasks.

    least: balance - held is never under it. It is the floor, or lower where the floor was set
    above what the account had; money that comes in lifts it."""

    id: int
    version: int = 0
    enabled: bool = True
    floor: int = 0
    least: int = 0
    budget: Budget = Budget()
    balance: int = 0
    held: int = 0
    spend: Spend = msgspec.field(default_factory=Spend)

    @property
    def available(self) -> int:
        return self.balance - self.held - self.floor

    def lift(self) -> None:
        self.least = min(self.floor, max(self.least, self.balance - self.held))


class Token(Gauge, kw_only=True, eq=False):
    id: int
    account_id: int
    version: int = 0
    enabled: bool = True
    expires_ms: int | None = None
    budget: Budget = Budget()
    held: int = 0
    spend: Spend = msgspec.field(default_factory=Spend)


class Share(Gauge, kw_only=True, eq=False):
    """What one account uses of a group that has limits."""

    account_id: int
    group: str


class Group(msgspec.Struct, frozen=True):
    name: str
    version: int
    limits: Limits


class OpenHold(msgspec.Struct, kw_only=True, eq=False):
    """n: key of its pending transfer. grouped: it counts in the Share of its group."""

    n: int
    id: str
    account_id: int
    token_id: int
    group: str
    owner: Owner
    node: str
    gateway: str
    boot: str
    nanos: int
    prompt_nanos: int
    checkpoint_nanos: int = 0
    tokens: int
    seq: int = 0
    sent: bool
    grouped: bool
    idempotency_key: str | None
    created_ms: int
    facts: Facts


class Outcome(msgspec.Struct, frozen=True):
    """How a hold ended, and whose it was."""

    account_id: int
    decision: Resolved


class Key(msgspec.Struct, frozen=True):
    """An Idempotency-Key that was used; its request is the hold."""

    digest: str
    hold_id: str
    created_ms: int


class TransferRow(msgspec.Struct, frozen=True, array_like=True):
    """A row of `transfers`, in the order of its columns.

    held_nanos: what of the account's held amount ends with it (resolutions only).
    short_nanos: what a post or an operator's debit could not take. pending_n: the row resolved."""

    n: int
    account_id: int
    id: str
    hold_id: str | None
    seq: int
    kind: str
    debit: str
    credit: str
    amount_nanos: int
    held_nanos: int
    exact: bool
    price_version: str
    pending_n: int | None
    short_nanos: int
    note: str
    created_ms: int


class LogRow(msgspec.Struct, frozen=True):
    """A row of the request log to be written. hold_id None: it was never admitted."""

    n: int
    account_id: int
    hold_id: str | None
    kind: str
    settled_ms: int
    row: Row


class Changes:
    """What a batch changed, by table; each object once."""

    __slots__ = (
        "accounts",
        "groups",
        "holds_changed",
        "holds_ended",
        "holds_new",
        "keys_ended",
        "keys_new",
        "log",
        "shares",
        "tokens",
        "transfers",
    )

    def __init__(self) -> None:
        self.accounts: dict[int, Account] = {}
        self.tokens: dict[int, Token] = {}
        self.shares: dict[tuple[int, str], Share] = {}
        self.groups: dict[str, Group] = {}
        self.holds_new: dict[str, OpenHold] = {}
        self.holds_changed: dict[str, OpenHold] = {}
        self.holds_ended: list[OpenHold] = []
        self.keys_new: dict[tuple[int, str], Key] = {}
        self.keys_ended: dict[tuple[int, str], Key] = {}
        self.transfers: list[TransferRow] = []
        self.log: list[LogRow] = []

    @property
    def empty(self) -> bool:
        return not any(getattr(self, name) for name in self.__slots__)


class State:
    """See the module. node: of this ledger; its sweeps touch no other node's holds."""

    __slots__ = (
        "accounts",
        "calendar",
        "dead_nodes",
        "groups",
        "holds",
        "keys",
        "log_n",
        "node",
        "remembers_ms",
        "resolved",
        "shares",
        "slots",
        "tokens",
        "transfer_n",
        "transfers",
    )

    def __init__(self, calendar: Calendar, node: str, slots: Slots) -> None:
        self.calendar = calendar
        self.node = node
        self.slots = slots
        self.accounts: MutableMapping[int, Account | None] = {}
        self.tokens: MutableMapping[int, Token | None] = {}
        self.shares: MutableMapping[tuple[int, str], Share | None] = {}
        self.groups: dict[str, Group] = {}
        self.holds: dict[str, OpenHold] = {}
        self.resolved: MutableMapping[str, Outcome | None] = {}
        self.remembers_ms: int | None = None
        """Since when each resolution is in `resolved` itself: a hold made later need not be looked
        for in the store. None: only what the batch needs is there."""
        self.keys: MutableMapping[tuple[int, str], Key | None] = {}
        self.transfers: MutableMapping[tuple[int, str], int | None] = {}
        """(account, id) of people's transfers → what really moved."""
        self.dead_nodes: frozenset[str] = frozenset()
        """Other nodes whose lease lapsed long enough ago."""
        self.transfer_n = 0
        self.log_n = 0
