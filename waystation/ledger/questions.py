"""What the ledger is asked, and its answers: the books as they stand. None of it changes them."""

import msgspec

from waystation.journal.row import Facts, Row
from waystation.ledger.message import Message
from waystation.ledger.policies import Budget


class AskAccount(Message, frozen=True, tag="ask_account"):
    """Answered by AccountState."""

    id: str
    account_id: int


class AccountState(Message, frozen=True, tag="account_state"):
    id: str
    known: bool
    balance: int = 0
    held: int = 0
    spent: int = 0
    version: int = 0


class AskToken(Message, frozen=True, tag="ask_token"):
    """spent between from_ms and to_ms (0 = open) in `spent_range`."""

    id: str
    account_id: int
    token_id: int
    from_ms: int = 0
    to_ms: int = 0


class TokenState(Message, frozen=True, tag="token_state"):
    id: str
    known: bool
    spent: int = 0
    held: int = 0
    spent_range: int = 0
    version: int = 0
    budget: Budget = Budget()


class AskRow(Message, frozen=True, tag="ask_row"):
    """The log row of a request of this account (account_id 0: of any, for operators)."""

    id: str
    account_id: int
    request_id: str


class RowState(Message, frozen=True, tag="row_state"):
    """row None: no such request. pending: admitted, not resolved. transfers: (kind, nanos, ms)."""

    id: str
    row: Row | None = None
    pending: bool = False
    transfers: tuple[tuple[str, int, int], ...] = ()


class AskPage(Message, frozen=True, tag="ask_page"):
    """A token's latest log rows, newest first, among its account's latest; count: at most."""

    id: str
    account_id: int
    token_id: int
    count: int


class PageState(Message, frozen=True, tag="page_state"):
    id: str
    rows: tuple[Row, ...] = ()


class AskAudit(Message, frozen=True, tag="ask_audit"):
    id: str


class AuditState(Message, frozen=True, tag="audit_state"):
    """report: JSON of money.md's audit."""

    id: str
    report: bytes


class AskVersions(Message, frozen=True, tag="ask_versions"):
    """Which versions the ledger knows, for the minute's comparison."""

    id: str


class Versions(Message, frozen=True, tag="versions"):
    id: str
    accounts: tuple[tuple[int, int], ...] = ()
    tokens: tuple[tuple[int, int], ...] = ()
    groups: tuple[tuple[str, int], ...] = ()


class AskOpenHolds(Message, frozen=True, tag="ask_open_holds"):
    """Which of these are open. Answered by OpenHolds."""

    id: str
    hold_ids: tuple[str, ...]


class OpenHolds(Message, frozen=True, tag="open_holds"):
    id: str
    hold_ids: tuple[str, ...] = ()


class AskTaskHolds(Message, frozen=True, tag="ask_task_holds"):
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


class TaskHolds(Message, frozen=True, tag="task_holds"):
    id: str
    holds: tuple[TaskHold, ...] = ()


class AskFigures(Message, frozen=True, tag="ask_figures"):
    """How the ledger process fares, for metrics."""

    id: str


class Figures(Message, frozen=True, tag="figures"):
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
