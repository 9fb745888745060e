"""What is no longer needed of old tasks: their requests' bodies, and the log of what hooks were
told. The tasks themselves stay, for their owners' lists and the audit."""

from typing import NamedTuple

from sqlalchemy import delete, select

from waystation.kernel.clock import now_ms
from waystation.storage.database import Database
from waystation.storage.main import task_deliveries, task_requests, tasks

DAY_MS = 24 * 3_600_000


class Page(NamedTuple):
    """gone: how many were deleted. after: where the next page begins, "" when this was the last."""

    gone: int
    after: str


async def end_old_requests(database: Database, days: int, after: str, count: int) -> Page:
    """Delete the bodies of one page of requests, those whose tasks ended before so many days. The
    pages follow the tasks' ids, so that one round sees each once. Raises StorageAway."""
    before_ms = now_ms() - days * DAY_MS
    page = (
        select(task_requests.c.task_id, tasks.c.finished_ms)
        .join(tasks, tasks.c.id == task_requests.c.task_id)
        .where(task_requests.c.task_id > after)
        .order_by(task_requests.c.task_id)
        .limit(count)
    )
    async with database.read() as connection:
        rows = (await connection.execute(page)).all()
    old = [task_id for task_id, finished_ms in rows if 0 < finished_ms < before_ms]
    if old:
        async with database.write() as connection:
            await connection.execute(delete(task_requests).where(task_requests.c.task_id.in_(old)))
    return Page(len(old), rows[-1][0] if len(rows) == count else "")


async def end_old_deliveries(database: Database, days: int, count: int) -> int:
    """Delete one batch of the oldest deliveries; how many were old. Raises StorageAway."""
    before_ms = now_ms() - days * DAY_MS
    oldest = (
        select(task_deliveries.c.id, task_deliveries.c.at_ms)
        .order_by(task_deliveries.c.id)
        .limit(count)
    )
    async with database.read() as connection:
        rows = (await connection.execute(oldest)).all()
    old = [number for number, at_ms in rows if at_ms < before_ms]
    if old:
        async with database.write() as connection:
            await connection.execute(delete(task_deliveries).where(task_deliveries.c.id.in_(old)))
    return len(old)
