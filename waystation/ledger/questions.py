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


class LogFilter(msgspec.Struct, frozen=True, array_like=True):
    """0 and "" mean any. outcome: "ok" or "failed". from_ms, to_ms: of the request's arrival, to_ms
    excluded, 0 = open."""

    account_id: int = 0
    token_id: int = 0
    model: str = ""
    group: str = ""
    channel_id: int = 0
    status: int = 0
    code: str = ""
    outcome: str = ""
    request_id: str = ""
    from_ms: int = 0
    to_ms: int = 0


class AskLog(Message, frozen=True, tag="ask_log"):
    """Log rows, newest first, from before (created_ms, n) on; (0, 0): from the newest. count: at
    most. Looks at a bounded number of rows, so a page may be short, or empty, and yet go on."""

    id: str
    filter: LogFilter
    count: int
    before_ms: int = 0
    before_n: int = 0


class LogLine(msgspec.Struct, frozen=True, array_like=True):
    """hold_id: by which it was charged, None when nothing was held."""

    n: int
    hold_id: str | None
    row: Row


class LogState(Message, frozen=True, tag="log_state"):
    """next_ms, next_n: to go on from; (0, 0): there is no more."""

    id: str
    lines: tuple[LogLine, ...] = ()
    next_ms: int = 0
    next_n: int = 0


class AskSums(Message, frozen=True, tag="ask_sums"):
    """Totals of the hours from from_ms to before to_ms, by these of hour, token, model, group,
    channel, account. account_id 0: of all, at most a day at once. step_ms: hours are put together
    to so much, beginning at offset_ms before midnight UTC."""

    id: str
    account_id: int
    from_ms: int
    to_ms: int
    by: tuple[str, ...]
    step_ms: int = 3_600_000
    offset_ms: int = 0


class Sum(msgspec.Struct, frozen=True, array_like=True):
    """key: in the order of `by`."""

    key: tuple[int | str, ...]
    requests: int
    failures: int
    nanos: int
    cost_nanos: int
    loss_nanos: int
    input_tokens: int
    output_tokens: int


class Sums(Message, frozen=True, tag="sums"):
    id: str
    sums: tuple[Sum, ...] = ()


class AskTransfers(Message, frozen=True, tag="ask_transfers"):
    """An account's transfers by people, newest first, from before n on; 0: from the newest."""

    id: str
    account_id: int
    count: int
    before_n: int = 0


class TransferLine(msgspec.Struct, frozen=True, array_like=True):
    """nanos: signed, what moved. short_nanos: of a debit, what was not there to take."""

    n: int
    id: str
    kind: str
    nanos: int
    short_nanos: int
    note: str
    created_ms: int


class Transfers(Message, frozen=True, tag="transfers"):
    id: str
    lines: tuple[TransferLine, ...] = ()


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
