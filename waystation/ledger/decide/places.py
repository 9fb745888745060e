"""Channel slots. They are in memory and need no commit."""

from waystation.ledger.books import Posted
from waystation.ledger.messages import GiveSlot, Granted, Refused, TakeSlot
from waystation.ledger.state import Changes, State


def take(
    state: State, _changes: Changes, posted: Posted, asked: TakeSlot, now_ms: int
) -> Granted | Refused:
    wait_ms = state.slots.take(asked, posted.gateway, now_ms)
    if wait_ms is None:
        return Granted(asked.slot_id, state.slots.places(asked.slot_id))
    return Refused(asked.slot_id, "slot", retry_after_ms=wait_ms)


def give(state: State, _changes: Changes, _posted: Posted, told: GiveSlot, _now_ms: int) -> None:
    state.slots.give(told.slot_id)
