"""Tasks that run one handler after another."""

import asyncio
from collections.abc import Callable

from waystation.edge.http1.workers import WAITING_COUNT_MAX, Workers

Job = Callable[[], object]


class Shop:
    """Runs jobs that are plain functions, and remembers by which task."""

    def __init__(self) -> None:
        self.tasks: list[asyncio.Task[object] | None] = []
        self.gate: asyncio.Event | None = None
        self.workers: Workers[Job] = Workers(asyncio.get_running_loop(), self.run)

    async def run(self, job: Job) -> None:
        self.tasks.append(asyncio.current_task())
        if self.gate is not None:
            await self.gate.wait()
        job()

    async def do(self, job: Job = lambda: None) -> None:
        """Start it, and wait until its task has nothing to do."""
        done = len(self.tasks)
        self.workers.start(job)
        while len(self.tasks) == done:
            await asyncio.sleep(0)
        await asyncio.sleep(0)


async def test_a_task_is_used_again() -> None:
    shop = Shop()
    for _ in range(3):
        await shop.do()
    assert len(set(shop.tasks)) == 1
    assert shop.workers.waiting_count == 1
    shop.workers.close()


async def test_jobs_at_once_have_tasks_of_their_own() -> None:
    shop = Shop()
    shop.gate = asyncio.Event()
    for _ in range(4):
        shop.workers.start(lambda: None)
    while len(shop.tasks) < 4:
        await asyncio.sleep(0)
    assert len(set(shop.tasks)) == 4
    shop.gate.set()
    while shop.workers.waiting_count < 4:
        await asyncio.sleep(0)
    shop.workers.close()


def cancel_itself() -> None:
    task = asyncio.current_task()
    assert task is not None
    task.cancel()


def cancel_and_take_back() -> None:
    cancel_itself()
    task = asyncio.current_task()
    assert task is not None
    task.uncancel()


async def test_a_task_that_was_cancelled_takes_no_other_job() -> None:
    """Even where the cancellation comes out only after the handler has returned."""
    shop = Shop()
    await shop.do(cancel_itself)
    await shop.do()
    assert shop.tasks[0] is not shop.tasks[1]
    for _ in range(3):
        await asyncio.sleep(0)
    assert shop.tasks[0] is not None
    assert shop.tasks[0].done()
    shop.workers.close()


async def test_a_cancellation_that_was_taken_back_hits_no_other_job() -> None:
    """Before Python 3.13 it comes out all the same, when the handler has returned."""
    shop = Shop()
    ran: list[int] = []
    await shop.do(cancel_and_take_back)
    for at in range(3):
        await shop.do(lambda at=at: ran.append(at))  # type: ignore[misc]
    assert ran == [0, 1, 2]
    shop.workers.close()


async def test_close_ends_those_that_wait_and_spares_those_at_work() -> None:
    shop = Shop()
    await shop.do()
    shop.gate = asyncio.Event()
    ran: list[int] = []
    shop.workers.start(lambda: None)
    shop.workers.start(lambda: ran.append(1))
    while len(shop.tasks) < 3:
        await asyncio.sleep(0)
    shop.workers.close()
    shop.gate.set()
    tasks = {task for task in shop.tasks if task is not None}
    await asyncio.wait(tasks, timeout=5)
    assert ran == [1]
    assert all(task.done() for task in tasks)
    assert shop.workers.waiting_count == 0


async def test_only_so_many_wait() -> None:
    shop = Shop()
    shop.gate = asyncio.Event()
    count = WAITING_COUNT_MAX + 10
    for _ in range(count):
        shop.workers.start(lambda: None)
    while len(shop.tasks) < count:
        await asyncio.sleep(0)
    shop.gate.set()
    for _ in range(5):
        await asyncio.sleep(0)
    assert shop.workers.waiting_count == WAITING_COUNT_MAX
    shop.workers.close()
    await asyncio.sleep(0)
