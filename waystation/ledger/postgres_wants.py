"""What a batch needs to have loaded before it can be decided on PostgreSQL."""

from collections.abc import Sequence

from waystation.ledger.books import KeepLease, Lose, Posted, SweepAbsent, SweepBoot
from waystation.ledger.decide.transfers import REFUND_PREFIX
from waystation.ledger.messages import (
    Checkpoint,
    Extend,
    GiveSlot,
    Hello,
    Hold,
    Note,
    Recall,
    Resolve,
    Sent,
    TakeSlot,
    Transfer,
)
from waystation.ledger.policies import PutAccount, PutGroup, PutToken
from waystation.ledger.queries import Question


class Wants:
    """Keys by table. orphans: holds whose account only the store knows. nothing: the batch reads
    and writes no row (slots and questions)."""

    __slots__ = (
        "accounts",
        "all_ours",
        "dead_nodes",
        "gateways",
        "keys",
        "new_holds",
        "nothing",
        "old_holds",
        "shares",
        "tokens",
        "transfers",
    )

    def __init__(self, batch: Sequence[Posted]) -> None:
        self.accounts: set[int] = set()
        self.tokens: set[int] = set()
        self.shares: set[tuple[int, str]] = set()
        self.keys: set[tuple[int, str]] = set()
        self.transfers: set[tuple[int, str]] = set()
        self.new_holds: set[str] = set()
        self.old_holds: set[str] = set()
        self.gateways: set[str] = set()
        self.all_ours = False
        self.dead_nodes = False
        self.nothing = True
        for posted in batch:
            self._add(posted)

    @property
    def sweeps(self) -> bool:
        return bool(self.gateways) or self.all_ours or self.dead_nodes

    def _add(self, posted: Posted) -> None:
        command = posted.command
        if isinstance(command, (TakeSlot, GiveSlot, Question)):
            return
        self.nothing = False
        match command:
            case Hold():
                self.new_holds.add(command.id)
                self.accounts.add(command.account_id)
                self.tokens.add(command.token_id)
                self.shares.add((command.account_id, command.group))
                if command.idempotency is not None:
                    self.keys.add((command.token_id, command.idempotency[0]))
            case Extend() | Sent() | Checkpoint() | Resolve():
                self.old_holds.add(command.hold_id)
            case Note():
                self.accounts.add(command.row.facts.account_id)
            case Recall():
                self.new_holds.add(command.id)
                self.accounts.add(command.row.facts.account_id)
                if command.row.facts.token_id:
                    self.tokens.add(command.row.facts.token_id)
            case Hello():
                self.old_holds.update(command.holds)
                self.gateways.add(command.gateway)
            case Lose():
                self.gateways.add(command.gateway)
            case SweepBoot() | SweepAbsent():
                self.all_ours = True
            case KeepLease():
                self.dead_nodes = True
            case PutAccount():
                self.accounts.add(command.account_id)
            case PutToken():
                self.accounts.add(command.account_id)
                self.tokens.add(command.token_id)
            case PutGroup():
                pass
            case Transfer():
                self.accounts.add(command.account_id)
                self.transfers.add((command.account_id, command.id))
                if command.id.startswith(REFUND_PREFIX):
                    self.old_holds.add(command.id[len(REFUND_PREFIX) :])
