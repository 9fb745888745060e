"""Who has which task: claims by compare and set, held as long as their owner shows that it lives.

A runner's leases are one row of `task_runners` that it renews; so ten thousand tasks on a desk cost
one write every few seconds. Whoever finds a runner silent frees its tasks, in one transaction.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, delete, insert, or_, select, text, update

from waystation.kernel.clock import now_ms
from waystation.storage.database import Database
from waystation.storage.main import task_runners, tasks
from waystation.tasks.rows import COLUMNS, task_of
from waystation.tasks.task import TOMBSTONE, Task

_WANTED = select(tasks.c.id, tasks.c.wanted_ms).where(tasks.c.wanted_ms > bindparam("since"))


class Leases:
    """owner: this runner's id, unique while it lives. alive_seconds: how long its word counts.
    Every method raises StorageAway."""

    def __init__(self, database: Database, owner: str, alive_seconds: float) -> None:
        self._database = database
        self.owner = owner
        self.alive_seconds = alive_seconds

    async def register(self) -> None:
        values = {"id": self.owner, "alive_until_ms": self._until()}
        async with self._database.write() as connection:
            await connection.execute(insert(task_runners).values(values))

    async def renew(self) -> bool:
        """False: somebody took us for dead; nothing is ours any more."""
        async with self._database.write() as connection:
            mine = update(task_runners).where(task_runners.c.id == self.owner)
            done = await connection.execute(mine.values(alive_until_ms=self._until()))
        return done.rowcount == 1

    async def claim(self, kinds: Sequence[str], count: int) -> list[Task]:
        """Due tasks, ours from now on, the longest due first. kinds: of which new ones may be
        begun; what has begun already is taken in any case."""
        now = now_ms()
        begins = or_(tasks.c.kind.in_(kinds), tasks.c.state != "NOT_START")
        due = (
            select(tasks.c.id)
            .where(tasks.c.due_at_ms <= now, tasks.c.kind != TOMBSTONE, begins)
            .order_by(tasks.c.due_at_ms)
            .limit(count)
        )
        if not await self._any(due):
            return []  # a look that takes no lock, for it is by far the most frequent case
        claimed = (
            update(tasks)
            .where(tasks.c.id.in_(due.with_for_update(skip_locked=True)))
            .values(lease_owner=self.owner, due_at_ms=None, row_version=tasks.c.row_version + 1)
            .returning(*COLUMNS)
        )
        async with self._database.write() as connection:
            rows = (await connection.execute(claimed)).mappings().all()
        return sorted((task_of(dict(row)) for row in rows), key=lambda task: task.created_ms)

    async def _any(self, due: Select[Any]) -> bool:
        async with self._database.read() as connection:
            return (await connection.execute(due.limit(1))).first() is not None

    async def wanted(self, since_ms: int) -> list[tuple[str, int]]:
        """(task, when) of those that their owners asked for since."""
        async with self._database.read() as connection:
            rows = await connection.execute(_WANTED, {"since": since_ms})
            return [(row[0], row[1]) for row in rows]

    async def free_dead(self, predecessors: str = "") -> int:
        """Free the tasks of silent runners; predecessors: and of those whose id begins so, for they
        are known to be dead. Returns how many tasks that were."""
        silent = task_runners.c.alive_until_ms < now_ms()
        if predecessors:
            silent = or_(silent, task_runners.c.id.startswith(predecessors, autoescape=True))
        dead_ones = select(task_runners.c.id).where(silent, task_runners.c.id != self.owner)
        async with self._database.read() as connection:
            dead = list((await connection.execute(dead_ones)).scalars())
        freed = 0
        for runner in dead:
            freed += await self._free(runner, silent)
        return freed

    async def _free(self, runner: str, condition: ColumnElement[bool]) -> int:
        async with self._database.write() as connection:
            gone = delete(task_runners).where(task_runners.c.id == runner, condition)
            if (await connection.execute(gone)).rowcount == 0:
                return 0  # it is back, or another did it
            freed = await connection.execute(_FREE, {"owner": runner, "now": now_ms()})
            return freed.rowcount

    async def leave(self) -> None:
        """Everything of ours is due at once, for whoever comes."""
        async with self._database.write() as connection:
            await connection.execute(delete(task_runners).where(task_runners.c.id == self.owner))
            await connection.execute(_FREE, {"owner": self.owner, "now": now_ms()})

    def _until(self) -> int:
        return now_ms() + int(self.alive_seconds * 1000)


_FREE = text(
    "UPDATE main.tasks SET lease_owner = '', due_at_ms = :now, row_version = row_version + 1 "
    "WHERE lease_owner = :owner"
)
