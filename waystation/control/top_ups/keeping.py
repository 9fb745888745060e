"""The job that ends orders that nobody paid."""

import asyncio

import structlog

from waystation.control.top_ups.orders import expire_old
from waystation.storage.database import Database, StorageAway

ROUND_SECONDS = 60.0

log = structlog.get_logger("waystation.control")


async def keep_orders_tidy(database: Database, round_seconds: float = ROUND_SECONDS) -> None:
    """Until cancelled."""
    while True:
        try:
            await expire_old(database)
        except StorageAway as away:
            log.warning("old orders could not be ended", reason=str(away))
        await asyncio.sleep(round_seconds)
