"""How a task comes to be: the hold first, then the row.

A process that dies in between leaves an open hold without a row, which the sweep gives up; no row
comes to be without a hold that was there before it (MODAL apart, where nothing is held). A row
whose hold is not open any more is found by its runner before anything is sent.
"""

import asyncio
from collections.abc import Callable
from typing import Any, NamedTuple

import msgspec

from waystation.admission.refusal import ledger_away, not_admitted
from waystation.errors import Fault
from waystation.journal.row import Facts
from waystation.kernel.clock import now_ms
from waystation.kernel.ids import request_id
from waystation.ledger.messages import Admitted, Hold, RateState, Refused, Resolve
from waystation.ledger.open_hold import void
from waystation.ledger.port import Ledger, LedgerAway
from waystation.storage.database import StorageAway
from waystation.tasks.changing import changed
from waystation.tasks.limits import Limit, NoRoom
from waystation.tasks.settle import Settler
from waystation.tasks.states import State
from waystation.tasks.store import Overtaken, TaskExists, TaskStore
from waystation.tasks.task import Change, Request, Task

WAITING_SECONDS_MAX = 3600.0
_DRAWS_MAX = 8
"""Ids that were drawn twice, one after the other: more is no accident."""
_ANOTHER = ("taken", "resolved")
_REPEATED = ("idempotency_replayed", "idempotency_in_progress")
_ROW_PAUSES_SECONDS = (0.0, 0.02, 0.05, 0.1, 0.2, 0.4)
"""Between looks for the row of a request that came at the same moment with the same key."""
WINDOW = "window."
"""How the hold_id of a window begins that has a name: nothing is held under it."""


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What is to become a task. nanos: to be held, at the dearest candidate's price. url: where
    its changes are told, "" nowhere; judged by `hooks.address.check` before. seconds_max: how long
    it may wait for a runner. idempotency: (key, digest of the body). limits: that its row must keep
    to."""

    kind: str
    action: str = ""
    facts: Facts
    nanos: int = 0
    request: Request
    parent_id: str = ""
    channel_id: int = 0
    key_id: int = 0
    result: dict[str, Any] = {}
    memo: dict[str, Any] = {}
    url: str = ""
    seconds_max: float = WAITING_SECONDS_MAX
    idempotency: tuple[str, str] | None = None
    limits: tuple[Limit, ...] = ()


class Begun(NamedTuple):
    """repeated: the task of an earlier request with the same Idempotency-Key. rate: for the
    x-ratelimit headers."""

    task: Task
    repeated: bool = False
    rate: RateState | None = None


class Beginnings:
    """One a gateway."""

    def __init__(self, store: TaskStore, ledger: Ledger) -> None:
        self._store = store
        self._ledger = ledger
        self._settler = Settler(store, ledger)

    async def begin(self, order: Order, draw: Callable[[], str] = request_id) -> Begun:
        """A stored task with a durable hold. draw: gives ids; asked again for one that somebody
        else has. Raises NoRoom, Fault: 401, 402, 403, 409, 422, 429, 503."""
        for _ in range(_DRAWS_MAX):
            hold = _hold(draw(), order.facts, order.nanos, order.idempotency)
            admitted = await self._admit(hold)
            if isinstance(admitted, Refused):
                if admitted.reason in _ANOTHER:
                    continue
                return await self._refused(admitted, order)
            task = made(hold.id, order, admitted.nanos)
            if await self._store_or_void(hold, task, order):
                return Begun(task, rate=admitted.rate)
        raise Fault("temporarily_unavailable", retry_after=1)

    async def begin_modal(
        self, order: Order, draw: Callable[[], str] = request_id, name: str = ""
    ) -> Task:
        """A task that waits for its owner's word; nothing is held. name: of what it is, with which
        it comes to be once, until it has been confirmed or is over. Raises Fault (503)."""
        holder = f"{WINDOW}{name}" if name else ""
        for _ in range(_DRAWS_MAX):
            task = made(draw(), order, None)
            if holder:
                task = msgspec.structs.replace(task, hold_id=holder, settle="voided")
            try:
                await self._store.insert(task, order.request, order.url)
            except TaskExists:
                earlier = await self._store.by_hold(holder) if holder else None
                if earlier is None:
                    continue
                if not earlier.is_final:
                    return earlier
                holder = f"{WINDOW}{name}.{earlier.id}"
                continue
            except StorageAway:
                break
            return task
        raise Fault("temporarily_unavailable", retry_after=1)

    async def confirm(
        self,
        task: Task,
        facts: Facts,
        nanos: int,
        change: Change,
        idempotency: tuple[str, str] | None = None,
        limits: tuple[Limit, ...] = (),
        number: int = 0,
        url: str = "",
    ) -> Task:
        """MODAL → NOT_START, with a hold of its own. change: what the owner's word adds. number: of
        one request's tries, after NoRoom. url: the hook it has from now on, "" the one it had.
        Raises Overtaken when it is no longer MODAL, or was confirmed by the same request, NoRoom,
        Fault."""
        if task.settle not in ("", "voided") or task.state != "MODAL":
            raise Overtaken(task.id)
        again = f".{number}" if number else ""
        hold = _hold(f"{task.id}.{facts.request_id}{again}", facts, nanos, idempotency)
        admitted = await self._admit(hold)
        if isinstance(admitted, Refused):
            if admitted.reason in _REPEATED:
                raise Overtaken(task.id)
            raise not_admitted(admitted, nanos)
        after = changed(task, _with_state(change), now_ms())
        after = msgspec.structs.replace(
            after, hold_id=hold.id, hold_nanos=admitted.nanos, settle="", nanos=0, facts=facts,
            deadline_ms=now_ms() + int(WAITING_SECONDS_MAX * 1000),
            hooked=task.hooked or bool(url),
        )  # fmt: skip
        try:
            return await self._store.put(task, after, url, limits)
        except NoRoom as full:
            self._ledger.resolve(_turned_away(hold, full))
            raise
        except StorageAway:
            self._ledger.resolve(_given_up(hold))
            raise Fault("temporarily_unavailable", retry_after=2) from None
        except BaseException:
            self._ledger.resolve(_given_up(hold))
            raise

    async def cancel(self, task: Task, reason: str = "cancelled") -> Task:
        """By its owner: CANCEL, and what is held is free; what a runner draws itself is cut off.
        Raises Overtaken when an upstream has it or it is final, Fault (503)."""
        change = Change(state="CANCEL", fail_code="cancelled", fail_reason=reason)
        try:
            task = await self._cancelled(task, change)
            return await self._settler.settle(task)
        except StorageAway:
            raise Fault("temporarily_unavailable", retry_after=2) from None
        except LedgerAway:
            return task  # a runner settles what is due

    async def _cancelled(self, task: Task, change: Change) -> Task:
        """A runner that takes it, or lets it go again, is no reason to give up."""
        for _ in range(_DRAWS_MAX):
            if not may_cancel(task):
                break
            try:
                return await self._store.change(task, change)
            except Overtaken:
                task = await self._store.get(task.id) or task
        raise Overtaken(task.id)

    async def _admit(self, hold: Hold) -> Admitted | Refused:
        try:
            return await self._ledger.admit(hold)
        except LedgerAway:
            raise ledger_away() from None

    async def _refused(self, refused: Refused, order: Order) -> Begun:
        """The task of an earlier request, or a Fault."""
        if refused.reason in _REPEATED:
            earlier = await self._earlier(refused, order.facts.account_id)
            if earlier is not None:
                return Begun(earlier, repeated=True)
        raise not_admitted(refused, order.nanos)

    async def _earlier(self, refused: Refused, account_id: int) -> Task | None:
        """A hold that is open will have its row in a moment, if it is a task's at all."""
        is_open = refused.reason == "idempotency_in_progress"
        for pause_seconds in _ROW_PAUSES_SECONDS if is_open else _ROW_PAUSES_SECONDS[:1]:
            await asyncio.sleep(pause_seconds)
            task = await self._store.get(refused.other, account_id)
            if task is not None:
                return task
        return None

    async def _store_or_void(self, hold: Hold, task: Task, order: Order) -> bool:
        """False: the id is somebody else's. In no case does the hold stay without a row."""
        try:
            await self._store.insert(task, order.request, order.url, order.limits)
        except TaskExists:
            self._ledger.resolve(_given_up(hold))
            return False
        except NoRoom as full:
            self._ledger.resolve(_turned_away(hold, full))
            raise
        except StorageAway:
            self._ledger.resolve(_given_up(hold))
            raise Fault("temporarily_unavailable", retry_after=2) from None
        except BaseException:
            self._ledger.resolve(_given_up(hold))
            raise
        return True


