"""Do `main` and the ledger agree about tasks? In words, for `waystation audit`."""

from collections.abc import Sequence

from sqlalchemy import select

from waystation.kernel.clock import now_ms
from waystation.kernel.ids import request_id
from waystation.ledger.questions import AskOpenHolds, OpenHolds, TaskHold
from waystation.storage.main import tasks
from waystation.tasks.rows import COLUMNS
from waystation.tasks.store import TaskStore
from waystation.tasks.sweep import Ask, open_task_holds, rows_of_holds
from waystation.tasks.task import Task

AFTER_SECONDS = 120.0
"""Younger things may be on their way between the two."""
FAILURES_MAX = 20
_PAGE = 500


async def cross_audit(
    store: TaskStore, ask: Ask, after_seconds: float = AFTER_SECONDS
) -> list[str]:
    """What is wrong, at most FAILURES_MAX of each sort. Raises LedgerAway, StorageAway."""
    before_ms = now_ms() - int(after_seconds * 1000)
    return [*await _holds(store, ask, before_ms), *await _rows(store, ask, before_ms)]


async def _holds(store: TaskStore, ask: Ask, before_ms: int) -> list[str]:
    wrong: list[str] = []
    async for holds in open_task_holds(ask, before_ms):
        rows = await rows_of_holds(store, holds)
        for hold in holds:
            row = rows.get(hold.hold_id)
            problem = _of_hold(hold, row, before_ms)
            if problem and len(wrong) < FAILURES_MAX:
                wrong.append(problem)
    return wrong


def _of_hold(hold: TaskHold, row: Task | None, before_ms: int) -> str:
    if row is None:
        return f"a task's hold has no task: {hold.hold_id}"
    if row.settle in ("posted", "voided"):
        return f"a task is settled and its hold is open: {row.id}"
    if row.settle and row.finished_ms < before_ms:
        return f"a task is over and its hold is open: {row.id}"
    if row.hold_nanos != hold.nanos:
        return f"a task and its hold differ: {row.id} ({row.hold_nanos}, held {hold.nanos})"
    return ""


async def _rows(store: TaskStore, ask: Ask, before_ms: int) -> list[str]:
    """Tasks that go on, on a hold that has ended."""
    wrong: list[str] = []
    after = ""
    while True:
        page = await _going_on(store, after, before_ms)
        if not page:
            return wrong
        after = page[-1].id
        ids = tuple(task.hold_id for task in page if task.hold_id is not None)
        told = await ask(AskOpenHolds(request_id(), ids))
        assert isinstance(told, OpenHolds)
        held = set(told.hold_ids)
        ended = [task.id for task in page if task.hold_id not in held]
        # Only those that have not ended themselves meanwhile.
        again = {task.id for task in await store.get_many(ended) if not task.settle}
        wrong += [f"a task goes on and its hold has ended: {one}" for one in ended if one in again]
        del wrong[FAILURES_MAX:]


async def _going_on(store: TaskStore, after: str, before_ms: int) -> Sequence[Task]:
    statement = (
        select(*COLUMNS)
        .where(tasks.c.id > after, tasks.c.finished_ms == 0, tasks.c.settle == "")
        .where(tasks.c.hold_id.is_not(None), tasks.c.created_ms < before_ms)
        .order_by(tasks.c.id)
        .limit(_PAGE)
    )
    return await store.find(statement)
