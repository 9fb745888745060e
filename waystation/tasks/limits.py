"""How many tasks there may be: decided where a row is written, so that no number of processes at
one moment makes one too many.

On SQLite there is one writer at a time. On PostgreSQL those whose rows count against the same limit
follow one another by a lock that ends with the transaction.
"""

from collections.abc import Collection, Sequence
from typing import Literal

import msgspec
from sqlalchemy import ColumnElement, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from waystation.storage.main import tasks
from waystation.tasks.states import RUNNING, WAITING
from waystation.tasks.task import TOMBSTONE, Task

Counted = Literal["open", "waiting", "begun"]

_OPEN = WAITING | RUNNING
_NOT_BEGUN = ("FAILURE", "CANCEL", "MODAL")
_LOCK = text("SELECT pg_advisory_xact_lock(:sort, :number)")
_SORTS = {"account": 0x57610001, "channel": 0x57610002}
_NUMBERS = 2**31


class Limit(msgspec.Struct, frozen=True):
    """most: rows, with the new one. whose, number: of which account or channel; kind: of which
    sort, "" any. counted: open: that wait or run; waiting: those of them that wait; begun: since
    since_ms, whatever became of them but for failures. name: for whoever asked."""

    name: str
    whose: Literal["account", "channel"]
    number: int
    most: int
    counted: Counted = "open"
    kind: str = ""
    since_ms: int = 0

    def counts(self, task: Task) -> bool:
        """Whether this row is one of them."""
        own = task.account_id if self.whose == "account" else task.channel_id
        if own != self.number or (self.kind and task.kind != self.kind):
            return False
        if self.counted == "begun":
            return task.created_ms >= self.since_ms and task.state not in _NOT_BEGUN
        return task.state in (WAITING if self.counted == "waiting" else _OPEN)


class NoRoom(Exception):
    """A row was not written, for a limit is reached."""

    def __init__(self, limit: Limit) -> None:
        super().__init__(f"{limit.name} ({limit.whose}: {limit.most})")
        self.limit = limit


class Judge:
    """Of one transaction's rows, one after the other."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection
        self._stored: dict[Limit, int] = {}
        self._passed: list[Task] = []

    async def lock(self, limits: Collection[Limit]) -> None:
        """All that will be asked for, before the first row is read or written: in one order, so
        that nobody waits for one who waits for him."""
        if self._connection.dialect.name != "postgresql":
            return
        for sort, number in sorted({(_SORTS[one.whose], one.number) for one in limits}):
            await self._connection.execute(_LOCK, {"sort": sort, "number": number % _NUMBERS})

    async def find(self, task: Task, limits: Sequence[Limit]) -> Limit | None:
        """The first limit that it would pass; None: it may be written, and counts from now on."""
        for limit in limits:
            there = sum(limit.counts(one) for one in self._passed)
            if await self._count(limit) + there >= limit.most:
                return limit
        self._passed.append(task)
        return None

    def wrote(self) -> None:
        """What passed is among the rows by now."""
        self._passed.clear()
        self._stored.clear()

    async def _count(self, limit: Limit) -> int:
        known = self._stored.get(limit)
        if known is None:
            known = self._stored[limit] = await count_of(self._connection, limit)
        return known


async def count_of(connection: AsyncConnection, limit: Limit) -> int:
    counted = select(func.count()).select_from(tasks).where(*_rows_of(limit))
    return int((await connection.execute(counted)).scalar_one())


def _rows_of(limit: Limit) -> list[ColumnElement[bool]]:
    own = tasks.c.account_id if limit.whose == "account" else tasks.c.channel_id
    rows = [own == limit.number]
    rows.append(tasks.c.kind == limit.kind if limit.kind else tasks.c.kind != TOMBSTONE)
    if limit.counted == "begun":
        return [*rows, tasks.c.created_ms >= limit.since_ms, tasks.c.state.not_in(_NOT_BEGUN)]
    states = WAITING if limit.counted == "waiting" else _OPEN
    return [*rows, tasks.c.finished_ms == 0, tasks.c.state.in_(sorted(states))]
