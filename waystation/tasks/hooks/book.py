"""What is to be told, and the log of what was: rows of `task_hooks` and `task_deliveries`."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, bindparam, case, insert, select, update

from waystation.kernel.clock import now_ms
from waystation.storage.database import Database
from waystation.storage.main import task_deliveries, task_hooks

LEASE_SECONDS = 30.0
"""Longer than one try may take: nobody else tells the same task meanwhile."""
PAUSES_SECONDS = (1, 5, 30, 120, 600, 3600)
"""Between tries of a final state; the last one again and again."""
TRIED_SECONDS_MAX = 24 * 3600
LOG_MAX = 200


class Hook(NamedTuple):
    """changes: how many there were when it was taken."""

    task_id: str
    url: str
    changes: int
    sent_rank: int
    attempts: int
    first_ms: int


class Told(NamedTuple):
    """What became of a try. rank: of what was told, -1 nothing needed to be. again_ms: when to try
    the same again, None: not."""

    hook: Hook
    rank: int
    again_ms: int | None
    delivery_id: str = ""
    state: str = ""
    progress: int = 0
    status: int = 0
    millis: int = 0
    error: str = ""


_HOOK = tuple(task_hooks.c[name] for name in Hook._fields)


class HookBook:
    """Every method raises StorageAway."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def take(self, count: int) -> list[Hook]:
        """Due ones, nobody else's for LEASE_SECONDS."""
        due = select(task_hooks.c.task_id).where(task_hooks.c.due_ms <= now_ms())
        async with self._database.read() as connection:
            if (await connection.execute(due.limit(1))).first() is None:
                return []
        first = due.order_by(task_hooks.c.due_ms).limit(count).with_for_update(skip_locked=True)
        taken = (
            update(task_hooks)
            .where(task_hooks.c.task_id.in_(first))
            .values(due_ms=now_ms() + int(LEASE_SECONDS * 1000))
            .returning(*_HOOK)
        )
        async with self._database.write() as connection:
            return [Hook(*row) for row in await connection.execute(taken)]

    async def write(self, told: Sequence[Told]) -> None:
        """All in one transaction."""
        tries = [_delivery(each) for each in told if each.delivery_id]
        async with self._database.write() as connection:
            for each in told:
                await connection.execute(_TOLD, _hook_values(each))
            if tries:
                await connection.execute(insert(task_deliveries), tries)

    async def log(self, task_id: str) -> list[dict[str, Any]]:
        """The tries of a task, oldest first."""
        statement = (
            select(task_deliveries)
            .where(task_deliveries.c.task_id == task_id)
            .order_by(task_deliveries.c.id)
            .limit(LOG_MAX)
        )
        async with self._database.read() as connection:
            return [dict(row) for row in (await connection.execute(statement)).mappings()]


def again_ms(hook: Hook, now: int) -> int | None:
    """When to try a final state again that was not taken; None: it was tried for a day."""
    pause_ms = PAUSES_SECONDS[min(hook.attempts, len(PAUSES_SECONDS) - 1)] * 1000
    first_ms = hook.first_ms or now
    return None if now + pause_ms - first_ms > TRIED_SECONDS_MAX * 1000 else now + pause_ms


_TOLD = (
    update(task_hooks)
    .where(task_hooks.c.task_id == bindparam("of"))
    .values(
        # What changed while it was being told is told next, at once.
        due_ms=case(
            (task_hooks.c.changes != bindparam("seen"), bindparam("now", type_=BigInteger)),
            else_=bindparam("again", type_=BigInteger),
        ),
        sent_rank=bindparam("rank"),
        attempts=bindparam("tries"),
        first_ms=bindparam("first"),
    )
)


def _hook_values(told: Told) -> dict[str, Any]:
    hook, now = told.hook, now_ms()
    failed = told.again_ms is not None
    return {
        "of": hook.task_id,
        "seen": hook.changes,
        "now": now,
        "again": told.again_ms,
        "rank": hook.sent_rank if told.error or told.rank < 0 else told.rank,
        "tries": hook.attempts + 1 if failed else 0,
        "first": (hook.first_ms or now) if failed else 0,
    }


def _delivery(told: Told) -> dict[str, Any]:
    return {
        "task_id": told.hook.task_id,
        "delivery_id": told.delivery_id,
        "state": told.state,
        "progress": told.progress,
        "attempt": told.hook.attempts + 1,
        "status": told.status,
        "duration_ms": told.millis,
        "error": told.error,
        "at_ms": now_ms(),
    }
