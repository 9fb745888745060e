"""The job that ends stored responses whose time is over, in small batches."""

import asyncio

import structlog

from waystation.storage.database import Database, StorageAway
from waystation.storage.stored_responses import end_expired_responses

ROUND_SECONDS = 300.0
PAUSE_SECONDS = 0.5
"""Between two batches of one round: others want to write too."""
BATCH_COUNT = 500

log = structlog.get_logger("waystation.control")


async def end_old_responses(database: Database, round_seconds: float = ROUND_SECONDS) -> None:
    """Until cancelled."""
    while True:
        try:
            while await end_expired_responses(database, BATCH_COUNT) == BATCH_COUNT:
                await asyncio.sleep(PAUSE_SECONDS)
        except StorageAway as away:
            log.warning("stored responses could not be tidied up", reason=str(away))
        await asyncio.sleep(round_seconds)