def may_cancel(task: Task) -> bool:
    """Nobody has it yet, or a runner makes it with its own hands."""
    return task.state in ("NOT_START", "MODAL") or (task.is_running and not task.upstream_id)


def made(task_id: str, order: Order, held_nanos: int | None) -> Task:
    """The row of a new task. held_nanos None: MODAL."""
    now = now_ms()
    modal = held_nanos is None
    state: State = "MODAL" if modal else "NOT_START"
    deadline_ms = now + int(order.seconds_max * 1000)
    return Task(
        id=task_id,
        account_id=order.facts.account_id,
        token_id=order.facts.token_id,
        kind=order.kind,
        action=order.action,
        state=state,
        hold_id=None if modal else task_id,
        hold_nanos=held_nanos or 0,
        facts=order.facts,
        parent_id=order.parent_id,
        channel_id=order.channel_id,
        key_id=order.key_id,
        result=order.result,
        memo=order.memo,
        created_ms=now,
        due_at_ms=deadline_ms if modal else now,
        deadline_ms=deadline_ms,
        hooked=bool(order.url),
    )


def _hold(hold_id: str, facts: Facts, nanos: int, idempotency: tuple[str, str] | None) -> Hold:
    return Hold(
        hold_id, facts.account_id, facts.token_id, facts.group,
        nanos, nanos, 0, 0, False, facts, "task", idempotency,
    )  # fmt: skip


def _given_up(hold: Hold) -> Resolve:
    return void(hold, 503, "failed", "temporarily_unavailable")


def _turned_away(hold: Hold, full: NoRoom) -> Resolve:
    return void(hold, 429, "failed", "rate_limit_exceeded", str(full))


def _with_state(change: Change) -> Change:
    return msgspec.structs.replace(change, state="NOT_START")
