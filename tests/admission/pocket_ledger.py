"""A ledger in a pocket: one account, real sums, the port's manners; and answers to order.

The real one is a process with its own tests; here it is what the other side says that matters.
"""

from waystation.journal.row import Row
from waystation.ledger.messages import (
    Admitted,
    Extend,
    Granted,
    Hold,
    RateState,
    Refused,
    Resolve,
    TakeSlot,
)
from waystation.ledger.port import Answer, LedgerAway, Question


class PocketLedger:
    """Holds what the balance has, down to each hold's floor; resolves each hold once."""

    on_swept = None

    def __init__(self, balance: int, rate: RateState | None = None) -> None:
        self.balance = balance
        self.rate = rate
        self.held: dict[str, int] = {}
        self.seqs: dict[str, int] = {}
        self.is_away = False
        self.loses_answers = False
        self.refusal: Refused | None = None
        self.asked: list[Hold | Extend] = []
        self.told: list[tuple[str, str] | tuple[str, str, int]] = []
        self.resolutions: list[Resolve] = []

    @property
    def present(self) -> bool:
        return not self.is_away

    @property
    def available(self) -> int:
        return self.balance - sum(self.held.values())

    async def admit(self, hold: Hold) -> Admitted | Refused:
        self._hear(hold)
        if self.refusal is not None:
            return self.refusal
        granted = min(hold.nanos, self.available)
        if granted < hold.nanos_floor:
            return Refused(hold.id, "balance", available=self.available, rate=self.rate)
        self.held[hold.id] = granted
        return Admitted(hold.id, granted, self.rate)

    async def extend(self, extend: Extend) -> Admitted | Refused:
        self._hear(extend)
        if self.refusal is not None:
            return self.refusal
        id = extend.hold_id
        if extend.seq > self.seqs.get(id, 0):
            if extend.nanos > self.available:
                return Refused(id, "balance", available=self.available)
            self.seqs[id] = extend.seq
            self.held[id] += extend.nanos
        if self.loses_answers:
            raise LedgerAway
        return Admitted(id, self.held[id])

    async def confirm(self, hold_id: str) -> bool:
        if self.is_away:
            raise LedgerAway
        return hold_id in self.held

    def sent(self, hold_id: str) -> None:
        if self.is_away:
            raise LedgerAway
        self.told.append(("sent", hold_id))

    def unsent(self, hold_id: str) -> None:
        self.told.append(("unsent", hold_id))

    def checkpoint(self, hold_id: str, nanos: int) -> None:
        self.told.append(("checkpoint", hold_id, nanos))

    def resolve(self, resolution: Resolve) -> None:
        held = self.held.pop(resolution.hold_id)
        most = held + max(0, self.available - held) if resolution.exact else held
        self.balance -= min(resolution.nanos, most)
        self.resolutions.append(resolution)

    def note(self, row: Row) -> None:
        raise NotImplementedError

    async def take_slot(self, slot: TakeSlot) -> Granted | Refused:
        raise NotImplementedError

    def give_slot(self, slot_id: str) -> None:
        raise NotImplementedError

    async def ask(self, question: Question) -> Answer:
        raise NotImplementedError

    def _hear(self, command: Hold | Extend) -> None:
        if self.is_away:
            raise LedgerAway
        self.asked.append(command)
