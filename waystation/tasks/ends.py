"""Writing what became of a task: kept trying while the store is away, settled when it is final."""

import asyncio

import msgspec
import structlog

from waystation.journal.metrics import TASK_AGE, Metrics
from waystation.kernel.clock import now_ms
from waystation.ledger.port import LedgerAway
from waystation.storage.database import StorageAway
from waystation.tasks.changing import changed
from waystation.tasks.settle import Settler
from waystation.tasks.states import FINAL, IllegalTransition
from waystation.tasks.store import Overtaken, TaskStore
from waystation.tasks.task import Change, Task

RETRY_SECONDS = 0.5
_TRIES_ON_OVERTAKEN = 3

log = structlog.get_logger("waystation.tasks")


class Ends:
    """owner: the runner whose tasks these are. A result in hand is not dropped because the store is
    away for a while; a process that ends meanwhile leaves it to the next runner."""

    def __init__(
        self, store: TaskStore, settler: Settler, owner: str, metrics: Metrics | None = None
    ) -> None:
        self._store = store
        self._settler = settler
        self.owner = owner
        self._metrics = metrics

    async def apply(self, task: Task, change: Change, *, keep: bool) -> Task | None:
        """keep: the runner goes on with it; else it is let go, due when the change says, or at
        once. None: it is no longer ours. A final one is settled."""
        for _ in range(_TRIES_ON_OVERTAKEN):
            after = self._after(task, change, keep)
            if after is task:
                return task
            try:
                await self._put(task, after)
            except Overtaken:
                found = await self._reread(task)
                if found is None:
                    return None
                task = found
                continue
            if after.is_final and not task.is_final and self._metrics is not None:
                age_seconds = (after.finished_ms - after.created_ms) / 1000
                self._metrics.observe(age_seconds, TASK_AGE, after.kind, after.state)
            if after.settle in ("post", "void"):
                return await self._settle(after)
            return after
        return None

    def _after(self, task: Task, change: Change, keep: bool) -> Task:
        try:
            after = changed(task, change, now_ms())
        except IllegalTransition as wrong:
            log.error("a task kind went a way that there is not", task=task.id, way=str(wrong))
            change = Change(state="FAILURE", fail_code="internal", fail_reason="internal error")
            after = changed(task, change, now_ms())
        stays = keep and (after.state not in FINAL or after.deadline_ms is not None)
        owner = self.owner if stays else ""
        due = None if stays else after.due_at_ms
        if not stays and due is None and after.state not in FINAL:
            due = now_ms()
        if (after.lease_owner, after.due_at_ms) == (owner, due):
            return after
        version = after.row_version if after is not task else task.row_version + 1
        return msgspec.structs.replace(after, lease_owner=owner, due_at_ms=due, row_version=version)

    async def _put(self, before: Task, after: Task) -> None:
        """Raises Overtaken."""
        warned = False
        while True:
            try:
                await self._store.put(before, after)
                return
            except StorageAway as away:
                if not warned:
                    log.warning("a task waits to be written", task=after.id, reason=str(away))
                warned = True
                await asyncio.sleep(RETRY_SECONDS)
                # It may have been written all the same, when the answer was what got lost.
                found = await self._reread(before)
                if found is not None and found.row_version == after.row_version:
                    return

    async def _reread(self, task: Task) -> Task | None:
        """As it is now; None when it is not ours."""
        while True:
            try:
                found = await self._store.get(task.id)
            except StorageAway:
                await asyncio.sleep(RETRY_SECONDS)
                continue
            return found if found is not None and found.lease_owner == self.owner else None

    async def _settle(self, task: Task) -> Task:
        try:
            return await self._settler.settle(task)
        except (LedgerAway, StorageAway):
            return task  # it stays due; the round of left-overs tells the ledger
