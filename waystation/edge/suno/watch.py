"""Tasks that somebody waits for in this gateway: their rows are read together, some times a second,
and only while somebody waits."""

import asyncio
from collections.abc import Iterator
from typing import NamedTuple

from waystation.storage.database import StorageAway
from waystation.tasks.store import IDS_MAX, TaskStore
from waystation.tasks.task import Task

LOOK_SECONDS = 0.25


class _Waiter(NamedTuple):
    version: int
    done: asyncio.Future[Task]


class Watch:
    """One a gateway."""

    def __init__(self, store: TaskStore) -> None:
        self._store = store
        self._waiters: dict[str, list[_Waiter]] = {}
        self._looking: asyncio.Task[None] | None = None

    async def changed(self, task: Task, seconds_max: float) -> Task:
        """The task once it is newer than this, or the same after so long."""
        waiter = _Waiter(task.row_version, asyncio.get_running_loop().create_future())
        self._waiters.setdefault(task.id, []).append(waiter)
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look(), name="song-watch")
        try:
            async with asyncio.timeout(seconds_max):
                return await waiter.done
        except TimeoutError:
            return task
        finally:
            self._leave(task.id, waiter)

    def _leave(self, task_id: str, waiter: _Waiter) -> None:
        waiting = self._waiters[task_id]
        waiting.remove(waiter)
        if not waiting:
            del self._waiters[task_id]

    async def _look(self) -> None:
        while self._waiters:
            await asyncio.sleep(LOOK_SECONDS)
            for ids in _batches(list(self._waiters)):
                try:
                    found = await self._store.get_many(ids)
                except StorageAway:
                    continue  # what waits goes on waiting, within its own time
                for task in found:
                    self._tell(task)

    def _tell(self, task: Task) -> None:
        self._store.want(task)
        for waiter in self._waiters.get(task.id, ()):
            if task.row_version > waiter.version and not waiter.done.done():
                waiter.done.set_result(task)


def _batches(ids: list[str]) -> Iterator[list[str]]:
    for at in range(0, len(ids), IDS_MAX):
        yield ids[at : at + IDS_MAX]
