"""Writes of task rows, many in one transaction.

What is asked for while a commit runs makes the next batch: one commit's fsync serves them all, and
SQLite's one writer is not queued for by each of them.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from sqlalchemy import bindparam, delete, insert, text
from sqlalchemy.ext.asyncio import AsyncConnection

from waystation.kernel.clock import now_ms
from waystation.storage.database import Database
from waystation.storage.main import task_hooks, task_requests
from waystation.tasks.limits import Judge, Limit, NoRoom
from waystation.tasks.rows import INSERT, UPDATE, inserted, updated
from waystation.tasks.states import rank
from waystation.tasks.task import Request, Task

BATCH_MAX = 256

_TOLD = text(
    "UPDATE main.task_hooks SET changes = changes + 1, due_ms = coalesce(due_ms, :now) "
    "WHERE task_id IN :ids"
).bindparams(bindparam("ids", expanding=True))
_WANTED = text(
    "UPDATE main.tasks SET wanted_ms = :now WHERE finished_ms = 0 AND id IN :ids"
).bindparams(bindparam("ids", expanding=True))


@dataclass(slots=True)
class _Insert:
    task: Task
    request: Request
    url: str
    limits: Sequence[Limit]
    done: asyncio.Future[bool]


@dataclass(slots=True)
class _Update:
    before: Task
    after: Task
    url: str
    limits: Sequence[Limit]
    done: asyncio.Future[bool]


_Item = TypeVar("_Item", _Insert, _Update)


@dataclass(slots=True)
class _Batch:
    inserts: list[_Insert] = field(default_factory=list)
    updates: list[_Update] = field(default_factory=list)
    wanted: set[str] = field(default_factory=set)


class Writes:
    """One a process and database. Each method raises StorageAway: nothing of it happened."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: list[_Insert | _Update] = []
        self._wanted: set[str] = set()
        self._running: asyncio.Task[None] | None = None

    async def insert(
        self, task: Task, request: Request, url: str = "", limits: Sequence[Limit] = ()
    ) -> bool:
        """False: the id, or its hold, has a row already. Raises NoRoom."""
        done = asyncio.get_running_loop().create_future()
        return await self._ask(_Insert(task, request, url, limits, done))

    async def update(
        self, before: Task, after: Task, url: str = "", limits: Sequence[Limit] = ()
    ) -> bool:
        """Compare and set. False: the row is another version by now. url: the hook that the
        task has from now on. limits: of what counts only now. Raises NoRoom."""
        done = asyncio.get_running_loop().create_future()
        return await self._ask(_Update(before, after, url, limits, done))

    def want(self, task_id: str) -> None:
        """Its owner asks for it: bring the next poll forward. Not waited for."""
        self._wanted.add(task_id)
        self._wake()

    async def close(self) -> None:
        """Until what was asked for is written."""
        while self._running is not None:
            await asyncio.gather(self._running, return_exceptions=True)

    async def _ask(self, item: _Insert | _Update) -> bool:
        self._waiting.append(item)
        self._wake()
        return await asyncio.shield(item.done)

    def _wake(self) -> None:
        if self._running is None:
            self._running = asyncio.create_task(self._run(), name="task-writes")

    async def _run(self) -> None:
        try:
            while self._waiting or self._wanted:
                await asyncio.sleep(0)  # those who ask at this moment too
                await self._commit(self._take())
        finally:
            self._running = None

    def _take(self) -> _Batch:
        """A task is in a batch once: a second change of it was made on the first one's ground."""
        batch = _Batch(wanted=self._wanted)
        self._wanted = set()
        taken = self._waiting[:BATCH_MAX]
        seen: set[str] = set()
        rest: list[_Insert | _Update] = []
        for item in taken:
            if isinstance(item, _Insert):
                batch.inserts.append(item)
            elif item.after.id in seen:
                rest.append(item)
            else:
                seen.add(item.after.id)
                batch.updates.append(item)
        self._waiting[:BATCH_MAX] = rest
        return batch

    async def _commit(self, batch: _Batch) -> None:
        items: Sequence[_Insert | _Update] = [*batch.inserts, *batch.updates]
        try:
            async with self._database.write() as connection:
                judge = Judge(connection)
                await judge.lock({limit for item in items for limit in item.limits})
                inserts, full = await _with_room(judge, batch.inserts)
                good = await self._insert(connection, inserts)
                judge.wrote()
                updates, more = await _with_room(judge, batch.updates)
                full |= more
                good |= await self._update(connection, updates)
                if batch.wanted:
                    values = {"now": now_ms(), "ids": sorted(batch.wanted)}
                    await connection.execute(_WANTED, values)
        except BaseException as fault:
            for item in items:
                if not item.done.done():
                    item.done.set_exception(fault)
                    item.done.exception()  # who asked may have gone
            if not isinstance(fault, Exception):
                raise
            return
        for item in items:
            if item.done.done():
                continue
            limit = full.get(id(item))
            if limit is None:
                item.done.set_result(id(item) in good)
            else:
                item.done.set_exception(NoRoom(limit))

    async def _insert(self, connection: AsyncConnection, items: Sequence[_Insert]) -> set[int]:
        if not items:
            return set()
        statement = text(INSERT[self._database.kind])
        # Two of one id in one batch: the first is made, the second is told so.
        unique = {item.task.id: item for item in reversed(items)}
        rows = {"rows": inserted([item.task for item in unique.values()])}
        made = set((await connection.execute(statement, rows)).scalars())
        mine = [item for item in unique.values() if item.task.id in made]
        if mine:
            requests = [_request(item) for item in mine]
            await connection.execute(insert(task_requests), requests)
        hooks = [{"task_id": item.task.id, "url": item.url} for item in mine if item.url]
        if hooks:
            await connection.execute(insert(task_hooks), hooks)
        return {id(item) for item in mine}

    async def _update(self, connection: AsyncConnection, items: Sequence[_Update]) -> set[int]:
        if not items:
            return set()
        statement = text(UPDATE[self._database.kind])
        rows = {"rows": updated([(item.before, item.after) for item in items])}
        changed = set((await connection.execute(statement, rows)).scalars())
        mine = [item for item in items if item.after.id in changed]
        hooks = [{"task_id": item.after.id, "url": item.url} for item in mine if item.url]
        if hooks:
            earlier = [hook["task_id"] for hook in hooks]
            await connection.execute(delete(task_hooks).where(task_hooks.c.task_id.in_(earlier)))
            await connection.execute(insert(task_hooks), hooks)
        told = sorted(item.after.id for item in mine if _tells(item))
        if told:
            await connection.execute(_TOLD, {"now": now_ms(), "ids": told})
        return {id(item) for item in mine}


async def _with_room(judge: Judge, items: Sequence[_Item]) -> tuple[list[_Item], dict[int, Limit]]:
    """Those that no limit keeps out, and the limits of the others."""
    good: list[_Item] = []
    full: dict[int, Limit] = {}
    for item in items:
        task = item.task if isinstance(item, _Insert) else item.after
        limit = await judge.find(task, item.limits)
        if limit is None:
            good.append(item)
        else:
            full[id(item)] = limit
    return good, full


def _request(item: _Insert) -> dict[str, object]:
    request = item.request
    return {"task_id": item.task.id, "body": request.body, "query": request.query.decode()}


def _tells(item: _Update) -> bool:
    before, after = item.before, item.after
    if not after.hooked or after.state in ("NOT_START", "SUBMITTING", "MODAL"):
        return False
    return rank(after.state, after.progress) != rank(before.state, before.progress)
