"""Tasks that run one handler after another.

To make a task, register it with asyncio and forget it again costs more than to wake one that waits,
and most requests are short. A task that a cancellation hangs over is not used again.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

WAITING_COUNT_MAX = 512

Job = TypeVar("Job")


class Workers(Generic[Job]):
    """run: does one job in the task it is called in, and raises nothing but CancelledError."""

    __slots__ = ("_closed", "_loop", "_run", "_tasks", "_waiting")

    def __init__(
        self, loop: asyncio.AbstractEventLoop, run: Callable[[Job], Awaitable[None]]
    ) -> None:
        self._loop = loop
        self._run = run
        self._waiting: list[asyncio.Future[Job]] = []
        self._tasks: set[asyncio.Task[None]] = set()  # the loop itself holds them but weakly
        self._closed = False

    @property
    def waiting_count(self) -> int:
        """Tasks without a job."""
        return len(self._waiting)

    def start(self, job: Job) -> None:
        """Run it soon, in a task that runs nothing else meanwhile."""
        waiting = self._waiting
        while waiting:
            worker = waiting.pop()
            if not worker.done():  # else its task was cancelled while it waited
                worker.set_result(job)
                return
        task = self._loop.create_task(self._work(job))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def close(self) -> None:
        """Those that wait end now, the others with their job."""
        self._closed = True
        waiting, self._waiting = self._waiting, []
        for worker in waiting:
            worker.cancel()

    async def _work(self, job: Job | None) -> None:
        task = asyncio.current_task()
        assert task is not None
        while job is not None:
            await self._run(job)
            if self._closed or task.cancelling() or len(self._waiting) >= WAITING_COUNT_MAX:
                return
            job = None  # whatever hangs on it goes before the next one comes
            worker: asyncio.Future[Job] = self._loop.create_future()
            self._waiting.append(worker)
            try:
                job = await worker
            except asyncio.CancelledError:
                # By `close`; or by a handler that cancelled its own task and then returned.
                if worker in self._waiting:
                    self._waiting.remove(worker)
