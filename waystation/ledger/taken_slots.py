"""The channel slots that this process has taken or asked for."""

import asyncio

import msgspec

from waystation.ledger.messages import Granted, Refused, TakeSlot
from waystation.ledger.port import LedgerAway

SlotFuture = asyncio.Future[Granted | Refused]


class TakenSlots:
    """By slot id; each id is asked for once."""

    __slots__ = ("_loop", "_slots")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._slots: dict[str, tuple[TakeSlot, SlotFuture]] = {}

    def ask(self, slot: TakeSlot) -> SlotFuture:
        future: SlotFuture = self._loop.create_future()
        self._slots[slot.slot_id] = (slot, future)
        return future

    def give(self, slot_id: str) -> bool:
        """False: it is not ours (any more)."""
        return self._slots.pop(slot_id, None) is not None

    def taken(self) -> tuple[TakeSlot, ...]:
        """What a ledger that came back must know."""
        return tuple(slot for slot, _ in self._slots.values())

    def grant(self, granted: Granted) -> None:
        found = self._slots.get(granted.slot_id)
        if found is not None and not found[1].done():
            slot, future = found
            if slot.places != granted.places:
                slot = msgspec.structs.replace(slot, places=granted.places)
                self._slots[granted.slot_id] = slot, future
            future.set_result(granted)

    def refuse(self, refused: Refused) -> None:
        found = self._slots.get(refused.hold_id)
        if found is not None and not found[1].done():
            del self._slots[refused.hold_id]
            found[1].set_result(refused)

    def fail(self, slot_id: str, fault: LedgerAway) -> None:
        found = self._slots.get(slot_id)
        if found is not None and not found[1].done():
            del self._slots[slot_id]
            found[1].set_exception(fault)
            found[1].exception()  # read: its task may have been cancelled in the same turn

    def fail_all(self, fault: LedgerAway) -> None:
        """Fail those that wait; what is taken stays taken."""
        for slot_id in [key for key, (_, future) in self._slots.items() if not future.done()]:
            self.fail(slot_id, fault)
