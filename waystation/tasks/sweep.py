"""Holds of tasks that have no task, and tasks that are over whose hold is open: found and mended.

A hold without a row is given up by a row of its own first (a tombstone), so that a gateway that was
only slow finds its place taken and never begins a task whose hold is about to go.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence

import msgspec
import structlog
from sqlalchemy import select

from waystation.kernel.clock import now_ms
from waystation.kernel.ids import request_id
from waystation.ledger.port import Answer, Ledger, Question
from waystation.ledger.questions import AskTaskHolds, TaskHold, TaskHolds
from waystation.storage.main import tasks
from waystation.tasks.rows import COLUMNS
from waystation.tasks.settle import Settler
from waystation.tasks.store import Overtaken, TaskExists, TaskStore
from waystation.tasks.task import TOMBSTONE, Request, Settle, Task

AFTER_SECONDS = 60.0
PAGE = 500

Ask = Callable[[Question], Awaitable[Answer]]
"""Asks the ledger. Raises LedgerAway."""

log = structlog.get_logger("waystation.tasks")


class Sweep:
    """after_seconds: the age from which a hold must have its row."""

    def __init__(
        self, store: TaskStore, ledger: Ledger, settler: Settler, after_seconds: float | None = None
    ) -> None:
        self._store = store
        self._ledger = ledger
        self._settler = settler
        self._after_seconds = AFTER_SECONDS if after_seconds is None else after_seconds

    async def sweep(self) -> tuple[int, int]:
        """How many were (given up, settled again). Raises LedgerAway, StorageAway."""
        given_up = settled = 0
        before_ms = now_ms() - int(self._after_seconds * 1000)
        async for holds in open_task_holds(self._ledger.ask, before_ms):
            rows = await rows_of_holds(self._store, holds)
            for hold in holds:
                row = rows.get(hold.hold_id)
                if row is None:
                    given_up += await self._give_up(hold)
                elif row.settle in ("posted", "voided"):
                    settled += await self._settle_again(row)
        if given_up or settled:
            log.warning("holds of tasks were mended", given_up=given_up, settled=settled)
        return given_up, settled

    async def _give_up(self, hold: TaskHold) -> bool:
        grave = tombstone(hold)
        try:
            await self._store.insert(grave, Request(b""))
        except TaskExists:
            return False  # its row came just now
        await self._settler.settle(grave)
        return True

    async def _settle_again(self, row: Task) -> bool:
        """The ledger has forgotten what it acknowledged: it was restored from an older copy."""
        settle: Settle = "post" if row.settle == "posted" else "void"
        version = row.row_version + 1
        due = msgspec.structs.replace(row, settle=settle, row_version=version)
        try:
            await self._settler.settle(await self._store.put(row, due))
        except Overtaken:
            return False
        return True


async def open_task_holds(
    ask: Ask, before_ms: int, page: int = PAGE
) -> AsyncIterator[Sequence[TaskHold]]:
    """Pages of the open holds of tasks that were made before. Raises LedgerAway."""
    after_n = 0
    while True:
        told = await ask(AskTaskHolds(request_id(), before_ms, after_n, page))
        assert isinstance(told, TaskHolds)
        if not told.holds:
            return
        yield told.holds
        after_n = told.holds[-1].n


async def rows_of_holds(store: TaskStore, holds: Sequence[TaskHold]) -> Mapping[str, Task]:
    """By hold id; tombstones too. Raises StorageAway."""
    ids = [hold.hold_id for hold in holds]
    found = await store.find(select(*COLUMNS).where(tasks.c.hold_id.in_(ids)))
    return {task.hold_id: task for task in found if task.hold_id is not None}


def tombstone(hold: TaskHold) -> Task:
    now = now_ms()
    return Task(
        id=hold.hold_id,
        account_id=hold.account_id,
        token_id=hold.token_id,
        kind=TOMBSTONE,
        state="FAILURE",
        hold_id=hold.hold_id,
        hold_nanos=hold.nanos,
        settle="void",
        facts=hold.facts,
        fail_code="never_begun",
        fail_reason="the request did not become a task",
        created_ms=hold.created_ms,
        finished_ms=now,
    )
