"""What is no longer needed of old tasks goes; the tasks stay."""

from sqlalchemy import func, insert, select, update

from tests.tasks.plant import Plant, order
from waystation.control.task_retention import tidy_tasks
from waystation.kernel.clock import now_ms
from waystation.storage.main import task_deliveries, task_requests, tasks
from waystation.tasks.retention import DAY_MS
from waystation.tasks.task import Task


async def test_old_requests_and_deliveries_go_and_the_tasks_stay(plant: Plant) -> None:
    ids = [(await plant.beginnings.begin(order())).task.id for _ in range(9)]
    over = [await plant.beginnings.cancel(await _task(plant, task_id)) for task_id in ids[:8]]
    old = [task.id for task in over[:5]]
    ancient_ms = now_ms() - 31 * DAY_MS
    async with plant.database.write() as connection:
        aged = update(tasks).where(tasks.c.id.in_(old)).values(finished_ms=ancient_ms)
        await connection.execute(aged)
        # One that goes on is kept, however long ago it began.
        begun = update(tasks).where(tasks.c.id == ids[8]).values(created_ms=ancient_ms)
        await connection.execute(begun)
        tries = [
            {"task_id": ids[0], "delivery_id": f"d{n}", "state": "SUCCESS", "at_ms": at_ms}
            for n, at_ms in enumerate([ancient_ms] * 5 + [now_ms()] * 3)
        ]
        await connection.execute(insert(task_deliveries), tries)
    await tidy_tasks(plant.database, 30, count=2, pause_seconds=0)
    async with plant.database.read() as connection:
        left = set((await connection.execute(select(task_requests.c.task_id))).scalars())
        told = set((await connection.execute(select(task_deliveries.c.delivery_id))).scalars())
        count = (await connection.execute(select(func.count()).select_from(tasks))).scalar_one()
    assert left == set(ids[5:])
    assert told == {"d5", "d6", "d7"}
    assert count == 9
    await plant.beginnings.cancel(await _task(plant, ids[8]))


async def _task(plant: Plant, task_id: str) -> Task:
    task = await plant.store.get(task_id)
    assert task is not None
    return task
