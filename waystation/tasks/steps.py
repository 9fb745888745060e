"""What is done with a task that a runner has claimed: begun, recovered, or put on the desk."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any

import structlog

from waystation.errors import Fault
from waystation.kernel.clock import now_ms
from waystation.ledger.port import LedgerAway
from waystation.storage.database import StorageAway
from waystation.tasks.desk import Desk
from waystation.tasks.ends import Ends
from waystation.tasks.kind import TaskKind
from waystation.tasks.slots import Slots
from waystation.tasks.store import Overtaken, TaskStore
from waystation.tasks.task import Change, Task
from waystation.tasks.work import Work
from waystation.upstream.attempt import AttemptFailed

UNKNOWN_KIND_SECONDS = 60.0
AGAIN_SECONDS = 2.0
LOOK_SECONDS = 1.0
"""How soon a step's deadline that was moved nearer is noticed."""

log = structlog.get_logger("waystation.tasks")


class Steps:
    """The steps under way of one runner."""

    def __init__(
        self,
        store: TaskStore,
        ends: Ends,
        desk: Desk,
        kinds: Mapping[str, TaskKind],
        slots: Slots | None = None,
    ) -> None:
        self._store = store
        self._ends = ends
        self._desk = desk
        self._kinds = kinds
        self._slots = slots
        self._running: dict[str, set[asyncio.Task[None]]] = {name: set() for name in kinds}
        self._odd: set[asyncio.Task[None]] = set()
        self._by_id: dict[str, asyncio.Task[None]] = {}
        self._cut: set[str] = set()

    def __len__(self) -> int:
        return len(self._odd) + sum(len(steps) for steps in self._running.values())

    @property
    def ids(self) -> list[str]:
        """Of tasks whose kind is at work on them."""
        return list(self._by_id)

    def cut(self, task_id: str) -> None:
        """Its owner has cancelled it. What is under way for it ends, and is undone."""
        step = self._by_id.get(task_id)
        if step is not None and task_id not in self._cut:
            self._cut.add(task_id)
            step.cancel()

    def free_kinds(self) -> list[str]:
        """Those that may begin more."""
        return [
            name for name, kind in self._kinds.items() if len(self._running[name]) < kind.steps_max
        ]

    def begin(self, task: Task, is_held: bool) -> None:
        """is_held: the ledger says that its hold is open (asked for NOT_START only)."""
        kind = self._kinds.get(task.kind)
        if kind is None:
            self._spawn(self._odd, self._let_go(task, UNKNOWN_KIND_SECONDS))
            return
        steps = self._running[kind.name]
        if task.state == "FAILURE" and task.deadline_ms is not None:
            self._desk.add(task, kind)
        elif task.is_final:
            self._spawn(steps, self._let_go(task, None))
        elif task.deadline_ms is not None and task.deadline_ms <= now_ms():
            self._spawn(steps, self._end(task, kind.expired(task), kind))
        elif task.state == "MODAL":
            left_ms = (task.deadline_ms or 0) - now_ms()
            self._spawn(steps, self._let_go(task, max(1.0, left_ms / 1000)))
        elif task.state == "NOT_START" and not is_held:
            change = Change(
                state="FAILURE", fail_code="hold_lost", fail_reason="nothing was held for this task"
            )
            self._spawn(steps, self._end(task, change, kind))
        elif task.is_running and kind.batch_max and task.upstream_id:
            self._desk.add(task, kind)
        else:
            self._by_id[task.id] = self._spawn(steps, self._step(task, kind))

    async def close(self, patience_seconds: float) -> None:
        """Wait for what is under way; what does not end is cut, and found by the next runner."""
        running = [step for steps in (*self._running.values(), self._odd) for step in steps]
        if not running:
            return
        _, pending = await asyncio.wait(running, timeout=patience_seconds)
        for step in pending:
            step.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    def _spawn(
        self, steps: set[asyncio.Task[None]], what: Coroutine[Any, Any, None]
    ) -> asyncio.Task[None]:
        step = asyncio.create_task(what)
        steps.add(step)
        step.add_done_callback(steps.discard)
        return step

    # ---- one step ----------------------------------------------------------------------------

    async def _step(self, task: Task, kind: TaskKind) -> None:
        work = Work(self._store, task)
        try:
            if not await self._done(work, kind):
                await self._undo(work)
        except asyncio.CancelledError:
            if task.id not in self._cut:
                raise
            current = asyncio.current_task()
            assert current is not None
            current.uncancel()
            await self._undo(work)
        finally:
            self._by_id.pop(task.id, None)
            self._cut.discard(task.id)
            if self._slots is not None and task.id not in self._desk:
                self._slots.give(task.id)

    async def _done(self, work: Work, kind: TaskKind) -> bool:
        """False: it is no longer ours."""
        act = kind.step if work.task.state == "NOT_START" else kind.recover
        try:
            change = await self._within(work, act, kind)
        except Overtaken:
            return False
        except (StorageAway, LedgerAway) as away:
            log.warning("a task waits", task=work.task.id, reason=str(away))
            change = Change(due_seconds=AGAIN_SECONDS)
        return await self._finish(work.task, change, kind) is not None

    async def _undo(self, work: Work) -> None:
        """What was made for a task that its owner has cancelled. Of one that another runner has,
        or has finished, nothing."""
        if work.undo is None:
            return
        try:
            if await self._store.cancelled((work.task.id,)):
                await work.undo()
        except StorageAway as away:  # it ends with its days
            log.warning("what a task left stays", task=work.task.id, reason=str(away))

    async def _within(
        self, work: Work, act: Callable[[Work], Awaitable[Change]], kind: TaskKind
    ) -> Change:
        try:
            async with _Deadline(work):
                return await act(work)
        except TimeoutError:
            return kind.expired(work.task)
        except AttemptFailed as failed:
            return _failed(failed.fault)
        except Fault as fault:
            return _failed(fault)
        except (Overtaken, StorageAway, LedgerAway):
            raise
        except Exception:  # a mistake of ours ends this task, not the runner
            log.exception("a step failed", task=work.task.id, kind=kind.name)
            return Change(state="FAILURE", fail_code="internal", fail_reason="internal error")

    async def _finish(self, task: Task, change: Change, kind: TaskKind) -> Task | None:
        """None: it is no longer ours."""
        state = change.state or task.state
        is_there = bool(task.upstream_id or change.upstream_id)
        polled = (
            bool(kind.batch_max)
            and is_there
            and (state in ("SUBMITTED", "IN_PROGRESS") or bool(change.late_seconds))
        )
        after = await self._ends.apply(task, change, keep=polled)
        if after is not None and after.lease_owner == self._ends.owner:
            self._desk.add(after, kind)
        return after

    async def _end(self, task: Task, change: Change, kind: TaskKind) -> None:
        await self._finish(task, change, kind)

    async def _let_go(self, task: Task, seconds: float | None) -> None:
        await self._ends.apply(task, Change(due_seconds=seconds), keep=False)


def _failed(fault: Fault) -> Change:
    return Change(state="FAILURE", fail_code=fault.code, fail_reason=fault.text("en"))


class _Deadline:
    """The task's own deadline, which a step may move on by a change."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._loop = asyncio.get_running_loop()
        self._step = asyncio.current_task()
        self._timer: asyncio.TimerHandle | None = None
        self._passed = False

    async def __aenter__(self) -> None:
        self._look()

    def _look(self) -> None:
        deadline_ms = self._work.task.deadline_ms
        left = None if deadline_ms is None else (deadline_ms - now_ms()) / 1000
        if left is not None and left <= 0:
            self._passed = True
            assert self._step is not None
            self._step.cancel()
            return
        wait = LOOK_SECONDS if left is None else min(left, LOOK_SECONDS)
        self._timer = self._loop.call_later(wait, self._look)

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if self._passed and self._step is not None:
            self._step.uncancel()
            if kind is asyncio.CancelledError:
                raise TimeoutError from None
