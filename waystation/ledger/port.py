"""The ledger as a gateway or a tool sees it; `ledger/client.py` implements it over the socket."""

from collections.abc import Callable
from typing import Protocol

from waystation.journal.row import Row
from waystation.ledger.copying import Copied, CopyBooks
from waystation.ledger.log_upkeep import Tidied, TidyLog
from waystation.ledger.messages import (
    Admitted,
    Done,
    Extend,
    Granted,
    Hold,
    Recall,
    Refused,
    Resolve,
    Resolved,
    TakeSlot,
    Transfer,
)
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

Question = (
    AskAccount | AskToken | AskRow | AskPage | AskAudit | AskVersions | AskFigures
    | AskOpenHolds | AskTaskHolds | AskLog | AskSums | AskTransfers | TidyLog | CopyBooks
    | PutAccount | PutToken | PutGroup | Transfer | Recall
)  # fmt: skip
Answer = (
    AccountState | TokenState | RowState | PageState | AuditState | Versions | Figures | Done
    | OpenHolds | TaskHolds | LogState | Sums | Transfers | Tidied | Copied
)  # fmt: skip


class LedgerAway(Exception):
    """No ledger answers: the caller gets 503. Nothing was held."""


class Ledger(Protocol):
    """Commands ride in the next frame; only `admit`, `extend`, `take_slot` and `ask` wait."""

    @property
    def present(self) -> bool:
        """Connected and answering."""

    async def admit(self, hold: Hold) -> Admitted | Refused:
        """Raises LedgerAway. Cancelled while waiting: the hold, if it comes to be, is voided."""

    async def extend(self, extend: Extend) -> Admitted | Refused:
        """Raises LedgerAway."""

    async def confirm(self, hold_id: str) -> bool:
        """Before a hold is used to send: whether it is still open. Costs nothing for a young hold,
        asks the ledger for one older than 5 s. False: it was swept. Raises LedgerAway."""

    def sent(self, hold_id: str) -> None:
        """Written to the socket before this returns. Raises LedgerAway: do not send."""

    def unsent(self, hold_id: str) -> None: ...

    def checkpoint(self, hold_id: str, nanos: int) -> None: ...

    def resolve(self, resolution: Resolve) -> None:
        """Kept and resent until the ledger has acknowledged it."""

    async def settle(self, resolution: Resolve) -> Resolved:
        """Resolve, and wait for what the ledger says: the first resolution of that hold, whoever
        made it. Raises LedgerAway after some seconds; it is resent all the same."""

    def note(self, row: Row) -> None:
        """Bounded: dropped and counted when too many wait."""

    async def take_slot(self, slot: TakeSlot) -> Granted | Refused: ...

    def give_slot(self, slot_id: str) -> None: ...

    async def ask(self, question: Question) -> Answer:
        """Raises LedgerAway."""

    on_swept: Callable[[str], None] | None
    """Called with the id of each hold of ours that a sweep resolved."""
