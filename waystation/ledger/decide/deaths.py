"""Gateways that died, and what they leave: nothing sent → void; sent → at least the prompt.

Holds of tasks are never touched here: a task goes on.
"""

from collections.abc import Iterable

from waystation.journal.row import Row
from waystation.ledger.books import KeepLease, Lose, Posted, SweepAbsent, SweepBoot
from waystation.ledger.decide.resolutions import finish
from waystation.ledger.messages import Hello, Swept
from waystation.ledger.state import Changes, OpenHold, State

LOST_STATUS = 500
LOST_CODE = "internal_error"


def hello(state: State, changes: Changes, posted: Posted, told: Hello, now_ms: int) -> Swept:
    """Which of the holds that the gateway lists are resolved already; the others of it end here."""
    if not told.gateway:
        return Swept(())
    listed = set(told.holds)
    state.slots.lose(told.gateway)
    for slot in told.slots:
        state.slots.restore(slot, told.gateway)
    expire(state, changes, _of_gateway(state, told.gateway, listed), now_ms)
    gone = (h for h in told.holds if h not in state.holds and state.resolved[h] is not None)
    for hold_id in told.holds:
        _adopt(state, changes, hold_id, told)
    return Swept(tuple(gone))


def _adopt(state: State, changes: Changes, hold_id: str, told: Hello) -> None:
    """The hold lives in the boot in which its gateway still speaks of it."""
    hold = state.holds.get(hold_id)
    if hold is not None and hold.gateway == told.gateway and hold.boot != told.boot:
        hold.boot = told.boot
        if hold.id not in changes.holds_new:
            changes.holds_changed[hold.id] = hold


def lose(state: State, changes: Changes, _posted: Posted, told: Lose, now_ms: int) -> None:
    state.slots.lose(told.gateway)
    expire(state, changes, _of_gateway(state, told.gateway, ()), now_ms)


def sweep_boot(
    state: State, changes: Changes, _posted: Posted, told: SweepBoot, now_ms: int
) -> None:
    expire(state, changes, [h for h in _ours(state) if h.boot != told.boot], now_ms)


def sweep_absent(
    state: State, changes: Changes, _posted: Posted, told: SweepAbsent, now_ms: int
) -> None:
    state.slots.keep(told.gateways)
    expire(state, changes, [h for h in _ours(state) if h.gateway not in told.gateways], now_ms)


def sweep_nodes(
    state: State, changes: Changes, _posted: Posted, _told: KeepLease, now_ms: int
) -> None:
    dead = state.dead_nodes
    if dead:
        holds = [h for h in state.holds.values() if h.owner == "gateway" and h.node in dead]
        expire(state, changes, holds, now_ms)


def expire(state: State, changes: Changes, holds: Iterable[OpenHold], now_ms: int) -> None:
    """In the order of their admission, so that all stores decide alike."""
    for hold in sorted(holds, key=lambda h: h.n):
        if hold.sent:
            nanos = min(max(hold.checkpoint_nanos, hold.prompt_nanos), hold.nanos)
            finish(state, changes, hold, "post", nanos, False, 0, None, lost_row(hold), now_ms)
        else:
            finish(state, changes, hold, "expire", 0, True, 0, 0, lost_row(hold), now_ms)


def lost_row(hold: OpenHold) -> Row:
    facts = hold.facts
    return Row(
        facts=facts,
        status=LOST_STATUS,
        end="gateway_lost",
        code=LOST_CODE,
        group=facts.group,
        rate=facts.rate,
        price_version=facts.price_version,
        exact=not hold.sent,
    )


def _ours(state: State) -> list[OpenHold]:
    return [h for h in state.holds.values() if h.owner == "gateway" and h.node == state.node]


def _of_gateway(state: State, gateway: str, but: Iterable[str]) -> list[OpenHold]:
    return [h for h in _ours(state) if h.gateway == gateway and h.id not in but]
