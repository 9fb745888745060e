"""What is to be told, and the log of what was: rows of `task_hooks` and `task_deliveries`."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, bindparam, case, func, insert, select, update

from waystation.kernel.clock import now_ms
from waystation.storage.database import Database
from waystation.storage.main import task_deliveries, task_hooks, tasks, tokens
from waystation.tasks.hooks.room import Room
from waystation.tasks.hooks.signature import Turn

LEASE_SECONDS = 30.0
"""Longer than one try may take: nobody else tells the same task meanwhile."""
PAUSES_SECONDS = (1, 5, 30, 120, 600, 3600)
"""Between tries of a final state; the last one again and again."""
TRIED_SECONDS_MAX = 24 * 3600
LOG_MAX = 200
LOOK_COUNT, LOOKS_MAX = 512, 8
GIVE_UP_COUNT = 2000
GIVEN_UP = "given_up"


class Hook(NamedTuple):
    """changes: how many there were when it was taken. account_id: whose task it is. turn: of the
    secret that signs."""

    task_id: str
    url: str
    changes: int
    sent_rank: int
    attempts: int
    first_ms: int
    account_id: int = 0
    turn: Turn = Turn(0)


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


_HOOK = tuple(task_hooks.c[name] for name in Hook._fields if name in task_hooks.c)


class HookBook:
    """Every method raises StorageAway."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def take(self, room: Room) -> list[Hook]:
        """Due ones for which there is room, which is taken; nobody else's for LEASE_SECONDS."""
        chosen = await self._choose(room)
        if not chosen:
            return []
        taken = (
            update(task_hooks)
            .where(task_hooks.c.task_id.in_(list(chosen)), task_hooks.c.due_ms <= now_ms())
            .values(due_ms=now_ms() + int(LEASE_SECONDS * 1000))
            .returning(*_HOOK)
        )
        hooks: list[Hook] = []
        try:
            async with self._database.write() as connection:
                rows = await connection.execute(taken)
                hooks = [_hook(row, *chosen[row.task_id][1:]) for row in rows]
        finally:
            for task_id in chosen.keys() - {hook.task_id for hook in hooks}:
                # Another process was quicker, or nobody was told.
                room.give(*chosen[task_id][:2])
        return hooks

    async def _choose(self, room: Room) -> dict[str, tuple[str, int, Turn]]:
        """(address, account, turn) by task. What has no room is looked past, not looked at again
        and again: many that wait for one receiver do not stand before the others'."""
        chosen: dict[str, tuple[str, int, Turn]] = {}
        for _ in range(LOOKS_MAX):
            rows = await self._due(room, LOOK_COUNT + len(chosen))
            for task_id, url, account_id, *turn in rows:
                if task_id not in chosen and room.take(url, account_id):
                    chosen[task_id] = (url, account_id, Turn(*turn))
            if len(rows) < LOOK_COUNT or room.left <= 0:
                break
        return chosen

    async def _due(self, room: Room, count: int) -> Sequence[Any]:
        url, account = task_hooks.c.url, tasks.c.account_id
        turn = [func.coalesce(one, 0) for one in (tokens.c.hook_turn, tokens.c.hook_turned_ms)]
        whose = task_hooks.join(tasks, tasks.c.id == task_hooks.c.task_id).outerjoin(
            tokens, tokens.c.id == tasks.c.token_id
        )
        due = select(task_hooks.c.task_id, url, account, tasks.c.token_id, *turn).select_from(whose)
        due = due.where(task_hooks.c.due_ms <= now_ms())
        for host in room.full_hosts:
            due = due.where(url != host, ~url.startswith(f"{host}/", autoescape=True))
            due = due.where(~url.startswith(f"{host}?", autoescape=True))
        full = room.full_accounts
        if full:
            due = due.where(account.not_in(full))
        async with self._database.read() as connection:
            return (await connection.execute(due.order_by(task_hooks.c.due_ms).limit(count))).all()

    async def give_up_most(self, waiting_max: int) -> int:
        """Of accounts for which more than so many wait, the oldest are given up; the log says so.
        How many that were. What changes later is told again."""
        waiting = task_hooks.c.due_ms.is_not(None)
        both = task_hooks.join(tasks, tasks.c.id == task_hooks.c.task_id)
        account, number = tasks.c.account_id, func.count()
        crowded = select(account, number).select_from(both).where(waiting).group_by(account)
        async with self._database.read() as connection:
            found = (await connection.execute(crowded.having(number > waiting_max))).all()
        given_up = 0
        for account_id, count in found:
            oldest = (
                select(task_hooks.c.task_id, tasks.c.state, tasks.c.progress, task_hooks.c.attempts)
                .select_from(both)
                .where(waiting, account == account_id)
                .order_by(tasks.c.created_ms, tasks.c.id)
                .limit(min(count - waiting_max, GIVE_UP_COUNT))
            )
            async with self._database.write() as connection:
                rows = (await connection.execute(oldest)).all()
                ids = [row.task_id for row in rows]
                mine = update(task_hooks).where(task_hooks.c.task_id.in_(ids))
                await connection.execute(mine.values(due_ms=None, attempts=0, first_ms=0))
                await connection.execute(insert(task_deliveries), [_given_up(row) for row in rows])
            given_up += len(ids)
        return given_up

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


def _hook(row: Any, account_id: int, turn: Turn) -> Hook:
    return Hook(*row)._replace(account_id=account_id, turn=turn)


def _given_up(row: Any) -> dict[str, Any]:
    return {
        "task_id": row.task_id,
        "delivery_id": "",
        "state": row.state,
        "progress": row.progress,
        "attempt": row.attempts,
        "status": 0,
        "duration_ms": 0,
        "error": GIVEN_UP,
        "at_ms": now_ms(),
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
