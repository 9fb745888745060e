"""The job that ends what old tasks leave behind, a few times a day, in small batches."""

import asyncio

import structlog

from waystation.storage.database import Database, StorageAway
from waystation.tasks.retention import end_old_deliveries, end_old_requests

ROUND_SECONDS = 4 * 3600.0
PAUSE_SECONDS = 0.2
"""Between two batches of one round: others want to write too."""
BATCH_COUNT = 500

log = structlog.get_logger("waystation.control")


async def keep_tasks_tidy(
    database: Database, days: int, round_seconds: float = ROUND_SECONDS
) -> None:
    """Until cancelled."""
    while True:
        try:
            await tidy_tasks(database, days)
        except StorageAway as away:
            log.warning("old tasks could not be tidied up", reason=str(away))
        await asyncio.sleep(round_seconds)


async def tidy_tasks(
    database: Database, days: int, count: int = BATCH_COUNT, pause_seconds: float = PAUSE_SECONDS
) -> None:
    """One round. Raises StorageAway."""
    while await end_old_deliveries(database, days, count):
        await asyncio.sleep(pause_seconds)
    after = ""
    while True:
        page = await end_old_requests(database, days, after, count)
        if not page.after:
            return
        after = page.after
        await asyncio.sleep(pause_seconds)
